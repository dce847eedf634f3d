package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Figures, their file and the table of docs/performance.md.
class RatiosTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void thePageShowsThePublishedRatios() throws IOException {
    Path root = Path.of("../..");
    Path file = root.resolve("docs/performance.md");
    String page = Files.readString(file);
    String made = Ratios.read(root.resolve("deploy/bench/ratios.csv")).in(page);
    if (Boolean.getBoolean("mailwing.write-docs")) {
      Files.writeString(file, made);
    }
    assertThat(Files.readString(file))
        .as("docs/performance.md, made anew with -Dmailwing.write-docs=true")
        .isEqualTo(made);
  }

  @Test
  void figuresAreMediansAndTheSpreadIsOfRunsBesideEachOther() {
    Figures rates =
        Figures.of(
            Measure.RATE,
            List.of(rate(100, 50), rate(300, 60), rate(220, 20)),
            List.of(rate(100, 10), rate(120, 10), rate(100, 10)),
            false);
    assertThat(rates.ours()).isCloseTo(220, within(1e-9));
    assertThat(rates.theirs()).isCloseTo(100, within(1e-9));
    assertThat(rates.ratio()).isCloseTo(2.2, within(1e-9));
    assertThat(rates.spread()).isCloseTo(1 - 1 / 2.2, within(1e-9));
  }

  @Test
  void lessTimeIsTheBetterRatio() {
    Figures times = Figures.of(Measure.SECONDS, List.of(rate(4, 1)), List.of(rate(0.5, 1)), true);
    assertThat(times.ours()).isEqualTo(0.25);
    assertThat(times.ratio()).isEqualTo(8);
    assertThat(times.disturbed()).isTrue();
  }

  @Test
  void memoryIsToldForEachSession() {
    Measurement ours = memory(5000, 5000L * 36 * 1024);
    Measurement theirs = memory(1000, 1000L * 576 * 1024);
    Figures figures = Figures.of(Measure.MEMORY, List.of(ours), List.of(theirs), false);
    assertThat(figures.ours()).isEqualTo(36);
    assertThat(figures.ratio()).isEqualTo(16);
    assertThat(figures.spread()).isZero();
    Ratios ratios = new Ratios();
    ratios.put(TableRow.IDLE_MEMORY, figures);
    assertThat(ratios.table())
        .contains("without, KB | 36 | 576 | 16 ± 0 %")
        .contains("ours ≤ 40 KB |\n");
  }

  private static Measurement memory(long sessions, long octets) {
    return new Measurement(
        sessions,
        1,
        octets,
        0,
        new CpuTime(Map.of("server", 1.0), 0),
        new Measurement.Latencies(new long[] {1}));
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = directory.resolve("ratios.csv");
    TableRow first = TableRow.ALL.getFirst();
    TableRow last = TableRow.ALL.get(TableRow.ALL.size() - 2);
    Ratios written = new Ratios();
    written.describe("a quiet day");
    written.put(last, new Figures(4120, 4000, 1.03, 0.02, 0.39, Double.NaN, true));
    written.put(first, new Figures(1800, 300, 6, 0.05, 1.1, 5.9, false));
    written.write(file);

    Ratios read = Ratios.read(file);
    assertThat(read.table()).isEqualTo(written.table());
    Figures figures = Objects.requireNonNull(read.of(last));
    assertThat(figures.ratio()).isEqualTo(1.03);
    assertThat(figures.cpuTheirs()).isNaN();
    assertThat(figures.disturbed()).isTrue();
    assertThat(read.table())
        .startsWith("a quiet day\n")
        .contains("| 1,800 | 300 | 6 ± 5 % | 1.1 / 5.9 | ≥ 6 |\n")
        .contains("| 4,120 | 4,000 | 1.03 ± 2 % \\* | 0.39 / – | ≥ 1 |\n");
  }

  @Test
  void aRowThatHasNotReachedItsGoalSaysSo() {
    Ratios ratios = new Ratios();
    ratios.put(TableRow.ALL.getFirst(), new Figures(900, 300, 3, 0, 1, 1, false));
    assertThat(ratios.table()).contains("≥ 6, **not yet** |");
  }

  @Test
  void everyRowIsMeasuredBySomething() {
    assertThat(TableRow.ALL)
        .allMatch(
            row -> row.isLarge() || row.named().isPresent() || row.equals(TableRow.IDLE_MEMORY));
    assertThat(TableRow.ALL).extracting(TableRow::id).doesNotHaveDuplicates();
  }

  @Test
  void aProcessThatHasEndedIsCountedByWhoStartedIt() {
    CpuTime before =
        new CpuTime(Map.of("master 1", 10.0, "worker 2", 500.0, "worker 3", 100.0), 40);
    CpuTime after = new CpuTime(Map.of("master 1", 560.0, "worker 3", 130.0), 45);
    CpuTime spent = after.since(before);
    assertThat(spent.total()).isEqualTo(80);
    assertThat(spent.generator()).isEqualTo(5);
    assertThat(spent.byProgram()).containsEntry("master", 550.0).containsEntry("worker", -470.0);
  }

  private static Offset<Double> within(double value) {
    return Offset.offset(value);
  }

  /// @param perSecond operations in a second, of so many processor milliseconds each
  private static Measurement rate(double perSecond, double cpu) {
    long operations = 1000;
    return new Measurement(
        operations,
        operations / perSecond,
        0,
        0,
        new CpuTime(Map.of("server", cpu * operations), 0),
        new Measurement.Latencies(new long[] {1}));
  }
}
