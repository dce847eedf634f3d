/// What IMAP calls messages and parts of them, for those who hand them out: sections and URLs.
@NullMarked
package mailwing.service.imap;

import org.jspecify.annotations.NullMarked;
