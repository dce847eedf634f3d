/// One client's session: the state machine of RFC 5321 §4.1.4 and what its commands do.
@NullMarked
package mailwing.smtp.session;

import org.jspecify.annotations.NullMarked;
