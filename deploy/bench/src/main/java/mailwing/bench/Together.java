package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/// Work of several connections at the same time, each on a virtual thread.
final class Together {
  /// The work of connection number `index`, from 0.
  interface Work {
    void run(int index) throws IOException;
  }

  private Together() {}

  /// Runs all and waits for them; throws what the first of them threw.
  static void run(int connections, Work work) throws IOException, InterruptedException {
    AtomicReference<IOException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      int index = i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      work.run(index);
                    } catch (IOException e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }
}
