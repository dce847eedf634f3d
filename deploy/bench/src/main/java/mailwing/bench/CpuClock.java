package mailwing.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.StringTokenizer;

/// Processor time of the server's processes, those that they have started and that are over too;
/// where they are not known, of everything on the machine but this process.
final class CpuClock {
  private static final double MILLIS_PER_TICK = 10;

  private final ServerProcesses processes;

  CpuClock(ServerProcesses processes) {
    this.processes = processes;
  }

  /// Spent up to now; nothing where the system does not tell.
  CpuTime now() {
    Map<String, Double> millis = new LinkedHashMap<>();
    try {
      if (processes.isEmpty()) {
        millis.put("machine", othersMillis());
      }
      for (ServerProcesses.Group group : processes.groups()) {
        double sum = 0;
        for (long pid : group.pids()) {
          sum += millis(pid);
        }
        millis.put(group.name(), sum);
      }
    } catch (IOException | NumberFormatException | NoSuchElementException e) {
      return new CpuTime(Map.of());
    }
    return new CpuTime(millis);
  }

  /// Its own and that of its children that are over; 0 where it is over itself.
  private static double millis(long pid) throws IOException {
    Path file = Path.of("/proc/" + pid + "/stat");
    if (!Files.exists(file)) {
      return 0;
    }
    String stat = Files.readString(file);
    // The second field is the name, in parentheses that it may hold too.
    StringTokenizer fields = new StringTokenizer(stat.substring(stat.lastIndexOf(')') + 1));
    for (int field = 3; field < 14; field++) {
      fields.nextToken();
    }
    double ticks = 0;
    for (int field = 14; field <= 17; field++) {
      ticks += Double.parseDouble(fields.nextToken());
    }
    return ticks * MILLIS_PER_TICK;
  }

  private static double othersMillis() throws IOException {
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
  }

  private static double ownMillis() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean own
        ? own.getProcessCpuTime() / 1e6
        : 0;
  }
}
