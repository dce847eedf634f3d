package mailwing.imap.session;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The sessions in IDLE: one thread looks after all of them, so that each costs its parked thread
/// and an entry here.
public final class IdleSessions implements AutoCloseable {
  private static final Duration TICK = Duration.ofSeconds(1);

  private final Map<Session, Long> due = new ConcurrentHashMap<>();
  private final long keepaliveNanos;
  private final Thread keeper;

  IdleSessions(Duration keepalive) {
    keepaliveNanos = keepalive.toNanos();
    keeper = Thread.ofVirtual().name("idle-keeper").start(this::run);
  }

  void add(Session session) {
    due.put(session, System.nanoTime() + keepaliveNanos);
  }

  void remove(Session session) {
    due.remove(session);
  }

  public int count() {
    return due.size();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(TICK);
        long now = System.nanoTime();
        for (Map.Entry<Session, Long> entry : due.entrySet()) {
          if (now - entry.getValue() >= 0) {
            entry.setValue(now + keepaliveNanos);
            entry.getKey().keepAlive();
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  @Override
  public void close() {
    keeper.interrupt();
  }
}
