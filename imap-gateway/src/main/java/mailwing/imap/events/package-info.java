/// What tells this gateway that a mailbox changed: Kafka, and polling while Kafka is away.
@NullMarked
package mailwing.imap.events;

import org.jspecify.annotations.NullMarked;
