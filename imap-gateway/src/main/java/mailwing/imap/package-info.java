/// The IMAP gateway.
@NullMarked
package mailwing.imap;

import org.jspecify.annotations.NullMarked;
