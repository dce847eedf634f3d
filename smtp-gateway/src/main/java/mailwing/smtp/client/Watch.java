package mailwing.smtp.client;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes a socket that takes too long to be written to: sockets have no time of their own for
/// that.
public final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final ScheduledExecutorService TIMER = timer();

  private final ScheduledFuture<?> end;

  private Watch(ScheduledFuture<?> end) {
    this.end = end;
  }

  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("smtp-client-watch").factory());
    timer.setRemoveOnCancelPolicy(true);
    return Executors.unconfigurableScheduledExecutorService(timer);
  }

  /// From now on; closing it calls it off.
  public static Watch over(Socket socket, Duration time) {
    return new Watch(TIMER.schedule(() -> cut(socket), time.toMillis(), TimeUnit.MILLISECONDS));
  }

  private static void cut(Socket socket) {
    // Closing may wait for TLS's farewell: not on the timer's thread.
    Thread.startVirtualThread(
        () -> {
          try {
            socket.close();
          } catch (IOException e) {
            LOG.debug("event=close-failed reason={}", e.toString());
          }
        });
  }

  @Override
  public void close() {
    end.cancel(false);
  }
}
