package mailwing.store.accounts;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Turns at what logins need and of which only so much may go on at a time: first come, first
/// served. Who waits longer than the patience gets UNAVAILABLE.
final class Turns {
  private final Semaphore turns;
  private final Duration patience;

  Turns(int atOnce, Duration patience) {
    this.turns = new Semaphore(atOnce, true);
    this.patience = patience;
  }

  <T> T take(Supplier<T> work) {
    try {
      if (!turns.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new StoreException(ErrorCode.UNAVAILABLE, "too many logins at a time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
    }
    try {
      return work.get();
    } finally {
      turns.release();
    }
  }

  /// How many wait; an estimate.
  int waiting() {
    return turns.getQueueLength();
  }
}
