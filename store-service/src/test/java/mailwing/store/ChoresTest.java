package mailwing.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class ChoresTest {
  @Test
  void closingLetsAChoreComeToItsEnd() throws InterruptedException {
    Chores chores = new Chores();
    CountDownLatch began = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    AtomicInteger ended = new AtomicInteger();
    chores.every(
        Duration.ofMillis(1),
        "long",
        () -> {
          began.countDown();
          while (chores.wanted()) {
            LockSupport.parkNanos(1_000_000);
          }
          interrupted.set(Thread.currentThread().isInterrupted());
          ended.incrementAndGet();
        });
    chores.every(Duration.ofHours(1), "rare", ended::incrementAndGet);
    began.await();
    chores.close();
    assertThat(ended.get()).isEqualTo(1);
    assertThat(interrupted).isFalse();
  }

  @Test
  void aChoreThatFailsRunsAgain() throws InterruptedException {
    CountDownLatch runs = new CountDownLatch(3);
    try (Chores chores = new Chores()) {
      chores.every(
          Duration.ofMillis(1),
          "failing",
          () -> {
            runs.countDown();
            throw new IllegalStateException("on purpose");
          });
      runs.await();
    }
    assertThat(runs.getCount()).isZero();
  }
}
