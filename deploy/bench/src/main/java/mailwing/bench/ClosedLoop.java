package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/// Runs an operation over and over on a number of connections, each on a virtual thread, for a
/// time: warm-up first, which is not counted.
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

  private ClosedLoop() {}

  static Measurement run(int connections, Options options, Opening opening)
      throws IOException, InterruptedException {
    List<Recorder> recorders = new ArrayList<>();
    AtomicReference<IOException> failure = new AtomicReference<>();
    CountDownLatch open = new CountDownLatch(connections);
    CountDownLatch start = new CountDownLatch(1);
    Clock clock = new Clock(options.warmUpSeconds(), options.seconds());
    List<Thread> threads = new ArrayList<>();
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
                      recorder.loop(client, clock);
                    } catch (IOException e) {
                      failure.compareAndSet(null, e);
                      open.countDown();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    open.await();
    clock.start();
    start.countDown();
    Thread.sleep((long) (options.warmUpSeconds() * 1000));
    CpuTime before = options.clock().now();
    long from = System.nanoTime();
    Thread.sleep((long) (options.seconds() * 1000));
    CpuTime cpu = options.clock().now().since(before);
    double measured = (System.nanoTime() - from) / 1e9;
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return merge(recorders, measured, cpu);
  }

  private static Measurement merge(List<Recorder> recorders, double seconds, CpuTime cpu) {
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

  private static final class Clock {
    private final double warmUpSeconds;
    private final double seconds;
    private volatile long from;
    private volatile long until;

    Clock(double warmUpSeconds, double seconds) {
      this.warmUpSeconds = warmUpSeconds;
      this.seconds = seconds;
    }

    void start() {
      from = System.nanoTime() + (long) (warmUpSeconds * 1e9);
      until = from + (long) (seconds * 1e9);
    }
  }

  private static final class Recorder {
    private long[] nanos = new long[1024];
    private int count;
    private long octets;

    void loop(Client client, Clock clock) throws IOException {
      while (true) {
        long before = System.nanoTime();
        if (before - clock.until >= 0) {
          return;
        }
        long moved = client.operate();
        long after = System.nanoTime();
        if (after - clock.from >= 0 && after - clock.until < 0) {
          if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
          }
          nanos[count++] = after - before;
          octets += moved;
        }
      }
    }
  }
}
