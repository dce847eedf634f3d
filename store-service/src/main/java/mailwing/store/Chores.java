package mailwing.store;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is to be done again and again: keys turned over, orphans collected, removed mail removed.
///
/// A chore that fails is told in the log and runs again at its next time; several stores may run
/// the same one.
public final class Chores implements AutoCloseable {
  /// One run.
  @FunctionalInterface
  public interface Chore {
    void run() throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(Chores.class);

  private final ScheduledExecutorService executor =
      Executors.newScheduledThreadPool(2, Thread.ofVirtual().name("chore-", 0).factory());

  /// Runs the chore every `pause`, for the first time after a random part of it, so that stores do
  /// not keep step.
  public void every(Duration pause, String name, Chore chore) {
    long nanos = pause.toNanos();
    executor.scheduleWithFixedDelay(
        () -> run(name, chore),
        ThreadLocalRandom.current().nextLong(nanos / 2, nanos + 1),
        nanos,
        TimeUnit.NANOSECONDS);
  }

  /// Runs the chore once, soon.
  public void soon(String name, Chore chore) {
    executor.execute(() -> run(name, chore));
  }

  // A chore ends at this boundary whatever happens in it.
  private static void run(String name, Chore chore) {
    try {
      chore.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      if (!Thread.currentThread().isInterrupted()) {
        LOG.warn("event=chore-failed chore={} reason={}", name, e.toString());
      }
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("event=chores-still-running");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
