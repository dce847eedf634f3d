package mailwing.smtp.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import mailwing.smtp.client.Dialog;
import org.jspecify.annotations.Nullable;

/// What a worker knows of one destination: how many connections it has to it, those that wait for a
/// next message, and how fast it may send.
final class Destination {
  private final OutboundConfig config;
  private final Semaphore turns;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Idle> idle = new ArrayDeque<>();
  private int users;
  private long nextAt = System.nanoTime();

  private record Idle(Line line, long until) {}

  /// A connection to use.
  ///
  /// @param host the other end's name, as the MX record or the configuration has it
  /// @param by what the host was verified by; empty where it was not
  record Line(Dialog dialog, String host, Assurance assurance, String by) {
    /// As the queue remembers it.
    String tls() {
      return by.isEmpty() ? dialog.tls() : dialog.tls() + " " + by;
    }
  }

  Destination(OutboundConfig config) {
    this.config = config;
    this.turns = new Semaphore(config.perDestination(), true);
  }

  /// Somebody is about to use it, or waits to.
  void join() {
    lock.lock();
    try {
      users++;
    } finally {
      lock.unlock();
    }
  }

  /// True where nobody uses it and nothing is kept.
  boolean leave() {
    lock.lock();
    try {
      users--;
      return users == 0 && idle.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  boolean isUnused() {
    lock.lock();
    try {
      return users == 0 && idle.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /// Are there as many waiting as are being served?
  boolean isBusy() {
    lock.lock();
    try {
      return users >= 2 * config.perDestination();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a turn, and for the rate.
  void enter() throws InterruptedException {
    turns.acquire();
    if (config.perMinute() == 0) {
      return;
    }
    long wait;
    lock.lock();
    try {
      long now = System.nanoTime();
      nextAt = Math.max(nextAt, now) + TimeUnit.MINUTES.toNanos(1) / config.perMinute();
      wait = nextAt - TimeUnit.MINUTES.toNanos(1) / config.perMinute() - now;
    } finally {
      lock.unlock();
    }
    try {
      TimeUnit.NANOSECONDS.sleep(wait);
    } catch (InterruptedException e) {
      turns.release();
      throw e;
    }
  }

  void exit() {
    turns.release();
  }

  /// A connection that waits for a next message and does for it; null where there is none.
  @Nullable Line take(Predicate<Line> does) {
    lock.lock();
    try {
      Iterator<Idle> last = idle.descendingIterator();
      while (last.hasNext()) {
        Idle one = last.next();
        if (one.until - System.nanoTime() <= 0) {
          last.remove();
          one.line.dialog().close();
        } else if (does.test(one.line)) {
          last.remove();
          return one.line;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  void give(Line line) {
    Dialog dialog = line.dialog();
    if (!dialog.isOpen() || dialog.messages() >= config.perConnection() || config.idle().isZero()) {
      dialog.close();
      return;
    }
    lock.lock();
    try {
      idle.addLast(new Idle(line, System.nanoTime() + config.idle().toNanos()));
    } finally {
      lock.unlock();
    }
  }

  /// Hangs up what has waited long enough.
  void sweep(boolean all) {
    lock.lock();
    try {
      while (!idle.isEmpty() && (all || idle.getFirst().until - System.nanoTime() <= 0)) {
        idle.removeFirst().line.dialog().close();
      }
    } finally {
      lock.unlock();
    }
  }
}
