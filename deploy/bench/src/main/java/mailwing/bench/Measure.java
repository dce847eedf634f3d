package mailwing.bench;

/// What of a measurement is compared.
enum Measure {
  RATE("a second", true),
  MEGABYTES("MB/s", true),
  SECONDS("s", false),
  P50("ms", false),
  P99("ms", false),
  CPU("ms", false),
  MEMORY("KB", false);

  private final String unit;
  private final boolean moreIsBetter;

  Measure(String unit, boolean moreIsBetter) {
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
  }

  String unit() {
    return unit;
  }

  double of(Measurement m) {
    return switch (this) {
      case RATE -> m.perSecond();
      case MEGABYTES -> m.megabytesPerSecond();
      case SECONDS -> m.seconds() / m.operations();
      case P50 -> m.latencies().quantileMillis(0.50);
      case P99 -> m.latencies().quantileMillis(0.99);
      case CPU -> m.cpuMillisPerOperation();
      case MEMORY -> m.octets() / 1024.0 / m.operations();
    };
  }

  /// How many times as good ours is: as fast, or with as little.
  double ratio(double ours, double theirs) {
    return moreIsBetter ? ours / theirs : theirs / ours;
  }
}
