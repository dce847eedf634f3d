package mailwing.imap.session;

import java.util.List;
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
  /// @param name in normal form
  /// @param attributes its special uses
  record Selected(
      MailStore store, OpenMailbox mailbox, SessionView view, String name, List<String> attributes)
      implements LoggedIn {
    /// EXAMINE: nothing changes, whatever the rights.
    boolean readOnly() {
      return view.readOnly();
    }

    /// Has one of these rights (Right bits) as far as is known; the store knows best.
    boolean mayAny(int rights) {
      return (mailbox.shared().rights() & rights) != 0;
    }
  }
}
