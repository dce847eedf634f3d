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

  static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }
}
