package mailwing.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// Processor time of the server's processes, those that they have started and that are over too;
/// where they are not known, of everything on the machine but this process.
final class CpuClock {
  private final ServerProcesses processes;

  CpuClock(ServerProcesses processes) {
    this.processes = processes;
  }

  /// Spent up to now; nothing where the system does not tell.
  CpuTime now() {
    if (processes.isEmpty()) {
      double own = Machine.ownMillis();
      double others = Machine.busyMillis() - own;
      return new CpuTime(Double.isNaN(others) ? Map.of() : Map.of("machine", others), own);
    }
    Map<String, Double> millis = new LinkedHashMap<>();
    processes.groups().forEach(group -> millis.put(group.name(), group.cpuMillis()));
    return new CpuTime(millis, Machine.ownMillis());
  }
}
