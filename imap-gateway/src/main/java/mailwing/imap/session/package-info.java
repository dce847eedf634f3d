/// The session engine: states, executors by command family, and what is told after each command.
@NullMarked
package mailwing.imap.session;

import org.jspecify.annotations.NullMarked;
