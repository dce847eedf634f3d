/// Authenticated Received Chains (RFC 8617): who has handled a message, and what each one found.
@NullMarked
package mailwing.smtp.arc;

import org.jspecify.annotations.NullMarked;
