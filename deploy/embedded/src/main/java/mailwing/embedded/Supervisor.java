package mailwing.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one child process running: starts it again when it dies before it is told to stop.
final class Supervisor {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;

  /// What is supervised.
  interface Child {
    /// Starts the process and returns once it serves.
    ///
    /// @throws EmbeddedServerException if it does not come to serve
    Process launch() throws IOException, InterruptedException;
  }

  private final String name;
  private final Child child;
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable Process process;
  private volatile @Nullable RuntimeException failure;

  private Supervisor(String name, Child child) {
    this.name = name;
    this.child = child;
    // A platform thread that lives as long as the child: the signal that ends an orphan is sent
    // when the
    // thread that started it ends, and a virtual thread's carrier may end at any time.
    this.thread = Thread.ofPlatform().name("supervisor-" + name).daemon().unstarted(this::run);
  }

  /// Starts the child; a failure of the first start is thrown, later ones are tried again.
  static Supervisor start(String name, Child child) {
    var supervisor = new Supervisor(name, child);
    supervisor.thread.start();
    try {
      supervisor.started.await();
    } catch (InterruptedException e) {
      supervisor.stopping.countDown();
      supervisor.thread.interrupt();
      Thread.currentThread().interrupt();
      throw new EmbeddedServerException("interrupted while starting " + name, e);
    }
    var failure = supervisor.failure;
    if (failure != null) {
      throw failure;
    }
    return supervisor;
  }

  /// The child's number now; another after a restart.
  long pid() {
    var current = process;
    return current == null ? -1 : current.pid();
  }

  /// For tests: neither ends the child nor starts it again.
  void abandon() {
    stopping.countDown();
  }

  /// Sends the signals in turn, each with its patience, until the child has ended. Never starts it
  /// again.
  void stop(Duration patience, String... signals) {
    stopping.countDown();
    var current = process;
    if (current == null) {
      thread.interrupt();
    } else {
      end(current.toHandle(), patience, signals);
    }
    try {
      thread.join(patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends a process by signals of growing force.
  static void end(ProcessHandle process, Duration patience, String... signals) {
    for (var signal : signals) {
      Launch.signal(process.pid(), signal);
      if (Launch.awaitEnd(process, patience)) {
        return;
      }
      LOG.warn("event=child-does-not-end pid={} signal={}", process.pid(), signal);
    }
  }

  private void run() {
    var pause = FIRST_PAUSE_MILLIS;
    while (stopping.getCount() > 0) {
      try {
        var running = child.launch();
        process = running;
        started.countDown();
        pause = FIRST_PAUSE_MILLIS;
        var status = running.waitFor();
        process = null;
        if (stopping.getCount() > 0) {
          LOG.warn("event=child-died child={} status={} action=restart", name, status);
        }
      } catch (IOException | RuntimeException e) {
        if (started.getCount() > 0) {
          failure =
              e instanceof RuntimeException r
                  ? r
                  : new EmbeddedServerException("cannot start " + name + ": " + e.getMessage(), e);
          started.countDown();
          return;
        }
        LOG.error("event=child-restart-failed child={} reason={}", name, e.getMessage());
      } catch (InterruptedException e) {
        return;
      }
      try {
        if (stopping.await(pause, TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      }
      pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
    }
  }
}
