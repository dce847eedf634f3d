package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongSupplier;

/// Times what a workload does once, or some times, one after the other, and prints it as it comes.
///
/// @param workload the beginning of each step's name
record Steps(
    String workload, ProcessMemory memory, CpuClock clock, Report report, PrintWriter out) {
  private static final int AGAIN = 10;
  private static final long AGAIN_NANOS = 333_000_000;

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
    tell(name, command, times, nanos, read.getAsLong() - octets, clock.now().since(before));
  }

  /// What takes too little to be told from one time: up to ten times, for a third of a second, and
  /// the median of them.
  ///
  /// @param between what is done before each time, and not timed
  void again(String step, String command, LongSupplier read, Exchange between, Exchange exchange)
      throws IOException {
    String name = workload + "-" + step;
    memory.enter(name);
    CpuTime before = clock.now();
    long octets = read.getAsLong();
    long[] nanos = new long[AGAIN];
    int times = 0;
    for (long all = 0; times < AGAIN && all < AGAIN_NANOS; all += nanos[times++]) {
      between.run();
      long from = System.nanoTime();
      exchange.run();
      nanos[times] = System.nanoTime() - from;
    }
    Arrays.sort(nanos, 0, times);
    long median = nanos[times / 2];
    tell(
        name, command, times, times * median, read.getAsLong() - octets, clock.now().since(before));
  }

  private void tell(String name, String command, int times, long nanos, long octets, CpuTime cpu) {
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
