/// From the outbox to Kafka.
@NullMarked
package mailwing.store.events;

import org.jspecify.annotations.NullMarked;
