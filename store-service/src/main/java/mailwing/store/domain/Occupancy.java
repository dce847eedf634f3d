package mailwing.store.domain;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// How much of the last second some lanes were at work.
final class Occupancy {
  private static final long SECOND = 1_000_000_000;

  private final int lanes;
  private final LongSupplier nanoTime;

  // The second that runs, and the work of it and of the one before.
  private long second;
  private long running;
  private long whole;

  /// @param nanoTime as System.nanoTime
  Occupancy(int lanes, LongSupplier nanoTime) {
    this.lanes = lanes;
    this.nanoTime = nanoTime;
    this.second = nanoTime.getAsLong();
  }

  /// Does a lane's work.
  <T> T during(Supplier<T> work) {
    long begun = nanoTime.getAsLong();
    try {
      return work.get();
    } finally {
      end(begun);
    }
  }

  private synchronized void end(long begun) {
    long now = nanoTime.getAsLong();
    roll(now);
    running += now - begun;
  }

  /// Were the lanes at work for most of the last whole second?
  synchronized boolean isMost() {
    roll(nanoTime.getAsLong());
    return whole > lanes * SECOND / 2;
  }

  private void roll(long now) {
    long passed = now - second;
    if (passed >= SECOND) {
      whole = passed < 2 * SECOND ? running : 0;
      running = 0;
      second = now - passed % SECOND;
    }
  }
}
