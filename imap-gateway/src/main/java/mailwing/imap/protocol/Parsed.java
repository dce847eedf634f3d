package mailwing.imap.protocol;

import mailwing.imap.command.Command;
import org.jspecify.annotations.Nullable;

/// What a parser read.
public sealed interface Parsed {

  /// A command of the grammar.
  record Ok(String tag, Command command) implements Parsed {}

  /// No command: answer it and go on, or say BYE where `close` is set. The rest of the line and its
  /// literals are gone already.
  ///
  /// @param tag null where it could not be read: the answer is untagged
  /// @param no NO instead of BAD: the syntax was right, a limit or a name was not
  /// @param close the stream cannot be trusted any more
  record Refused(
      @Nullable String tag, boolean no, @Nullable ResponseCode code, String text, boolean close)
      implements Parsed {}

  /// The client is gone; a command it had begun is dropped.
  record EndOfInput() implements Parsed {}
}
