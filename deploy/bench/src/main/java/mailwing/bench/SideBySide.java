package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Measures two servers in one go: each workload ours, theirs, ours, theirs, ..., each run after
/// the machine has come to rest. A run in which others than the load generator and the server took
/// too much of the machine is done again, and if that does not help, marked.
final class SideBySide {
  /// What other processes may take of the machine.
  private static final double OTHERS_AT_MOST = 0.15;

  private final Side ours;
  private final Side theirs;
  private final int runs;
  private final int largeMessages;
  private final double patienceSeconds;
  private final int again;
  private final PrintWriter out;
  private final Map<TableRow, Figures> rows = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  /// @param patienceSeconds how long to wait for the machine to come to rest before a run
  /// @param again how often a disturbed run is done again
  SideBySide(
      Side ours,
      Side theirs,
      int runs,
      int largeMessages,
      double patienceSeconds,
      int again,
      PrintWriter out) {
    this.ours = ours;
    this.theirs = theirs;
    this.runs = runs;
    this.largeMessages = largeMessages;
    this.patienceSeconds = patienceSeconds;
    this.again = again;
    this.out = out;
  }

  /// What one run measured, by the names of the rows' workloads.
  private record Run(Map<String, Measurement> measured, double others) {}

  private interface Work {
    Map<String, Measurement> run(Side side) throws IOException, InterruptedException;
  }

  /// The figures of each row that is measured by one of the workloads, in the order of the table.
  Map<TableRow, Figures> measure(List<Workload> workloads, boolean large)
      throws IOException, InterruptedException {
    if (workloads.stream().anyMatch(Workload::reads)) {
      ours.fill();
      theirs.fill();
    }
    for (Workload workload : workloads) {
      compare(
          workload.commandLineName(),
          TableRow.ALL.stream()
              .filter(row -> row.workload().equals(workload.commandLineName()))
              .toList(),
          side -> Map.of(workload.commandLineName(), workload.run(side.target(), side.options())));
    }
    if (large) {
      compare(
          LargeWorkload.NAME,
          TableRow.ALL.stream().filter(TableRow::isLarge).toList(),
          this::large);
    }
    return rows;
  }

  /// What went wrong, a line each; nothing of it is among the figures.
  List<String> failures() {
    return failures;
  }

  private Map<String, Measurement> large(Side side) throws IOException, InterruptedException {
    Report report = new Report();
    new LargeWorkload(side.target(), side.options(), largeMessages, patienceSeconds)
        .ofTable(report);
    Map<String, Measurement> measured = new LinkedHashMap<>();
    for (TableRow row : TableRow.ALL) {
      Measurement step = report.last(row.workload());
      if (step != null) {
        measured.put(row.workload(), step);
      }
    }
    return measured;
  }

  private void compare(String name, List<TableRow> compared, Work work)
      throws InterruptedException {
    if (compared.isEmpty()) {
      return;
    }
    Map<String, List<Measurement>> our = new LinkedHashMap<>();
    Map<String, List<Measurement>> their = new LinkedHashMap<>();
    boolean disturbed = false;
    try {
      for (int n = 1; n <= runs; n++) {
        Run one = quietly(name, n, ours, work);
        Run other = quietly(name, n, theirs, work);
        add(our, one);
        add(their, other);
        disturbed |= one.others() > OTHERS_AT_MOST || other.others() > OTHERS_AT_MOST;
      }
    } catch (IOException e) {
      failures.add(name + ": " + e.getMessage());
      out.println(failures.getLast());
      return;
    }
    for (TableRow row : compared) {
      List<Measurement> a = our.getOrDefault(row.workload(), List.of());
      List<Measurement> b = their.getOrDefault(row.workload(), List.of());
      if (a.size() == runs && b.size() == runs) {
        rows.put(row, Figures.of(row.measure(), a, b, disturbed));
      }
    }
  }

  private static void add(Map<String, List<Measurement>> all, Run run) {
    run.measured().forEach((name, m) -> all.computeIfAbsent(name, key -> new ArrayList<>()).add(m));
  }

  /// The least disturbed of some tries.
  private Run quietly(String name, int number, Side side, Work work)
      throws IOException, InterruptedException {
    Run best = null;
    int tries = name.equals(LargeWorkload.NAME) ? 1 : 1 + again;
    for (int attempt = 1; best == null || attempt <= tries; attempt++) {
      Machine.awaitRest(patienceSeconds);
      Run run = once(side, work);
      Measurement told = run.measured().get(name);
      out.printf(
          Locale.ROOT,
          "%s, run %d of %d, %s: %s, other processes %.0f %% of the machine%n",
          name,
          number,
          runs,
          side.name(),
          told == null ? "done" : Figures.number(told.perSecond()) + " a second",
          100 * run.others());
      best = quieter(best, run);
      if (!(run.others() > OTHERS_AT_MOST)) {
        return run;
      }
    }
    return best;
  }

  private static Run quieter(@Nullable Run before, Run now) {
    return before == null || now.others() < before.others() ? now : before;
  }

  private static Run once(Side side, Work work) throws IOException, InterruptedException {
    try {
      CpuTime server = side.options().clock().now();
      double busy = Machine.busyMillis();
      double own = Machine.ownMillis();
      long from = System.nanoTime();
      Map<String, Measurement> measured = work.run(side);
      double others =
          Machine.busyMillis()
              - busy
              - (Machine.ownMillis() - own)
              - side.options().clock().now().since(server).total();
      double millis = (System.nanoTime() - from) / 1e6 * Machine.processors();
      return new Run(measured, Math.max(0, others / millis));
    } catch (IOException e) {
      throw new IOException(side.name() + ": " + e.getMessage(), e);
    }
  }
}
