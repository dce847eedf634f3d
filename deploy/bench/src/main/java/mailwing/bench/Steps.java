package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/// Times what a workload does once, or some times, one after the other, and prints it as it comes.
///
/// @param workload the beginning of each step's name
record Steps(
    String workload, ProcessMemory memory, CpuClock clock, Report report, PrintWriter out) {
  /// What is timed.
  @FunctionalInterface
  interface Exchange {
    void run() throws IOException;
  }

  void time(String step, String command, LongSupplier read, Exchange exchange) throws IOException {
    time(step, command, 1, read, exchange);
  }

  /// @param times how many operations the exchange is
  /// @param read octets read so far
  void time(String step, String command, int times, LongSupplier read, Exchange exchange)
      throws IOException {
    String name = workload + "-" + step;
    memory.enter(name);
    CpuTime before = clock.now();
    long octets = read.getAsLong();
    long from = System.nanoTime();
    exchange.run();
    long nanos = System.nanoTime() - from;
    octets = read.getAsLong() - octets;
    CpuTime cpu = clock.now().since(before);
    report.add(
        name,
        command,
        new Measurement(
            times,
            nanos / 1e9,
            octets,
            0,
            cpu,
            new Measurement.Latencies(new long[] {nanos / times})));
    out.printf(
        Locale.ROOT,
        "%-32s %9.4f s %9.2f MB read, memory up to %.0f MB%n",
        name,
        nanos / 1e9 / times,
        octets / 1e6,
        memory.peakOfStep() / 1e6);
    out.flush();
  }
}
