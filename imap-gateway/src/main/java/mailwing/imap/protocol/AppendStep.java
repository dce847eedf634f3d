package mailwing.imap.protocol;

import mailwing.imap.command.AppendMessage;

/// What follows the octets of a message, or of a part of one, in APPEND and REPLACE.
public sealed interface AppendStep {

  /// MULTIAPPEND: a further message.
  record Message(AppendMessage message) implements AppendStep {}

  /// CATENATE: a further part of the same message.
  record Part(AppendMessage.Part part) implements AppendStep {}

  /// CATENATE: the message's parts are complete; ask again for what follows.
  record PartsEnd() implements AppendStep {}

  /// The command is complete: commit it.
  record End() implements AppendStep {}

  /// The command was wrong after all: commit nothing, answer this.
  record Failed(Parsed.Refused refused) implements AppendStep {}

  /// The client is gone: commit nothing.
  record EndOfInput() implements AppendStep {}
}
