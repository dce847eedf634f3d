package mailwing.imap.server;

import java.io.IOException;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.Part;
import mailwing.gateway.SessionGuard;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.Parsed;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.Capabilities;
import mailwing.imap.session.Executor;
import mailwing.imap.session.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A session's talk with its client: greeting, commands one after the other, farewell. Each IDLE
/// begins on a new thread, since most sessions are in it most of the time.
final class Conversation {
  private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

  private final Session session;
  private final Connection connection;
  private final CommandParser parser;
  private final ResponseWriter out;
  private final SessionGuard guard;

  Conversation(
      Session session,
      Connection connection,
      CommandParser parser,
      ResponseWriter out,
      SessionGuard guard) {
    this.session = session;
    this.connection = connection;
    this.parser = parser;
    this.out = out;
    this.guard = guard;
  }

  void begin() throws IOException {
    run(
        () -> {
          out.untaggedOk(
              new ResponseCode.Capability(Capabilities.of(session)), "Mailwing is ready");
          return converse();
        });
  }

  /// What a thread does of it; false: the session is over.
  private interface Share {
    boolean run() throws IOException;
  }

  private void run(Share share) throws IOException {
    boolean goesOn = false;
    try {
      goesOn = share.run();
    } catch (ConnectionEndedException e) {
      if (!session.farewellSaid()) {
        farewell(e.reason());
      }
    } catch (RuntimeException e) {
      LOG.error("event=session-failed", e);
      out.bye(ResponseCode.Name.SERVERBUG, "Internal error");
    } finally {
      if (!goesOn) {
        session.close();
      }
    }
  }

  private void farewell(ConnectionEndedException.Reason reason) throws IOException {
    switch (reason) {
      case IDLE -> out.bye(null, "Idle for too long, logging out");
      case DEADLINE -> out.bye(null, "Login took too long");
      case DRAINING ->
          out.bye(ResponseCode.Name.UNAVAILABLE, "Server is restarting, please reconnect");
      case REVOKED -> out.bye(ResponseCode.Name.EXPIRED, "Login is not valid any more");
    }
  }

  /// False: the session is over; else it goes on on a new thread.
  private boolean converse() throws IOException {
    while (session.awaitCommand()) {
      switch (parser.next()) {
        case Parsed.EndOfInput _ -> {
          return false;
        }
        case Parsed.Refused refused -> {
          boolean end = guard.badCommand();
          out.refused(refused);
          if (refused.close()) {
            return false;
          }
          if (end) {
            out.bye(null, "Too many bad commands");
            return false;
          }
        }
        case Parsed.Ok ok -> {
          if (ok.command() instanceof AuthenticatedCommand.Idle) {
            session.askForIdle();
            Part idle = () -> run(() -> execute(ok) && converse());
            connection.goOn(idle);
            return true;
          }
          if (!execute(ok)) {
            return false;
          }
        }
      }
    }
    return false;
  }

  private boolean execute(Parsed.Ok ok) throws IOException {
    Command command = ok.command();
    switch (Executor.execute(session, ok.tag(), command, guard)) {
      case END -> {
        return false;
      }
      case TOO_MANY_BAD -> {
        out.bye(null, "Too many bad commands");
        return false;
      }
      case TOO_MANY_LOGINS -> {
        out.bye(null, "Too many failed logins");
        return false;
      }
      case DONE -> {}
    }
    // A client that has logged in may ask by NOOP for as long as it likes.
    boolean idle =
        !session.loggedIn()
            && (command instanceof AnyStateCommand
                || command instanceof NotAuthenticatedCommand.StartTls);
    if (!idle) {
      guard.progress();
    } else if (guard.noProgress()) {
      out.bye(null, "Too many commands that do nothing");
      return false;
    }
    return true;
  }
}
