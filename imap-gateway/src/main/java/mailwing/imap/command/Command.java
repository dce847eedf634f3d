package mailwing.imap.command;

/// A command as the parser understood it, without its tag.
///
/// The four interfaces below it are the session states of RFC 9051 §3 in which it is allowed; an
/// executor switches over the one of its state, and the compiler finds the missing case.
public sealed interface Command
    permits AnyStateCommand, NotAuthenticatedCommand, AuthenticatedCommand, SelectedCommand {

  /// The command's name as the RFC writes it, for logs and metrics; `UID` commands say `UID FETCH`.
  default String name() {
    return CommandName.of(this);
  }
}
