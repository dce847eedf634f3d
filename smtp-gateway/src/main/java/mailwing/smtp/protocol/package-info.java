/// SMTP and LMTP on the wire: commands in, replies out. Pure: no sockets, no store.
@NullMarked
package mailwing.smtp.protocol;

import org.jspecify.annotations.NullMarked;
