package mailwing.bench;

import java.util.Arrays;

/// What one run of a workload measured.
///
/// @param operations finished in the measured time
/// @param seconds the measured time
/// @param cpu processor time of the server
/// @param latencies nanoseconds of each operation, ascending
record Measurement(
    long operations, double seconds, long octets, long errors, CpuTime cpu, Latencies latencies) {

  double perSecond() {
    return operations / seconds;
  }

  double cpuMillisPerOperation() {
    return operations == 0 ? Double.NaN : cpu.total() / operations;
  }

  double megabytesPerSecond() {
    return octets / seconds / 1e6;
  }

  /// Sorted nanoseconds, behind a class since an array is no record component.
  static final class Latencies {
    private final long[] nanos;

    Latencies(long[] unsorted) {
      nanos = unsorted.clone();
      Arrays.sort(nanos);
    }

    /// Milliseconds below which the given share (0 to 1) of all operations finished.
    double quantileMillis(double share) {
      if (nanos.length == 0) {
        return Double.NaN;
      }
      int index = (int) Math.min(nanos.length - 1L, Math.round(share * (nanos.length - 1)));
      return nanos[index] / 1e6;
    }
  }
}
