package mailwing.store.domain;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Whether a crowd is served faster by one batch at a time or by two, found out by trying.
///
/// One at a time has larger batches, whose cost more items share; two have one to be worked on
/// while the other waits for its commit, or for a processor. So now and then the number that is not
/// in use is, for a tenth of a second, and is kept where more items were done than in the tenths
/// before and after, twice in a row; two only where they are clearly faster, since they cost more
/// processor time. What is worse is tried more and more rarely.
final class Abreast {
  private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /// Items a batch, on average, from which on their number matters; with fewer there is one anyway.
  private static final int CROWD = 4;

  /// Windows from one trial to the next.
  private static final int SHORTEST_REST = 4;

  private static final int LONGEST_REST = 16;

  /// How many times as much two at a time have to do.
  private static final double CLEARLY = 1.05;

  private enum Stage {
    RESTING,
    TRYING,
    COMPARING
  }

  private final LongSupplier nanoTime;
  private volatile int most;

  // What follows is used by one thread at a time.
  private int kept;
  private Stage stage = Stage.RESTING;
  private int pause = SHORTEST_REST;
  private int rest = SHORTEST_REST;
  private boolean wasBetter;

  // Items a nanosecond of the window before the trial, and of the trial.
  private double before;
  private double tried;

  // The window that runs.
  private long since;
  private long batches;
  private long items;

  /// @param first 1 or 2: what is taken for faster until something is known
  /// @param nanoTime as System.nanoTime
  Abreast(int first, LongSupplier nanoTime) {
    this.kept = first;
    this.most = first;
    this.nanoTime = nanoTime;
    this.since = nanoTime.getAsLong();
  }

  /// Batches of a key at a time: 1 or 2.
  int most() {
    return most;
  }

  /// A batch of so many items has been done.
  synchronized void done(int size) {
    batches++;
    items += size;
    long now = nanoTime.getAsLong();
    long passed = now - since;
    if (passed < WINDOW_NANOS) {
      return;
    }
    if (items >= CROWD * batches && passed < 2 * WINDOW_NANOS) {
      judge((double) items / passed);
    } else {
      // Nothing to be compared: there was no crowd, or no work.
      stage = Stage.RESTING;
    }
    most = stage == Stage.TRYING ? 3 - kept : kept;
    since = now;
    batches = 0;
    items = 0;
  }

  private void judge(double rate) {
    switch (stage) {
      case RESTING -> {
        before = rate;
        rest--;
        if (rest <= 0) {
          stage = Stage.TRYING;
        }
      }
      case TRYING -> {
        tried = rate;
        stage = Stage.COMPARING;
      }
      case COMPARING -> {
        stage = Stage.RESTING;
        compare((before + rate) / 2);
      }
    }
  }

  private void compare(double usual) {
    boolean better = tried > (kept == 1 ? usual * CLEARLY : usual);
    if (!better) {
      pause = Math.min(2 * pause, LONGEST_REST);
    } else if (wasBetter) {
      pause = SHORTEST_REST;
      kept = 3 - kept;
    }
    // The second trial follows at once.
    wasBetter = better && !wasBetter;
    rest = wasBetter ? 1 : pause;
  }
}
