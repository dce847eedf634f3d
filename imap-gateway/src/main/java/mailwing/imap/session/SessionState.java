package mailwing.imap.session;

import mailwing.imap.view.SessionView;

/// The states of RFC 9051 §3. Logout is the end of the session's loop.
sealed interface SessionState {

  record NotAuthenticated() implements SessionState {}

  /// Authenticated, or selected.
  sealed interface LoggedIn extends SessionState {
    MailStore store();
  }

  record Authenticated(MailStore store) implements LoggedIn {}

  /// A mailbox is selected.
  ///
  /// @param name as the client knows it
  record Selected(MailStore store, OpenMailbox mailbox, SessionView view, String name)
      implements LoggedIn {
    boolean readOnly() {
      return view.readOnly();
    }
  }
}
