/// The outbound queue's workers: they lease jobs from the store, send them and report.
@NullMarked
package mailwing.smtp.queue;

import org.jspecify.annotations.NullMarked;
