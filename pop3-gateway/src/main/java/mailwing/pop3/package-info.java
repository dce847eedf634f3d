/// The POP3 gateway.
@NullMarked
package mailwing.pop3;

import org.jspecify.annotations.NullMarked;
