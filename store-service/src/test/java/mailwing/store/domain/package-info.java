/// Tests.
@NullMarked
package mailwing.store.domain;

import org.jspecify.annotations.NullMarked;
