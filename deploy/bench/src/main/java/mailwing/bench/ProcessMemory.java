package mailwing.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Watches the memory of processes and of all that they started: the proportional set size of
/// /proc, which counts what several share once. A process that was started by the one asked for has
/// a row of its own, with all that it started.
final class ProcessMemory implements AutoCloseable {
  private static final int PAUSE_MILLIS = 200;

  private final List<Long> roots;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Map<Long, String> names = new HashMap<>();
  private final Thread watcher;
  private String step = "start";
  private long peakOfStep;

  private static final class Row {
    private long start;
    private long peak;
    private String step = "";
  }

  ProcessMemory(List<Long> roots) {
    this.roots = roots;
    look();
    watcher = Thread.ofPlatform().daemon().name("memory").start(this::watch);
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      look();
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /// What comes now is counted as part of this step.
  synchronized void enter(String name) {
    step = name;
    peakOfStep = 0;
    look();
  }

  /// The most that all took together since the step was entered, in octets; 0 if nobody is watched.
  synchronized long peakOfStep() {
    look();
    return peakOfStep;
  }

  private synchronized void look() {
    long all = 0;
    for (long root : roots) {
      ProcessHandle handle = ProcessHandle.of(root).orElse(null);
      if (handle == null) {
        continue;
      }
      all += count(root, pss(root));
      for (ProcessHandle child : handle.children().toList()) {
        try (Stream<ProcessHandle> below = child.descendants()) {
          all += count(child.pid(), pss(child.pid()) + below.mapToLong(p -> pss(p.pid())).sum());
        }
      }
    }
    peakOfStep = Math.max(peakOfStep, all);
  }

  private long count(long pid, long octets) {
    Row row =
        rows.computeIfAbsent(
            names.computeIfAbsent(pid, ProcessMemory::name),
            n -> {
              Row first = new Row();
              first.start = octets;
              return first;
            });
    if (octets > row.peak) {
      row.peak = octets;
      row.step = step;
    }
    return octets;
  }

  /// 0 where it has ended or is not ours to ask.
  private static long pss(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
        if (line.startsWith("Pss:")) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
    return 0;
  }

  /// The program's name or, of a JVM, the main class's, and the process id.
  private static String name(long pid) {
    String name = "process";
    try {
      List<String> words =
          List.of(
              Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                  .split("\0"));
      name = lastName(words.getFirst(), '/');
      if (name.equals("java")) {
        List<String> arguments = new ArrayList<>(words.subList(1, words.size()));
        while (!arguments.isEmpty() && arguments.getFirst().startsWith("-")) {
          boolean takesNext = List.of("-cp", "-classpath", "-p").contains(arguments.removeFirst());
          if (takesNext && !arguments.isEmpty()) {
            arguments.removeFirst();
          }
        }
        name = arguments.isEmpty() ? name : lastName(arguments.getFirst(), '.');
      }
    } catch (IOException e) {
      // It goes by its number.
    }
    return name + " " + pid;
  }

  private static String lastName(String text, char separator) {
    return text.substring(text.lastIndexOf(separator) + 1);
  }

  /// A row a process: megabytes at the start, the most there was, and when.
  synchronized String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT, "%-28s %10s %10s  %s%n", "memory (PSS)", "start MB", "peak MB", "in"));
    rows.forEach(
        (name, row) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%-28s %10.0f %10.0f  %s%n",
                    name,
                    row.start / 1e6,
                    row.peak / 1e6,
                    row.step)));
    return text.toString();
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}
