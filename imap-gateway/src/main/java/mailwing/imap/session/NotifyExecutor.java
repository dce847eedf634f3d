package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;

/// NOTIFY (RFC 5465), which tells [Session] what to push, and when.
final class NotifyExecutor {
  private NotifyExecutor() {}

  static Reply execute(Session session, LoggedIn state, AuthenticatedCommand.Notify command)
      throws IOException {
    if (!command.groups().isEmpty() && state instanceof Selected selected) {
      // RFC 5465 §3.1: what has come together is told first, as NOOP would.
      Executor.revalidate(session);
      Announcer.announce(session, selected.view(), true);
    }
    Notifications wanted = Notifications.of(session, state.store(), command);
    if (wanted.tooMany()) {
      wanted.close(session);
      return Reply.no(
          ResponseCode.Name.NOTIFICATIONOVERFLOW, "There are too many mailboxes to watch");
    }
    session.notifications(wanted);
    wanted.tellNoAccess(session);
    if (command.status()) {
      wanted.tellStatus(session);
    }
    return Reply.ok("NOTIFY completed");
  }

  /// After a command that changed names, subscriptions or annotations.
  static void changedHere(Session session, LoggedIn state, AuthenticatedCommand command) {
    Notifications notifications = session.notifications();
    if (notifications == null) {
      return;
    }
    switch (command) {
      case AuthenticatedCommand.Create c ->
          notifications.changedHere(state.store(), withSuperiors(c.mailbox().value()));
      case AuthenticatedCommand.Delete c ->
          notifications.changedHere(state.store(), withSuperiors(c.mailbox().value()));
      case AuthenticatedCommand.Rename c ->
          notifications.changedHere(state.store(), withSuperiors(c.to().value()));
      case AuthenticatedCommand.Subscribe c ->
          notifications.changedHere(state.store(), List.of(c.mailbox().value()));
      case AuthenticatedCommand.SetMetadata c -> {
        var mailbox = c.mailbox();
        notifications.changedHere(state.store(), List.of(mailbox == null ? "" : mailbox.value()));
      }
      default -> {}
    }
  }

  private static List<String> withSuperiors(String name) {
    List<String> names = new ArrayList<>();
    for (int end = name.length(); end > 0; end = name.lastIndexOf('/', end - 1)) {
      names.add(name.substring(0, end));
    }
    return names;
  }
}
