/// What a client asks for: one record a command, under the interface of the session state that
/// allows it.
@NullMarked
package mailwing.imap.command;

import org.jspecify.annotations.NullMarked;
