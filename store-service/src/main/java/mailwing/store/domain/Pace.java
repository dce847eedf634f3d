package mailwing.store.domain;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Lets the text index give way to deliveries and changes of flags: while they come fast, accounts
/// wait until they are worth a whole segment, for a bounded time, and the work takes a part of a
/// processor only. The more messages of an account are not indexed, the larger that part; from so
/// many on that searches would be slow, nothing is waited for.
///
/// For one thread.
final class Pace {
  /// Messages of an account from which on the index gives way no more: a search that reads as many
  /// takes up to a second.
  static final long MOST_BEHIND = 32_768;

  /// Of its time, when it gives way.
  private static final double LEAST_SHARE = 0.25;

  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long SLICE_MILLIS = 100;

  private final BooleanSupplier busy;
  private final LongSupplier nanoTime;

  private boolean leftOut;
  private boolean waiting;
  private long waitingSince;
  private long restedAt;
  private long behind;

  /// @param busy whether there is something to give way to
  /// @param nanoTime as System.nanoTime
  Pace(BooleanSupplier busy, LongSupplier nanoTime) {
    this.busy = busy;
    this.nanoTime = nanoTime;
  }

  /// May work wait for quieter times that so many messages of an account are there for?
  boolean mayWait(long messages) {
    if (messages >= TextSegment.MESSAGES || isLate() || !busy.getAsBoolean()) {
      return false;
    }
    if (!waiting) {
      waiting = true;
      waitingSince = nanoTime.getAsLong();
    }
    leftOut = true;
    return true;
  }

  private boolean isLate() {
    return waiting && nanoTime.getAsLong() - waitingSince >= PATIENCE_NANOS;
  }

  /// All accounts have been asked: those that had waited for too long need not wait any more.
  void cameRound() {
    if (!leftOut || isLate()) {
      waiting = false;
    }
    leftOut = false;
  }

  /// Work begins of which so many messages of an account are behind.
  void begin(long messages) {
    behind = messages;
    restedAt = nanoTime.getAsLong();
  }

  /// Rests for what has been done since the last rest, where there is something to give way to.
  ///
  /// @param wanted asked now and then; a rest ends when it is not any more
  void rest(BooleanSupplier wanted) {
    double share = Math.max(LEAST_SHARE, (double) behind / MOST_BEHIND);
    long now = nanoTime.getAsLong();
    if (share < 1 && busy.getAsBoolean()) {
      long end = now + (long) ((now - restedAt) * (1 / share - 1));
      while (end - now > 0 && wanted.getAsBoolean()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - now) + 1;
        if (!slept(Math.min(left, SLICE_MILLIS))) {
          break;
        }
        now = nanoTime.getAsLong();
      }
    }
    restedAt = now;
  }

  private static boolean slept(long millis) {
    try {
      Thread.sleep(millis);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
