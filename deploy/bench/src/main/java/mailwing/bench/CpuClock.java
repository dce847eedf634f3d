package mailwing.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.StringTokenizer;

/// Processor time spent on this machine by anyone but this process: the server's, where the machine
/// is quiet.
final class CpuClock {
  private static final double MILLIS_PER_TICK = 10;

  private CpuClock() {}

  /// Milliseconds since boot; NaN where the system does not tell.
  static double othersMillis() {
    try {
      String first = Files.readString(Path.of("/proc/stat")).lines().findFirst().orElse("");
      StringTokenizer fields = new StringTokenizer(first);
      fields.nextToken();
      double ticks = 0;
      for (int i = 1; i <= 8 && fields.hasMoreTokens(); i++) {
        double spent = Double.parseDouble(fields.nextToken());
        if (i != 4 && i != 5 && i != 8) { // idle, iowait and steal are nobody's work
          ticks += spent;
        }
      }
      return ticks * MILLIS_PER_TICK - ownMillis();
    } catch (IOException | NumberFormatException | NoSuchElementException e) {
      return Double.NaN;
    }
  }

  private static double ownMillis() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean own
        ? own.getProcessCpuTime() / 1e6
        : 0;
  }
}
