package mailwing.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// Processor time in milliseconds, by process.
record CpuTime(Map<String, Double> millis) {
  CpuTime {
    millis = Map.copyOf(millis);
  }

  /// What was spent since an earlier reading.
  CpuTime since(CpuTime earlier) {
    Map<String, Double> spent = new LinkedHashMap<>();
    millis.forEach((name, now) -> spent.put(name, now - earlier.millis.getOrDefault(name, 0.0)));
    return new CpuTime(spent);
  }

  double total() {
    return millis.isEmpty()
        ? Double.NaN
        : millis.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
