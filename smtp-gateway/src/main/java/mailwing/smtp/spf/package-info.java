/// Sender Policy Framework (RFC 7208).
@NullMarked
package mailwing.smtp.spf;

import org.jspecify.annotations.NullMarked;
