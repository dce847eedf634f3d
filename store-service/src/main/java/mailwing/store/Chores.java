package mailwing.store;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
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

  /// How long a chore may take to see that it is not wanted any more.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);

  /// Runs the chore every `pause`, for the first time after a random part of it, so that stores do
  /// not keep step.
  public void every(Duration pause, String name, Chore chore) {
    long first = ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos() + 1);
    threads.add(
        Thread.ofVirtual()
            .name("chore-" + name)
            .start(() -> repeat(first, pause.toNanos(), name, chore)));
  }

  /// Is a long chore to go on? False once this is closed.
  public boolean wanted() {
    return closing.getCount() > 0 && !Thread.currentThread().isInterrupted();
  }

  private void repeat(long first, long pause, String name, Chore chore) {
    try {
      boolean over = closing.await(first, TimeUnit.NANOSECONDS);
      while (!over) {
        run(name, chore);
        over = closing.await(pause, TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      // Closed, and it has not stopped by itself.
    }
  }

  // A chore ends at this boundary whatever happens in it.
  private void run(String name, Chore chore) throws InterruptedException {
    try {
      chore.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      if (wanted()) {
        LOG.warn("event=chore-failed chore={} reason={}", name, e.toString());
      }
    }
  }

  /// Lets each chore come to where it can stop; interrupts what does not, which costs it its
  /// database connection.
  @Override
  public void close() {
    closing.countDown();
    try {
      long until = System.nanoTime() + PATIENCE.toNanos();
      for (Thread thread : threads) {
        if (!thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())))) {
          thread.interrupt();
        }
      }
      for (Thread thread : threads) {
        if (!thread.join(PATIENCE)) {
          LOG.warn("event=chore-still-running chore={}", thread.getName());
        }
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
  }
}
