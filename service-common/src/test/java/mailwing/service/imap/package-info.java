@NullMarked
package mailwing.service.imap;

import org.jspecify.annotations.NullMarked;
