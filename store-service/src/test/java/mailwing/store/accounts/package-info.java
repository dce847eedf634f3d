/// Tests.
@NullMarked
package mailwing.store.accounts;

import org.jspecify.annotations.NullMarked;
