/// The messages of mailboxes as this gateway knows them, and each session's own numbering of them.
@NullMarked
package mailwing.imap.view;

import org.jspecify.annotations.NullMarked;
