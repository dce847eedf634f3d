/// IMAP's grammar: octets to commands, and answers to octets; I/O only through the connection's
/// reader and writer.
@NullMarked
package mailwing.imap.protocol;

import org.jspecify.annotations.NullMarked;
