package mailwing.smtp.session;

import java.io.IOException;
import mailwing.gateway.Connection;
import mailwing.gateway.SessionProtocol;

/// SMTP, submission or LMTP on a listener.
public final class SmtpProtocol implements SessionProtocol {
  private final Service service;
  private final SmtpServices services;

  public SmtpProtocol(Service service, SmtpServices services) {
    this.service = service;
    this.services = services;
  }

  @Override
  public void serve(Connection connection) throws IOException {
    new SmtpSession(connection, service, services).run();
  }

  /// RFC 5321 §3.1: 421 in place of the greeting, which has no enhanced status code.
  @Override
  public String refusal(Refusal reason) {
    return "421 "
        + services.host()
        + switch (reason) {
          case TOO_MANY_CONNECTIONS -> " Too many connections, try again later\r\n";
          case TOO_MANY_FROM_ADDRESS -> " Too many connections from your address\r\n";
          case DRAINING -> " Service is restarting, try again\r\n";
        };
  }
}
