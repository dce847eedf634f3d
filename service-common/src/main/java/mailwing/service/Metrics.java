package mailwing.service;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/// A process's metrics in Prometheus' text form.
///
/// Labels are enums, so the number of series is known when the program is compiled. Recording costs
/// an addition; a name asked for twice (several gateways in one process) yields the same metric.
/// Units are base units: seconds, octets (`_bytes` in names, as Prometheus wants it).
public final class Metrics {
  /// A count that only grows.
  public static final class Counter {
    private final LongAdder count = new LongAdder();

    private Counter() {}

    public void increment() {
      count.increment();
    }

    public void add(long amount) {
      count.add(amount);
    }

    public long value() {
      return count.sum();
    }
  }

  /// A histogram of times.
  public static final class Timer {
    private static final long[] BOUNDS_NANOS = {
      100_000L,
      250_000L,
      500_000L,
      1_000_000L,
      2_500_000L,
      5_000_000L,
      10_000_000L,
      25_000_000L,
      50_000_000L,
      100_000_000L,
      250_000_000L,
      500_000_000L,
      1_000_000_000L,
      5_000_000_000L,
      30_000_000_000L
    };
    private final LongAdder[] buckets = new LongAdder[BOUNDS_NANOS.length + 1];
    private final LongAdder sumNanos = new LongAdder();

    private Timer() {
      for (int i = 0; i < buckets.length; i++) {
        buckets[i] = new LongAdder();
      }
    }

    /// Records the time since `startNanos` of `System.nanoTime()`.
    public void recordSince(long startNanos) {
      recordNanos(System.nanoTime() - startNanos);
    }

    public void recordNanos(long nanos) {
      int i = 0;
      while (i < BOUNDS_NANOS.length && nanos > BOUNDS_NANOS[i]) {
        i++;
      }
      buckets[i].increment();
      sumNanos.add(nanos);
    }

    public long count() {
      long count = 0;
      for (LongAdder bucket : buckets) {
        count += bucket.sum();
      }
      return count;
    }
  }

  /// One metric for each constant of an enum.
  public static final class By<L extends Enum<L>, M> {
    private final List<M> byOrdinal;

    private By(List<M> byOrdinal) {
      this.byOrdinal = byOrdinal;
    }

    // An index is all that the hot path may cost.
    @SuppressWarnings("EnumOrdinal")
    public M get(L label) {
      return byOrdinal.get(label.ordinal());
    }
  }

  /// One metric for each pair of constants.
  public static final class ByTwo<A extends Enum<A>, B extends Enum<B>, M> {
    private final List<By<B, M>> byOrdinal;

    private ByTwo(List<By<B, M>> byOrdinal) {
      this.byOrdinal = byOrdinal;
    }

    // As above.
    @SuppressWarnings("EnumOrdinal")
    public M get(A first, B second) {
      return byOrdinal.get(first.ordinal()).get(second);
    }
  }

  // Compared by identity: each is added and taken away alone.
  private static final class Series {
    private final String labels;
    private final Object metric;

    Series(String labels, Object metric) {
      this.labels = labels;
      this.metric = metric;
    }
  }

  private record Family(String type, String help, Object handle, List<Series> series) {}

  private final Map<String, Family> families = new ConcurrentSkipListMap<>();

  public Counter counter(String name, String help) {
    return single(name, help, "counter", Counter::new, Counter.class);
  }

  public <L extends Enum<L>> By<L, Counter> counter(
      String name, String help, String label, Class<L> labels) {
    return by(name, help, "counter", label, labels, Counter::new);
  }

  public <A extends Enum<A>, B extends Enum<B>> ByTwo<A, B, Counter> counter(
      String name, String help, String label1, Class<A> labels1, String label2, Class<B> labels2) {
    return byTwo(name, help, "counter", label1, labels1, label2, labels2, Counter::new);
  }

  public Timer timer(String name, String help) {
    return single(name, help, "histogram", Timer::new, Timer.class);
  }

  public <L extends Enum<L>> By<L, Timer> timer(
      String name, String help, String label, Class<L> labels) {
    return by(name, help, "histogram", label, labels, Timer::new);
  }

  public <A extends Enum<A>, B extends Enum<B>> ByTwo<A, B, Timer> timer(
      String name, String help, String label1, Class<A> labels1, String label2, Class<B> labels2) {
    return byTwo(name, help, "histogram", label1, labels1, label2, labels2, Timer::new);
  }

  /// A value read when it is asked for. Several under one name are added up; closing takes this one
  /// away.
  public AutoCloseable gauge(String name, String help, DoubleSupplier value) {
    return gauge(name, help, "", value);
  }

  public <L extends Enum<L>> AutoCloseable gauge(
      String name, String help, String label, L constant, DoubleSupplier value) {
    return gauge(name, help, pair(label, constant), value);
  }

