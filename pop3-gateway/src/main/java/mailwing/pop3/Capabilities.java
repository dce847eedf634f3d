package mailwing.pop3;

import java.io.IOException;
import java.util.List;
import mailwing.gateway.Connection;
import mailwing.gateway.Mechanism;
import mailwing.gateway.OctetWriter;

/// What CAPA announces (RFC 2449 §6): what works on this connection now, and nothing else.
final class Capabilities {
  private Capabilities() {}

  /// The mechanisms that may be used now.
  static List<Mechanism> mechanisms(Connection connection, Pop3Config config) {
    return config.mechanisms().stream()
        .filter(mechanism -> mechanism.allowedOn(connection))
        .toList();
  }

  static void write(OctetWriter out, Connection connection, Pop3Config config, boolean loggedIn)
      throws IOException {
    out.ascii("+OK Capabilities follow\r\n");
    out.ascii("TOP\r\n");
    out.ascii("UIDL\r\n");
    out.ascii("RESP-CODES\r\n");
    out.ascii("AUTH-RESP-CODE\r\n");
    out.ascii("PIPELINING\r\n");
    out.ascii("LANG\r\n");
    // USER: names and passwords may be in UTF-8 (RFC 6856 §2.2).
    out.ascii("UTF8 USER\r\n");
    if (!config.maildrops().loginDelay().isZero()) {
      out.ascii("LOGIN-DELAY ").decimal(config.maildrops().loginDelay().toSeconds()).crlf();
    }
    // The server itself never removes a message.
    out.ascii("EXPIRE NEVER\r\n");
    if (connection.canStartTls() && !loggedIn) {
      out.ascii("STLS\r\n");
    }
    if (connection.mayLogIn()) {
      out.ascii("USER\r\n");
    }
    List<Mechanism> mechanisms = mechanisms(connection, config);
    if (!mechanisms.isEmpty()) {
      out.ascii("SASL");
      for (Mechanism mechanism : mechanisms) {
        out.write(' ').ascii(mechanism.saslName());
      }
      out.crlf();
    }
    out.ascii("IMPLEMENTATION Mailwing\r\n");
    out.ascii(".\r\n");
  }
}
