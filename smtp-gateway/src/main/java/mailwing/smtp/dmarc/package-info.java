/// DMARC: a domain's policy, and whether a message meets it (RFC 9989, RFC 7489).
@NullMarked
package mailwing.smtp.dmarc;

import org.jspecify.annotations.NullMarked;
