package mailwing.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Watches the memory of processes and of all that they started: the proportional set size of
/// /proc, which counts what several share once.
final class ProcessMemory implements AutoCloseable {
  private static final int PAUSE_MILLIS = 200;

  private final ServerProcesses processes;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Thread watcher;
  private String step = "start";
  private long peakOfStep;

  private static final class Row {
    private long start;
    private long peak;
    private String step = "";
  }

  ProcessMemory(ServerProcesses processes) {
    this.processes = processes;
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
    for (ServerProcesses.Group group : processes.groups()) {
      long octets = group.pids().stream().mapToLong(ProcessMemory::pss).sum();
      count(group.name(), octets);
      all += octets;
    }
    peakOfStep = Math.max(peakOfStep, all);
  }

  private void count(String name, long octets) {
    Row row =
        rows.computeIfAbsent(
            name,
            n -> {
              Row first = new Row();
              first.start = octets;
              return first;
            });
    if (octets > row.peak) {
      row.peak = octets;
      row.step = step;
    }
  }

  /// What each takes at this moment, in octets.
  static Map<String, Long> now(ServerProcesses processes) {
    Map<String, Long> octets = new LinkedHashMap<>();
    for (ServerProcesses.Group group : processes.groups()) {
      octets.put(group.name(), group.pids().stream().mapToLong(ProcessMemory::pss).sum());
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