  private AutoCloseable gauge(String name, String help, String labels, DoubleSupplier value) {
    Family family =
        families.computeIfAbsent(
            name, k -> new Family("gauge", help, "gauge", new CopyOnWriteArrayList<>()));
    Series series = new Series(labels, value);
    family.series.add(series);
    return () -> family.series.remove(series);
  }

  private <M> M single(
      String name, String help, String type, Supplier<M> maker, Class<M> metricType) {
    Family family =
        families.computeIfAbsent(
            name,
            k -> {
              M metric = maker.get();
              return new Family(type, help, metric, List.of(new Series("", metric)));
            });
    return metricType.cast(family.handle);
  }

  // One name is asked for with one set of labels.
  @SuppressWarnings("unchecked")
  private <L extends Enum<L>, M> By<L, M> by(
      String name, String help, String type, String label, Class<L> labels, Supplier<M> maker) {
    Family family =
        families.computeIfAbsent(
            name,
            k -> {
              List<Series> series = new ArrayList<>();
              return new Family(type, help, by("", label, labels, maker, series), series);
            });
    return (By<L, M>) family.handle;
  }

  // One name is asked for with one set of labels.
  @SuppressWarnings("unchecked")
  private <A extends Enum<A>, B extends Enum<B>, M> ByTwo<A, B, M> byTwo(
      String name,
      String help,
      String type,
      String label1,
      Class<A> labels1,
      String label2,
      Class<B> labels2,
      Supplier<M> maker) {
    Family family =
        families.computeIfAbsent(
            name,
            k -> {
              List<Series> series = new ArrayList<>();
              List<By<B, M>> firsts = new ArrayList<>();
              for (A first : labels1.getEnumConstants()) {
                firsts.add(by(pair(label1, first) + ",", label2, labels2, maker, series));
              }
              return new Family(type, help, new ByTwo<A, B, M>(firsts), series);
            });
    return (ByTwo<A, B, M>) family.handle;
  }

  private static <L extends Enum<L>, M> By<L, M> by(
      String before, String label, Class<L> labels, Supplier<M> maker, List<Series> series) {
    List<M> metrics = new ArrayList<>();
    for (L constant : labels.getEnumConstants()) {
      M metric = maker.get();
      metrics.add(metric);
      series.add(new Series(before + pair(label, constant), metric));
    }
    return new By<>(metrics);
  }

  private static String pair(String label, Enum<?> constant) {
    return label + "=\"" + constant.name().toLowerCase(Locale.ROOT) + "\"";
  }

  /// The text that `/metrics` answers (text/plain; version=0.0.4).
  public String exposition() {
    StringBuilder out = new StringBuilder(8192);
    families.forEach(
        (name, family) -> {
          out.append("# HELP ").append(name).append(' ').append(family.help).append('\n');
          out.append("# TYPE ").append(name).append(' ').append(family.type).append('\n');
          if (family.type.equals("gauge")) {
            gauges(out, name, family);
          } else {
            for (Series series : family.series) {
              if (series.metric instanceof Counter counter) {
                line(out, name, series.labels, (double) counter.value());
              } else if (series.metric instanceof Timer timer) {
                histogram(out, name, series.labels, timer);
              }
            }
          }
        });
    return out.toString();
  }

  private static void gauges(StringBuilder out, String name, Family family) {
    Map<String, Double> sums = new ConcurrentSkipListMap<>();
    for (Series series : family.series) {
      if (series.metric instanceof DoubleSupplier supplier) {
        sums.merge(series.labels, supplier.getAsDouble(), Double::sum);
      }
    }
    sums.forEach((labels, value) -> line(out, name, labels, value));
  }

  private static void histogram(StringBuilder out, String name, String labels, Timer timer) {
    String before = labels.isEmpty() ? "" : labels + ",";
    long cumulative = 0;
    for (int i = 0; i < Timer.BOUNDS_NANOS.length; i++) {
      cumulative += timer.buckets[i].sum();
      double bound = (double) Timer.BOUNDS_NANOS[i] / TimeUnit.SECONDS.toNanos(1);
      line(out, name + "_bucket", before + "le=\"" + bound + "\"", (double) cumulative);
    }
    cumulative += timer.buckets[Timer.BOUNDS_NANOS.length].sum();
    line(out, name + "_bucket", before + "le=\"+Inf\"", (double) cumulative);
    line(out, name + "_sum", labels, (double) timer.sumNanos.sum() / TimeUnit.SECONDS.toNanos(1));
    line(out, name + "_count", labels, (double) cumulative);
  }

  private static void line(StringBuilder out, String name, String labels, double value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ');
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value);
    } else {
      out.append(value);
    }
    out.append('\n');
  }
}
