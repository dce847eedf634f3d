package mailwing.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// Processor time in milliseconds, by process of the server.
///
/// @param generator what the load generator took of the same processors, which is nobody's cost
record CpuTime(Map<String, Double> millis, double generator) {
  CpuTime {
    millis = Map.copyOf(millis);
  }

  /// What was spent since an earlier reading. A process that has ended since is less than nothing:
  /// who started it counts all that it ever spent from then on.
  CpuTime since(CpuTime earlier) {
    Map<String, Double> spent = new LinkedHashMap<>();
    millis.forEach((name, now) -> spent.put(name, now - earlier.millis.getOrDefault(name, 0.0)));
    earlier.millis.forEach((name, before) -> spent.putIfAbsent(name, -before));
    return new CpuTime(spent, generator - earlier.generator);
  }

  /// By the program's name without its process id, and in its order: a server may be hundreds of
  /// processes.
  Map<String, Double> byProgram() {
    Map<String, Double> sums = new TreeMap<>();
    millis.forEach(
        (name, spent) ->
            sums.merge(
                name.indexOf(' ') < 0 ? name : name.substring(0, name.lastIndexOf(' ')),
                spent,
                Double::sum));
    return sums;
  }

  double total() {
    return millis.isEmpty()
        ? Double.NaN
        : millis.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
