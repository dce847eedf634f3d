/// Turns octets of an Internet message into what IMAP needs: structure with offsets, envelope, sort
/// keys, preview, text.
@NullMarked
package mailwing.store.mime;

import org.jspecify.annotations.NullMarked;
