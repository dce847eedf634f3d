package mailwing.imap.session;

import java.io.IOException;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.Selected;

/// IDLE (RFC 2177): the thread waits for DONE, and pushes come from others (see [Session]).
final class IdleExecutor {
  private IdleExecutor() {}

  static Reply execute(Session session) throws IOException {
    if (!session.takeAsked()) {
      Executor.revalidate(session);
    }
    session.out().continueWith("idling");
    // From here on changes wake the session; what came before is told now.
    session.idling(true);
    try {
      if (session.state() instanceof Selected selected) {
        if (selected.mailbox().shared().gone()) {
          return Reply.no(ResponseCode.Name.NONEXISTENT, "Mailbox was deleted");
        }
        Announcer.announce(session, selected.view(), true);
      }
      session.tellNotifications();
      if (!session.connection().awaitCommand()) {
        return new Reply(Reply.Status.SILENT_END, null, "");
      }
      return switch (session.parser().readIdle()) {
        case DONE -> Reply.ok("IDLE completed");
        case INVALID -> Reply.bad("Expected DONE");
        case END_OF_INPUT -> new Reply(Reply.Status.SILENT_END, null, "");
      };
    } finally {
      session.idling(false);
    }
  }
}
