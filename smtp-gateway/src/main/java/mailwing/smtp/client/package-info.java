/// The client's side of SMTP: one dialog with one host (RFC 5321). Knows nothing of the queue.
@NullMarked
package mailwing.smtp.client;

import org.jspecify.annotations.NullMarked;
