package mailwing.imap.server;

import java.io.IOException;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.SessionProtocol;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.Parsed;
import mailwing.imap.protocol.ParserLimits;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.Capabilities;
import mailwing.imap.session.Executor;
import mailwing.imap.session.Services;
import mailwing.imap.session.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves IMAP on a connection: greeting, commands one after the other, farewell.
public final class ImapProtocol implements SessionProtocol {
  private static final Logger LOG = LoggerFactory.getLogger(ImapProtocol.class);

  private final Services services;

  public ImapProtocol(Services services) {
    this.services = services;
  }

  @Override
  public String refusal(Refusal reason) {
    return switch (reason) {
      case TOO_MANY_CONNECTIONS -> "* BYE [UNAVAILABLE] Too many connections, try again later\r\n";
      case TOO_MANY_FROM_ADDRESS -> "* BYE [LIMIT] Too many connections from your address\r\n";
      case DRAINING -> "* BYE [UNAVAILABLE] Server is restarting, please reconnect\r\n";
    };
  }

  @Override
  public void serve(Connection connection) throws IOException {
    ResponseWriter out = new ResponseWriter(connection.out());
    CommandParser parser =
        new CommandParser(connection.in(), out::continueLiteral, ParserLimits.BEFORE_LOGIN);
    parser.allow(Capabilities.grammar(services.config()));
    Session session = new Session(services, connection, out, parser);
    SessionGuard guard = new SessionGuard(connection, services.config().limits());
    try {
      out.untaggedOk(new ResponseCode.Capability(Capabilities.of(session)), "Mailwing is ready");
      converse(session, parser, out, guard);
    } catch (ConnectionEndedException e) {
      if (!session.farewellSaid()) {
        farewell(out, e.reason());
      }
    } catch (IOException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.error("event=session-failed", e);
      out.bye(ResponseCode.Name.SERVERBUG, "Internal error");
    } finally {
      session.close();
    }
  }

  private static void farewell(ResponseWriter out, ConnectionEndedException.Reason reason)
      throws IOException {
    switch (reason) {
      case IDLE -> out.bye(null, "Idle for too long, logging out");
      case DEADLINE -> out.bye(null, "Login took too long");
      case DRAINING ->
          out.bye(ResponseCode.Name.UNAVAILABLE, "Server is restarting, please reconnect");
      case REVOKED -> out.bye(ResponseCode.Name.EXPIRED, "Login is not valid any more");
    }
  }

  private static void converse(
      Session session, CommandParser parser, ResponseWriter out, SessionGuard guard)
      throws IOException {
    while (session.awaitCommand()) {
      switch (parser.next()) {
        case Parsed.EndOfInput _ -> {
          return;
        }
        case Parsed.Refused refused -> {
          boolean end = guard.badCommand();
          out.refused(refused);
          if (refused.close()) {
            return;
          }
          if (end) {
            out.bye(null, "Too many bad commands");
            return;
          }
        }
        case Parsed.Ok ok -> {
          if (!carryOn(
              session,
              ok.command(),
              Executor.execute(session, ok.tag(), ok.command(), guard),
              out,
              guard)) {
            return;
          }
        }
      }
    }
  }

  private static boolean carryOn(
      Session session,
      Command command,
      Executor.Outcome outcome,
      ResponseWriter out,
      SessionGuard guard)
      throws IOException {
    switch (outcome) {
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
