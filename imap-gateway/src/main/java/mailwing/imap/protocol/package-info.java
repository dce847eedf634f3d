/// IMAP's grammar: octets to commands, and answers to octets. No I/O but through the two small interfaces here.
@NullMarked
package mailwing.imap.protocol;

import org.jspecify.annotations.NullMarked;
