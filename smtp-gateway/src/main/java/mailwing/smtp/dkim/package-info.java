/// DomainKeys Identified Mail: verification (RFC 6376, RFC 8301, RFC 8463).
@NullMarked
package mailwing.smtp.dkim;

import org.jspecify.annotations.NullMarked;
