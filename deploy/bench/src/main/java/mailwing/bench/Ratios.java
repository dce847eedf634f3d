package mailwing.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The published figures, deploy/bench/ratios.csv: the one place that the table in
/// docs/performance.md is made of and that `--check` compares with.
final class Ratios {
  private static final String HEAD =
      "row,ours,theirs,ratio,spread,cpu-ours,cpu-theirs,other-processes";
  private static final String BEGIN =
      "<!-- made by bench --publish from deploy/bench/ratios.csv -->";
  private static final String END = "<!-- end of the table -->";

  private final Map<String, Figures> rows = new LinkedHashMap<>();
  private String about = "";

  /// Those of the file; none where it is not there.
  static Ratios read(Path file) throws IOException {
    Ratios ratios = new Ratios();
    if (!Files.exists(file)) {
      return ratios;
    }
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("# ")) {
        ratios.about = line.substring(2);
      } else if (!line.isBlank() && !line.equals(HEAD)) {
        int comma = line.indexOf(',');
        ratios.rows.put(line.substring(0, comma), Figures.parse(line.substring(comma + 1)));
      }
    }
    return ratios;
  }

  @Nullable Figures of(TableRow row) {
    return rows.get(row.id());
  }

  void put(TableRow row, Figures figures) {
    rows.put(row.id(), figures);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /// @param text where and how it was measured, one line
  void describe(String text) {
    about = text;
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("# " + about);
    lines.add(HEAD);
    for (TableRow row : TableRow.ALL) {
      Figures figures = rows.get(row.id());
      if (figures != null) {
        lines.add(row.id() + "," + figures.line());
      }
    }
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  /// The table in Markdown, with a line before it that says where and how it was measured.
  String table() {
    StringBuilder text = new StringBuilder();
    text.append(about).append("\n\n");
    text.append("| work | ours | theirs | ratio | CPU ms an operation, ours / theirs | goal |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (TableRow row : TableRow.ALL) {
      Figures figures = rows.get(row.id());
      if (figures != null) {
        text.append(line(row, figures));
      }
    }
    return text.toString();
  }

  private static String line(TableRow row, Figures f) {
    return "| "
        + row.work()
        + ", "
        + row.measure().unit()
        + " | "
        + Figures.number(f.ours())
        + " | "
        + Figures.number(f.theirs())
        + " | "
        + Figures.number(f.ratio())
        + " ± "
        + Math.round(100 * f.spread())
        + " %"
        + (f.disturbed() ? " \\*" : "")
        + " | "
        + Figures.number(f.cpuOurs())
        + " / "
        + Figures.number(f.cpuTheirs())
        + " | "
        + row.goal().text(row.measure())
        + (row.goal().isReached(f) ? "" : ", **not yet**")
        + " |\n";
  }

  /// The page with its table replaced by this one.
  String in(String page) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("the page has no place for the table: " + BEGIN);
    }
    return page.substring(0, begin + BEGIN.length()) + "\n" + table() + page.substring(end);
  }
}
