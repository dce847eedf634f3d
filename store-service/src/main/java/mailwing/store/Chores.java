package mailwing.store;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
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

  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /// Runs the chore every `pause`, for the first time after a random part of it, so that stores do
  /// not keep step.
  public void every(Duration pause, String name, Chore chore) {
    long first = ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos() + 1);
    threads.add(
        Thread.ofVirtual()
            .name("chore-" + name)
            .start(() -> repeat(Duration.ofNanos(first), pause, name, chore)));
  }

  private static void repeat(Duration first, Duration pause, String name, Chore chore) {
    try {
      Thread.sleep(first);
      while (!Thread.currentThread().isInterrupted()) {
        run(name, chore);
        Thread.sleep(pause);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  // A chore ends at this boundary whatever happens in it.
  private static void run(String name, Chore chore) throws InterruptedException {
    try {
      chore.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      if (!Thread.currentThread().isInterrupted()) {
        LOG.warn("event=chore-failed chore={} reason={}", name, e.toString());
      }
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        if (!thread.join(Duration.ofSeconds(5))) {
          LOG.warn("event=chore-still-running chore={}", thread.getName());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
