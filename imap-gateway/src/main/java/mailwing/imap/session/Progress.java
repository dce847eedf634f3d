package mailwing.imap.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import mailwing.gateway.StoreStream;
import mailwing.imap.protocol.ResponseCode;
import org.jspecify.annotations.Nullable;

/// Tells a client whose command takes long that it is being worked on (RFC 9585).
final class Progress implements StoreStream.Meanwhile {
  private final Session session;
  private final long every;
  private @Nullable String tag;
  private long messages;
  private long next;

  Progress(Session session, Duration every) {
    this.session = session;
    this.every = every.toNanos();
  }

  /// A command begins; between commands there is nothing to tell of.
  void begin(String of) {
    tag = of;
    messages = 0;
    next = System.nanoTime() + every;
  }

  void end() {
    tag = null;
  }

  /// So many more messages are done.
  void done(int more) {
    messages += more;
    if (patience() <= 0) {
      waiting();
    }
  }

  @Override
  public long patience() {
    return next - System.nanoTime();
  }

  @Override
  public void waiting() {
    next = System.nanoTime() + every;
    String of = tag;
    if (of == null) {
      return;
    }
    // A tag that would end the response code cannot be named (RFC 9585 §4).
    String named = of.indexOf(']') < 0 ? of : null;
    try {
      session
          .out()
          .untaggedOk(
              new ResponseCode.InProgress(named, messages == 0 ? -1 : messages, -1),
              messages == 0 ? "Still at work" : messages + " messages so far");
      session.connection().out().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
