package mailwing.gateway;

import java.io.IOException;

/// What a gateway speaks on a listener.
public interface SessionProtocol {
  /// Why a connection is refused before it has a session.
  enum Refusal {
    TOO_MANY_CONNECTIONS,
    TOO_MANY_FROM_ADDRESS,
    DRAINING
  }

  /// Serves one connection on a thread of its own; the connection is flushed and closed when it
  /// returns or throws, unless it goes on ([Connection#goOn]).
  void serve(Connection connection) throws IOException;

  /// The line, with its CRLF, that a refused client is told.
  String refusal(Refusal reason);
}
