package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/// Runs an operation over and over on a number of connections, each on a virtual thread: for a
/// time, after a warm-up that is not counted, or a number of times.
final class ClosedLoop {

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

  private final AtomicReference<IOException> failure = new AtomicReference<>();
  private final List<Recorder> recorders = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch start = new CountDownLatch(1);
  private final int times;
  private volatile long from = Long.MAX_VALUE;
  private volatile long until = Long.MAX_VALUE;

  private ClosedLoop(int times) {
    this.times = times;
  }

  /// For as long as the options say.
  static Measurement run(int connections, Options options, Opening opening)
      throws IOException, InterruptedException {
    ClosedLoop loop = new ClosedLoop(Integer.MAX_VALUE);
    loop.open(connections, opening);
    loop.start.countDown();
    Thread.sleep((long) (options.warmUpSeconds() * 1000));
    CpuTime before = options.clock().now();
    loop.from = System.nanoTime();
    Thread.sleep((long) (options.seconds() * 1000));
    loop.until = System.nanoTime();
    CpuTime cpu = options.clock().now().since(before);
    loop.join();
    return loop.measurement((loop.until - loop.from) / 1e9, cpu);
  }

  /// Each connection so many times, without a warm-up; the time is until the last of them is done.
  static Measurement once(int connections, int times, Options options, Opening opening)
      throws IOException, InterruptedException {
    ClosedLoop loop = new ClosedLoop(times);
    loop.open(connections, opening);
    CpuTime before = options.clock().now();
    loop.from = System.nanoTime();
    loop.start.countDown();
    loop.join();
    double seconds = (System.nanoTime() - loop.from) / 1e9;
    return loop.measurement(seconds, options.clock().now().since(before));
  }

  private void open(int connections, Opening opening) throws InterruptedException {
    CountDownLatch open = new CountDownLatch(connections);
    for (int i = 0; i < connections; i++) {
      int index = i;
      Recorder recorder = new Recorder();
      recorders.add(recorder);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Client client = opening.open(index)) {
                      open.countDown();
                      start.await();
                      loop(client, recorder);
                    } catch (IOException e) {
                      failure.compareAndSet(null, e);
                      open.countDown();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    open.await();
  }

  private void loop(Client client, Recorder recorder) throws IOException {
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

  private void join() throws IOException, InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  private Measurement measurement(double seconds, CpuTime cpu) {
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
  }
}
