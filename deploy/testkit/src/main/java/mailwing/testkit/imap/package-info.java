/// A strict reader of what an IMAP server says: anything outside the grammar is an error.
@NullMarked
package mailwing.testkit.imap;

import org.jspecify.annotations.NullMarked;
