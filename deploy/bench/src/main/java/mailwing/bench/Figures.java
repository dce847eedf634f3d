package mailwing.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What a row of the table came to: medians of alternating runs.
///
/// @param ratio how many times as good ours is
/// @param spread how far the ratio of one run, to the run beside it, is from the median at most, as
///   a share of it
/// @param cpuOurs processor milliseconds an operation
/// @param disturbed other processes took more of the machine than they may
record Figures(
    double ours,
    double theirs,
    double ratio,
    double spread,
    double cpuOurs,
    double cpuTheirs,
    boolean disturbed) {

  /// From runs that alternated: the first of ours, the first of theirs, the second of ours, ...
  static Figures of(
      Measure measure, List<Measurement> ours, List<Measurement> theirs, boolean disturbed) {
    double ratio = measure.ratio(median(measure, ours), median(measure, theirs));
    double spread = 0;
    for (int i = 0; i < ours.size(); i++) {
      double one = measure.ratio(measure.of(ours.get(i)), measure.of(theirs.get(i)));
      spread = Math.max(spread, Math.abs(one / ratio - 1));
    }
    return new Figures(
        median(measure, ours),
        median(measure, theirs),
        ratio,
        spread,
        median(Measure.CPU, ours),
        median(Measure.CPU, theirs),
        disturbed);
  }

  private static double median(Measure measure, List<Measurement> runs) {
    double[] values = runs.stream().mapToDouble(measure::of).sorted().toArray();
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  /// As short as three digits tell it, thousands apart.
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (size >= 100) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    int decimals = size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return text.replaceFirst("\\.?0+$", "");
  }

  /// Fields of a line of the file of ratios, after the row's name.
  String line() {
    return String.join(
        ",",
        exact(ours),
        exact(theirs),
        exact(ratio),
        exact(spread),
        exact(cpuOurs),
        exact(cpuTheirs),
        disturbed ? "disturbed" : "quiet");
  }

  private static String exact(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4g", value) : "";
  }

  static Figures parse(String line) {
    double[] values =
        Arrays.stream(line.split(",", -1))
            .limit(6)
            .mapToDouble(field -> field.isEmpty() ? Double.NaN : Double.parseDouble(field))
            .toArray();
    if (values.length < 6) {
      throw new IllegalArgumentException("six numbers are needed: " + line);
    }
    return new Figures(
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        line.endsWith(",disturbed"));
  }
}
