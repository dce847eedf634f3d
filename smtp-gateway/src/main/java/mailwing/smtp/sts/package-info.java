/// MTA-STS: policies of domains for the TLS of their hosts (RFC 8461).
@NullMarked
package mailwing.smtp.sts;

import org.jspecify.annotations.NullMarked;
