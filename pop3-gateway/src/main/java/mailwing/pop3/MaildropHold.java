package mailwing.pop3;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.HoldMaildropRequest;
import mailwing.store.v1.ReleaseMaildropRequest;

/// The session's hold on its maildrop (RFC 1939 §4), which is in the store and so holds over all
/// gateways.
///
/// It is kept by the session's own activity. A session that is silent for the hold's time loses the
/// maildrop to the next login, if there is one, and learns so at its next command.
final class MaildropHold {
  /// How long a login waits for the session before it: one whose connection was just cut may not be
  /// known to be over.
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final StoreSession session;
  private final HoldMaildropRequest request;
  private final long keepNanos;
  private long keptAt;
  private boolean held;

  private MaildropHold(StoreSession session, HoldMaildropRequest request, Duration time) {
    this.session = session;
    this.request = request;
    this.keepNanos = time.toNanos() / 3;
  }

  /// Takes the maildrop; the store's IN_USE where another session has it, TRY_LATER where the
  /// account may not log in yet.
  static MaildropHold take(StoreSession session, MaildropRules rules) {
    UUID id = UUID.randomUUID();
    ByteBuffer octets = ByteBuffer.allocate(16);
    octets.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    HoldMaildropRequest request =
        HoldMaildropRequest.newBuilder()
            .setHoldId(ByteString.copyFrom(octets))
            .setHoldSeconds(Math.toIntExact(rules.hold().toSeconds()))
            .setLoginDelaySeconds(Math.toIntExact(rules.loginDelay().toSeconds()))
            .build();
    MaildropHold hold = new MaildropHold(session, request, rules.hold());
    if (rules.holds()) {
      hold.await();
      hold.keptAt = System.nanoTime();
      hold.held = !rules.hold().isZero();
    }
    return hold;
  }

  private void await() {
    long start = System.nanoTime();
    while (true) {
      try {
        session.holdMaildrop(request);
        return;
      } catch (StoreException e) {
        if (e.code() != ErrorCode.IN_USE || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw e;
        }
        try {
          Thread.sleep(PAUSE);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw e;
        }
      }
    }
  }

  /// Keeps it, once a third of its time is over; false where another session has taken it.
  ///
  /// A store that is away costs nothing here: the hold may still be kept by the next command.
  boolean keep() {
    if (!held || System.nanoTime() - keptAt < keepNanos) {
      return true;
    }
    try {
      session.holdMaildrop(request);
      keptAt = System.nanoTime();
    } catch (StoreException e) {
      held = e.code() != ErrorCode.IN_USE;
    }
    return held;
  }

  /// Gives it back. Where that fails it ends by itself.
  void release() {
    if (!held) {
      return;
    }
    held = false;
    try {
      session.releaseMaildrop(
          ReleaseMaildropRequest.newBuilder().setHoldId(request.getHoldId()).build());
    } catch (StoreException e) {
      return;
    }
  }
}
