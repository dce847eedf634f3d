package mailwing.service;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives memory back when the process has become quiet.
///
/// A heap that a rush has filled (a thousand handshakes after a restart, an import) stays full of
/// garbage while nothing is asked any more, since only asking for memory starts a collection. This
/// starts one when next to nothing was done for some seconds and there is something to gain; the
/// JVM returns to the system what it then need not keep (`-XX:MaxHeapFreeRatio`).
public final class QuietHeap {
  private static final Logger LOG = LoggerFactory.getLogger(QuietHeap.class);
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final Duration LOOK = Duration.ofSeconds(5);

  /// Quiet: less than this share of one processor, so many looks in a row.
  private static final double QUIET_SHARE = 0.05;

  private static final int QUIET_LOOKS = 2;

  /// What must have come to the heap since the last collection of this kind.
  private static final long WORTH_IT = 24L << 20;

  private QuietHeap() {}

  /// Watches for as long as the process lives.
  public static void watch() {
    Thread.ofVirtual().name("quiet-heap").start(QuietHeap::look);
  }

  private static void look() {
    long cpu = cpuNanos();
    long least = used();
    int quiet = 0;
    while (true) {
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        return;
      }
      long now = cpuNanos();
      quiet = now - cpu < QUIET_SHARE * LOOK.toNanos() ? quiet + 1 : 0;
      cpu = now;
      long used = used();
      least = Math.min(least, used);
      if (quiet >= QUIET_LOOKS && used - least > WORTH_IT) {
        System.gc();
        least = used();
        quiet = 0;
        cpu = cpuNanos();
        LOG.debug("event=heap-collected before={} after={}", used, least);
      }
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static long cpuNanos() {
    return PROCESS.getProcessCpuTime();
  }
}
