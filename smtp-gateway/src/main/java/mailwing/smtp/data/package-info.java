/// The octets of a message on their way from the socket to the store. Pure: no sockets, no store.
@NullMarked
package mailwing.smtp.data;

import org.jspecify.annotations.NullMarked;
