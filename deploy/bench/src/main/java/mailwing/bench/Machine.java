package mailwing.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.StringTokenizer;

/// Processor time of the whole machine, from /proc/stat.
final class Machine {
  static final double MILLIS_PER_TICK = 10;

  /// What all may take of it while it is at rest.
  private static final double AT_REST = 0.15;

  private static final int LOOK_MILLIS = 1000;

  private Machine() {}

  /// What was spent up to now by everything, interrupts left out and what other guests of the same
  /// host took counted too: milliseconds. Not a number where the system does not tell.
  static double busyMillis() {
    try {
      String first = Files.readString(Path.of("/proc/stat")).lines().findFirst().orElse("");
      StringTokenizer fields = new StringTokenizer(first);
      fields.nextToken();
      double ticks = 0;
      for (int i = 1; i <= 8 && fields.hasMoreTokens(); i++) {
        double spent = Double.parseDouble(fields.nextToken());
        if (i <= 3 || i == 8) { // user, nice, system and steal
          ticks += spent;
        }
      }
      return ticks * MILLIS_PER_TICK;
    } catch (IOException | NumberFormatException | NoSuchElementException e) {
      return Double.NaN;
    }
  }

  /// This process's own.
  static double ownMillis() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean own
        ? own.getProcessCpuTime() / 1e6
        : 0;
  }

  /// Waits until nobody has much to do, but not for ever.
  static void awaitRest(double patienceSeconds) throws InterruptedException {
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < patienceSeconds * 1e9) {
      double busy = busyMillis();
      long from = System.nanoTime();
      Thread.sleep(LOOK_MILLIS);
      double millis = (System.nanoTime() - from) / 1e6 * processors();
      if (!((busyMillis() - busy) / millis > AT_REST)) {
        return;
      }
    }
  }

  static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }
}
