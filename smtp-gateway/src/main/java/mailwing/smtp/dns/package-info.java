/// What the gateway asks of the DNS.
@NullMarked
package mailwing.smtp.dns;

import org.jspecify.annotations.NullMarked;
