package mailwing.pop3;

import java.io.IOException;
import mailwing.gateway.BodyCache;
import mailwing.gateway.Connection;
import mailwing.gateway.SessionProtocol;
import mailwing.gateway.StoreClient;

/// POP3 on a listener: one session a connection.
final class Pop3Protocol implements SessionProtocol {
  private final Pop3Config config;
  private final StoreClient store;
  private final BodyCache bodies;
  private final Pop3Metrics metrics;

  Pop3Protocol(Pop3Config config, StoreClient store, Pop3Metrics metrics) {
    this.config = config;
    this.store = store;
    this.bodies = new BodyCache(config.bodyCache());
    this.metrics = metrics;
  }

  @Override
  public void serve(Connection connection) throws IOException {
    new Pop3Session(connection, config, store, bodies, metrics).run();
  }

  @Override
  public String refusal(Refusal reason) {
    return switch (reason) {
      case TOO_MANY_CONNECTIONS -> "-ERR [SYS/TEMP] Too many connections\r\n";
      case TOO_MANY_FROM_ADDRESS -> "-ERR [SYS/TEMP] Too many connections from your address\r\n";
      case DRAINING -> "-ERR [SYS/TEMP] Server is going down\r\n";
    };
  }
}
