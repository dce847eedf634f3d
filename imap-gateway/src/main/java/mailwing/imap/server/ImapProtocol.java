package mailwing.imap.server;

import java.io.IOException;
import mailwing.gateway.Connection;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.SessionProtocol;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.ParserLimits;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.Capabilities;
import mailwing.imap.session.Services;
import mailwing.imap.session.Session;

/// Serves IMAP on a connection.
public final class ImapProtocol implements SessionProtocol {
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
    new Conversation(session, connection, parser, out, guard).begin();
  }
}
