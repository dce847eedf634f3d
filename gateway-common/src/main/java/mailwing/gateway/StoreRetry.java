package mailwing.gateway;

import java.time.Duration;

/// Says whether a call that failed is tried again, and waits before: 25 ms, then twice as long each
/// time.
final class StoreRetry {
  private final long until;
  private long delayMillis = 25;

  private StoreRetry(Duration time) {
    this.until = System.nanoTime() + time.toNanos();
  }

  /// For calls that may be repeated.
  static StoreRetry during(Duration time) {
    return new StoreRetry(time);
  }

  static StoreRetry never() {
    return new StoreRetry(Duration.ZERO);
  }

  boolean again(StoreException failure) {
    if (failure.code() != mailwing.store.v1.ErrorCode.UNAVAILABLE
        || System.nanoTime() + delayMillis * 1_000_000 >= until) {
      return false;
    }
    try {
      Thread.sleep(delayMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    delayMillis = Math.min(delayMillis * 2, 1000);
    return true;
  }
}
