package mailwing.bench;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What was measured, a row a workload in the order they came, medians of all runs by rate.
final class Report {
  private record Row(String name, String operation) {}

  private final Map<Row, List<Measurement>> runs = new LinkedHashMap<>();

  /// @param operation what one is
  void add(String name, String operation, Measurement measurement) {
    runs.computeIfAbsent(new Row(name, operation), row -> new ArrayList<>()).add(measurement);
  }

  /// What was measured last under this name.
  @Nullable Measurement last(String name) {
    return runs.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .map(entry -> entry.getValue().getLast())
        .findFirst()
        .orElse(null);
  }

  String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-24s %12s %9s %9s %9s %9s %10s %7s%n",
            "workload",
            "rate/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "MB/s",
            "cpu ms/op",
            "errors"));
    runs.forEach(
        (row, list) -> {
          Measurement m = median(list);
          text.append(
              String.format(
                  Locale.ROOT,
                  "%-24s %12.1f %9.2f %9.2f %9.2f %9.1f %10.3f %7d%n",
                  row.name(),
                  m.perSecond(),
                  m.latencies().quantileMillis(0.50),
                  m.latencies().quantileMillis(0.95),
                  m.latencies().quantileMillis(0.99),
                  m.megabytesPerSecond(),
                  m.cpuMillisPerOperation(),
                  m.errors()));
        });
    text.append(byProcess());
    return text.toString();
  }

  /// What each of the server's programs spent, and the load generator beside it, a line a workload.
  private String byProcess() {
    StringBuilder text = new StringBuilder();
    runs.forEach(
        (row, list) -> {
          Measurement m = median(list);
          text.append(String.format(Locale.ROOT, "%n%-24s cpu ms/op:", row.name()));
          m.cpu().byProgram().forEach((name, millis) -> each(text, name, millis, m.operations()));
          each(text, "(load generator)", m.cpu().generator(), m.operations());
        });
    return text.append(System.lineSeparator()).toString();
  }

  private static void each(StringBuilder text, String name, double millis, long operations) {
    text.append(String.format(Locale.ROOT, " %s %.4f", name, millis / Math.max(1, operations)));
  }

  /// `{"workloads": [{"name", "operation", "median": {...}, "runs": [{...}]}]}`; milliseconds,
  /// octets, seconds.
  String json() {
    JsonArrayBuilder workloads = Json.createArrayBuilder();
    runs.forEach(
        (row, list) -> {
          JsonArrayBuilder each = Json.createArrayBuilder();
          list.forEach(m -> each.add(json(m)));
          workloads.add(
              Json.createObjectBuilder()
                  .add("name", row.name())
                  .add("operation", row.operation())
                  .add("median", json(median(list)))
                  .add("runs", each));
        });
    return Json.createObjectBuilder().add("workloads", workloads).build().toString();
  }

  private static JsonObjectBuilder json(Measurement m) {
    JsonObjectBuilder object =
        Json.createObjectBuilder()
            .add("operations", m.operations())
            .add("seconds", m.seconds())
            .add("errors", m.errors());
    number(object, "per_second", m.perSecond());
    number(object, "octets_per_second", m.octets() / m.seconds());
    number(object, "p50_ms", m.latencies().quantileMillis(0.50));
    number(object, "p95_ms", m.latencies().quantileMillis(0.95));
    number(object, "p99_ms", m.latencies().quantileMillis(0.99));
    number(object, "cpu_ms_per_operation", m.cpuMillisPerOperation());
    return object;
  }

  private static void number(JsonObjectBuilder object, String key, double value) {
    if (Double.isFinite(value)) {
      object.add(key, value);
    }
  }

  private static Measurement median(List<Measurement> list) {
    List<Measurement> sorted = new ArrayList<>(list);
    sorted.sort(Comparator.comparingDouble(Measurement::perSecond));
    return sorted.get(sorted.size() / 2);
  }
}
