package mailwing.service;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has virtual threads carried by few platform threads while that goes well, and by many when it
/// does not.
///
/// Each carrier more is one that a thread which becomes runnable may wake: with many of them on few
/// processors every message between two threads is a switch of the processor. With few, threads
/// that are bound to theirs (below the loading of a class, in a long computation) may keep all
/// others waiting, in the worst case for good. So a virtual thread is started now and then, and
/// where it has to wait long all the carriers that the JVM was started with come back for a while.
public final class Carriers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Carriers.class);
  private static final Duration LOOK = Duration.ofMillis(250);

  /// Looks in a row that went well before there are few carriers again.
  private static final int GOOD_LOOKS = 120;

  private static final int FEW = 4;

  private final VirtualThreadSchedulerMXBean scheduler;
  private final int few;
  private final int many;
  private final Thread watcher;

  private Carriers(VirtualThreadSchedulerMXBean scheduler, int few, int many) {
    this.scheduler = scheduler;
    this.few = few;
    this.many = many;
    // Not one of those that it looks after.
    this.watcher = Thread.ofPlatform().daemon().name("carriers").unstarted(this::look);
  }

  /// Watches for as long as the process lives: few are two for each processor, 4 at least.
  public static void watch() {
    Carriers _ = watch(Math.max(FEW, 2 * Runtime.getRuntime().availableProcessors()));
  }

  static Carriers watch(int few) {
    VirtualThreadSchedulerMXBean scheduler =
        ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    Carriers carriers = new Carriers(scheduler, few, scheduler.getParallelism());
    if (few < carriers.many) {
      scheduler.setParallelism(few);
      carriers.watcher.start();
    }
    return carriers;
  }

  private void look() {
    int good = 0;
    try {
      while (true) {
        AtomicBoolean carried = new AtomicBoolean();
        Thread.ofVirtual().name("carried").start(() -> carried.set(true));
        Thread.sleep(LOOK);
        if (carried.get()) {
          good++;
          if (good == GOOD_LOOKS && scheduler.getParallelism() != few) {
            scheduler.setParallelism(few);
          }
        } else {
          good = 0;
          if (scheduler.getParallelism() != many) {
            scheduler.setParallelism(many);
            LOG.info("event=carriers-added carriers={}", many);
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /// All carriers are there again, and nobody watches.
  @Override
  public void close() {
    watcher.interrupt();
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    scheduler.setParallelism(many);
  }
}
