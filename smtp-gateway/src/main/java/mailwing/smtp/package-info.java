/// The SMTP gateway: MX, submission and LMTP.
@NullMarked
package mailwing.smtp;

import org.jspecify.annotations.NullMarked;
