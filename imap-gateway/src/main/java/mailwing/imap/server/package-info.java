/// Connections: greeting, command loop, limits and end of sessions.
@NullMarked
package mailwing.imap.server;

import org.jspecify.annotations.NullMarked;
