package mailwing.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/// Runs an operation over and over on a number of connections, each on a thread of its own: for a
/// time, after a warm-up that is not counted, or a number of times.
///
/// All connections are open before the first operation, and stay open from one round of operations
/// to the next.
final class ClosedLoop implements AutoCloseable {

  /// One connection's work.
  interface Client extends AutoCloseable {
    /// Does one operation and answers how many octets it moved.
    long operate() throws IOException;

    @Override
    void close() throws IOException;
  }

  /// Opens connection number `index`, from 0.
  interface Opening {
    Client open(int index) throws IOException;
  }

  /// How long all connections together may be silent. They wait for answers without a timeout of
  /// their own, which would cost a system call an answer.
  private static final long PATIENCE_SECONDS = 600;

  private static final Duration CLOSING = Duration.ofSeconds(10);

  /// Up to so many connections have a thread of the system's each: its read is one system call,
  /// where a virtual thread's is three and a turn of the poller.
  private static final int SYSTEM_THREADS = 200;

  private final AtomicReference<IOException> failure = new AtomicReference<>();
  private final List<Recorder> recorders = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  /// Where all meet: when the last connection is open, and at the beginning and end of each round.
  private final Phaser meeting = new Phaser(1);

  private volatile int times = Integer.MAX_VALUE;
  private volatile long from = Long.MAX_VALUE;
  private volatile long until = Long.MAX_VALUE;
  private volatile boolean over;
  private boolean thrown;

  private ClosedLoop() {}

  /// Opens the connections and does nothing with them yet.
  static ClosedLoop open(int connections, Opening opening)
      throws IOException, InterruptedException {
    ClosedLoop loop = new ClosedLoop();
    loop.meeting.bulkRegister(connections);
    for (int i = 0; i < connections; i++) {
      int index = i;
      Recorder recorder = new Recorder();
      loop.recorders.add(recorder);
      loop.threads.add(
          threads(connections).start(() -> loop.rounds(() -> opening.open(index), recorder)));
    }
    try {
      loop.meet();
      return loop;
    } catch (IOException | InterruptedException e) {
      loop.abandon();
      throw e;
    }
  }

  /// For as long as the options say.
  static Measurement run(int connections, Options options, Opening opening)
      throws IOException, InterruptedException {
    try (ClosedLoop loop = open(connections, opening)) {
      loop.meet();
      sleep(options.warmUpSeconds());
      CpuTime before = options.clock().now();
      loop.from = System.nanoTime();
      sleep(options.seconds());
      loop.until = System.nanoTime();
      CpuTime cpu = options.clock().now().since(before);
      loop.meet();
      return loop.measurement((loop.until - loop.from) / 1e9, cpu);
    }
  }

  /// Each connection so many times, without a warm-up; the time is until the last of them is done.
  static Measurement once(int connections, int times, Options options, Opening opening)
      throws IOException, InterruptedException {
    try (ClosedLoop loop = open(connections, opening)) {
      loop.times = times;
      CpuTime before = options.clock().now();
      loop.from = System.nanoTime();
      loop.meet();
      loop.meet();
      double seconds = (System.nanoTime() - loop.from) / 1e9;
      return loop.measurement(seconds, options.clock().now().since(before));
    }
  }

  /// One round: operations are begun for so long, and all that were begun are ended.
  void during(double seconds) throws IOException, InterruptedException {
    until = Long.MAX_VALUE;
    recorders.forEach(Recorder::clear);
    from = System.nanoTime();
    meet();
    sleep(seconds);
    until = System.nanoTime();
    meet();
  }

  /// What the last round moved and how long its operations took.
  Measurement measurement(double seconds, CpuTime cpu) {
    int count = recorders.stream().mapToInt(r -> r.count).sum();
    long[] all = new long[count];
    int at = 0;
    long octets = 0;
    for (Recorder recorder : recorders) {
      System.arraycopy(recorder.nanos, 0, all, at, recorder.count);
      at += recorder.count;
      octets += recorder.octets;
    }
    return new Measurement(count, seconds, octets, 0, cpu, new Measurement.Latencies(all));
  }

  /// Makes threads for so many connections.
  static Thread.Builder threads(int connections) {
    return connections <= SYSTEM_THREADS ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
  }

  private static void sleep(double seconds) throws InterruptedException {
    Thread.sleep((long) (seconds * 1000));
  }

  private interface Connecting {
    Client open() throws IOException;
  }

  /// A connection's life: it meets the others when it is open, and then before and after each
  /// round.
  private void rounds(Connecting connecting, Recorder recorder) {
    try (Client client = connecting.open()) {
      meeting.arriveAndAwaitAdvance();
      while (true) {
        meeting.arriveAndAwaitAdvance();
        if (over) {
          return;
        }
        round(client, recorder);
        meeting.arriveAndAwaitAdvance();
      }
    } catch (IOException e) {
      failure.compareAndSet(null, e);
    } catch (RuntimeException e) {
      failure.compareAndSet(null, new IOException(e));
    } finally {
      meeting.arriveAndDeregister();
    }
  }

  private void round(Client client, Recorder recorder) throws IOException {
    for (int n = 0; n < times && failure.get() == null; n++) {
      long before = System.nanoTime();
      if (before >= until) {
        return;
      }
      long moved = client.operate();
      long after = System.nanoTime();
      if (after >= from && after < until) {
        recorder.add(after - before, moved);
      }
    }
  }

  /// Waits until all connections are where this one is, and throws what one of them threw.
  private void meet() throws IOException, InterruptedException {
    try {
      meeting.awaitAdvanceInterruptibly(meeting.arrive(), PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      failure.compareAndSet(
          null, new IOException("no answer came for " + PATIENCE_SECONDS + " seconds", e));
    }
    rethrow();
  }

  /// Throws what went wrong, once.
  private void rethrow() throws IOException {
    IOException failed = failure.get();
    if (failed != null && !thrown) {
      thrown = true;
      throw failed;
    }
  }

  private void abandon() {
    over = true;
    meeting.forceTermination();
  }

  /// Closes the connections; one that still waits for an answer is left behind.
  @Override
  public void close() throws IOException {
    abandon();
    try {
      for (Thread thread : threads) {
        thread.join(CLOSING);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    rethrow();
  }

  private static final class Recorder {
    private long[] nanos = new long[1024];
    private int count;
    private long octets;

    void add(long took, long moved) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = took;
      octets += moved;
    }

    void clear() {
      count = 0;
      octets = 0;
    }
  }
}
