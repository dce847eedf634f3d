package mailwing.imap.protocol;

import java.io.IOException;

/// Asks the client for a synchronising literal: writes `+ ...`, which the reader flushes before it
/// waits (RFC 9051 §7.6). [ResponseWriter#continueLiteral] is one.
@FunctionalInterface
public interface Continuation {
  void request() throws IOException;
}
