package mailwing.store.events;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Tells the relay of this process that an outbox row has just been committed.
///
/// Costs a volatile read when the relay is busy already and an unpark when it waits: fit for every
/// commit.
public final class ChangeSignal {
  private volatile boolean raised;
  private volatile @Nullable Thread waiting;

  /// To be called after each commit that wrote an outbox row.
  public void raise() {
    if (!raised) {
      raised = true;
    }
    Thread thread = waiting;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /// Waits until raised, at most `nanos`; true if it was. One thread waits.
  boolean await(long nanos) {
    long deadline = System.nanoTime() + nanos;
    waiting = Thread.currentThread();
    try {
      while (!raised) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || Thread.currentThread().isInterrupted()) {
          return false;
        }
        LockSupport.parkNanos(this, left);
      }
      raised = false;
      return true;
    } finally {
      waiting = null;
    }
  }
}
