/// Who a message is from, as SPF, DKIM and DMARC tell, and what is done about it (RFC 8601).
@NullMarked
package mailwing.smtp.authentication;

import org.jspecify.annotations.NullMarked;
