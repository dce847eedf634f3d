package mailwing.imap.protocol;

import java.io.IOException;

/// Asks the client for a synchronising literal: writes `+ ...` and flushes (RFC 9051 §7.6).
@FunctionalInterface
public interface Continuation {
  void request() throws IOException;
}
