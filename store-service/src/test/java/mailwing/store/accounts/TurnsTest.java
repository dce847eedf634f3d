package mailwing.store.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.junit.jupiter.api.Test;

final class TurnsTest {
  @Test
  void aThousandWaitAndEachHasItsTurn() throws Exception {
    Turns turns = new Turns(2, Passwords.PATIENCE);
    CountDownLatch held = new CountDownLatch(1);
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Future<Integer>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 1000; i++) {
        int number = i;
        all.add(
            threads.submit(
                () ->
                    turns.take(
                        () -> {
                          most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                          await(held);
                          atOnce.decrementAndGet();
                          return number;
                        })));
      }
      while (turns.waiting() < 998) {
        Thread.onSpinWait();
      }
      held.countDown();
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(all.get(i).get()).isEqualTo(i);
    }
    assertThat(most.get()).isEqualTo(2);
  }

  @Test
  void whoCameFirstHasItsTurnFirst() {
    Turns turns = new Turns(1, Passwords.PATIENCE);
    CountDownLatch held = new CountDownLatch(1);
    ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch begun = new CountDownLatch(1);
      threads.execute(
          () ->
              turns.take(
                  () -> {
                    begun.countDown();
                    await(held);
                    return true;
                  }));
      await(begun);
      for (int i = 0; i < 20; i++) {
        int number = i;
        threads.execute(() -> turns.take(() -> order.add(number)));
        while (turns.waiting() <= number) {
          Thread.onSpinWait();
        }
      }
      held.countDown();
    }
    assertThat(order)
        .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 20).boxed().toList());
  }

  @Test
  void whoseTurnDoesNotComeIsTold() {
    Turns turns = new Turns(1, Duration.ZERO);
    turns.take(
        () -> {
          try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> other = threads.submit(() -> turns.take(() -> true));
            assertThatThrownBy(other::get)
                .cause()
                .isInstanceOfSatisfying(
                    StoreException.class,
                    e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
          }
          return true;
        });
    assertThat(turns.take(() -> true)).isTrue();
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
