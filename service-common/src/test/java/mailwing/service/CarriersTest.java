package mailwing.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CarriersTest {
  private static final int FEW = 2;

  private final VirtualThreadSchedulerMXBean scheduler =
      ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);

  /// Without more carriers it would never end: what holds them waits for one that has none.
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void threadsThatHoldAllCarriersAndWaitForAnotherGetMore() throws InterruptedException {
    int many = scheduler.getParallelism();
    assertThat(many).isGreaterThan(FEW);
    AtomicBoolean released = new AtomicBoolean();
    CountDownLatch held = new CountDownLatch(FEW);
    try (Carriers _ = Carriers.watch(FEW)) {
      assertThat(scheduler.getParallelism()).isEqualTo(FEW);
      List<Thread> holders = new ArrayList<>();
      for (int i = 0; i < FEW; i++) {
        holders.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      held.countDown();
                      while (!released.get()) {
                        Thread.onSpinWait();
                      }
                    }));
      }
      held.await();
      holders.add(Thread.ofVirtual().start(() -> released.set(true)));
      for (Thread holder : holders) {
        holder.join();
      }
      assertThat(scheduler.getParallelism()).isEqualTo(many);
    }
    assertThat(scheduler.getParallelism()).isEqualTo(many);
  }
}
