@NullMarked
package mailwing.store.mime;

import org.jspecify.annotations.NullMarked;
