/// Who has mail here: addresses, the directory, passwords and tokens.
@NullMarked
package mailwing.store.accounts;

import org.jspecify.annotations.NullMarked;
