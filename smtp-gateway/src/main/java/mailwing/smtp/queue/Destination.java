package mailwing.smtp.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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

  private record Idle(Dialog dialog, String host, long until) {}

  /// A connection to use.
  record Lent(Dialog dialog, String host) {}

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

  /// A connection that waits for a next message; null where there is none.
  @Nullable Lent take() {
    lock.lock();
    try {
      while (true) {
        Idle one = idle.pollLast();
        if (one == null) {
          return null;
        }
        if (one.until - System.nanoTime() > 0) {
          return new Lent(one.dialog, one.host);
        }
        one.dialog.close();
      }
    } finally {
      lock.unlock();
    }
  }

  void give(Dialog dialog, String host) {
    if (!dialog.isOpen() || dialog.messages() >= config.perConnection() || config.idle().isZero()) {
      dialog.close();
      return;
    }
    lock.lock();
    try {
      idle.addLast(new Idle(dialog, host, System.nanoTime() + config.idle().toNanos()));
    } finally {
      lock.unlock();
    }
  }

  /// Hangs up what has waited long enough.
  void sweep(boolean all) {
    lock.lock();
    try {
      while (!idle.isEmpty() && (all || idle.getFirst().until - System.nanoTime() <= 0)) {
        idle.removeFirst().dialog.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
