package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What goes together, what goes abreast, and what becomes of it.
@Timeout(30)
class CoalescerTest {
  /// An item of an account.
  private record Item(long account, int number) {}

  private static final class Batch {
    final List<Item> items;
    final CountDownLatch end = new CountDownLatch(1);

    // Written before the latch opens.
    @Nullable RuntimeException failure;

    Batch(List<Item> items) {
      this.items = items;
    }
  }

  private final BlockingQueue<Batch> begun = new LinkedBlockingQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final BlockingQueue<Object> results = new LinkedBlockingQueue<>();

  private List<Integer> work(List<Item> items) {
    Batch batch = new Batch(items);
    begun.add(batch);
    try {
      batch.end.await();
    } catch (InterruptedException e) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted");
    }
    if (batch.failure != null) {
      throw batch.failure;
    }
    return items.stream().map(Item::number).toList();
  }

  private Coalescer<String, Item, Integer> one(int most) {
    return new Coalescer<>(most, 1000, item -> 1, (key, items) -> work(items));
  }

  private Coalescer<String, Item, Integer> two() {
    return Coalescer.oneOrTwo(
        64,
        1000,
        item -> 1,
        new Abreast(2, () -> 0),
        item -> Set.of(item.account()),
        (key, items) -> work(items));
  }

  /// Brings it, and waits until it waits in the lane or is worked on.
  private void bring(Coalescer<String, Item, Integer> lane, Item item) throws InterruptedException {
    int before = begun.size();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    results.add(lane.submit("lane", item));
                  } catch (StoreException e) {
                    results.add(e.code());
                  }
                });
    threads.add(thread);
    while (thread.getState() != Thread.State.WAITING && begun.size() == before) {
      Thread.onSpinWait();
    }
  }

  private Batch next() throws InterruptedException {
    Batch batch = begun.poll(10, TimeUnit.SECONDS);
    assertThat(batch).isNotNull();
    return batch;
  }

  private static List<Integer> numbers(Batch batch) {
    return batch.items.stream().map(Item::number).toList();
  }

  private void end(Batch... batches) throws InterruptedException {
    for (Batch batch : batches) {
      batch.end.countDown();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void whatQueuesMeanwhileGoesTogether() throws InterruptedException {
    var lane = one(3);
    for (int i = 0; i < 6; i++) {
      bring(lane, new Item(i, i));
    }
    Batch first = next();
    assertThat(numbers(first)).containsExactly(0);
    assertThat(begun).isEmpty();
    first.end.countDown();
    Batch second = next();
    assertThat(numbers(second)).containsExactly(1, 2, 3);
    second.end.countDown();
    Batch third = next();
    assertThat(numbers(third)).containsExactly(4, 5);
    end(third);
    assertThat(results).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
  }

  private void bring(Coalescer<String, Item, Integer> lane, int from, int to)
      throws InterruptedException {
    for (int i = from; i <= to; i++) {
      bring(lane, new Item(i, i));
    }
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void anotherBatchBeginsWhenItIsAsLargeAsTheOneThatRuns() throws InterruptedException {
    var lane = two();
    bring(lane, 0, 7);
    Batch first = next();
    assertThat(begun).as("few are not enough").isEmpty();
    bring(lane, 8, 8);
    Batch second = next();
    assertThat(numbers(second)).isEqualTo(range(1, 8));
    bring(lane, 9, 20);
    assertThat(begun).as("two at a time are enough").isEmpty();
    first.end.countDown();
    Batch third = next();
    assertThat(numbers(third)).isEqualTo(range(9, 20));
    second.end.countDown();
    bring(lane, 21, 31);
    assertThat(begun).as("eleven beside twelve").isEmpty();
    bring(lane, 32, 32);
    Batch fourth = next();
    assertThat(numbers(fourth)).isEqualTo(range(21, 32));
    end(third, fourth);
    assertThat(results).hasSize(33);
  }

  @Test
  void whatAnItemHoldsIsInOneBatchAtATime() throws InterruptedException {
    var lane = two();
    bring(lane, new Item(7, 0));
    Batch first = next();
    bring(lane, new Item(7, 1));
    bring(lane, 8, 20);
    assertThat(begun).as("nothing overtakes").isEmpty();
    first.end.countDown();
    Batch second = next();
    assertThat(numbers(second)).hasSize(14).startsWith(1, 8, 9);
    end(second);
  }

  @Test
  void whatFailsTogetherIsTriedAlone() throws InterruptedException {
    var lane = one(64);
    bring(lane, new Item(0, 0));
    Batch first = next();
    bring(lane, new Item(1, 1));
    bring(lane, new Item(2, 2));
    first.end.countDown();
    Batch both = next();
    both.failure = new StoreException(ErrorCode.INTERNAL, "one of them");
    both.end.countDown();
    Batch one = next();
    assertThat(numbers(one)).containsExactly(1);
    one.failure = new StoreException(ErrorCode.INTERNAL, "this one");
    one.end.countDown();
    Batch other = next();
    assertThat(numbers(other)).containsExactly(2);
    end(other);
    assertThat(results).containsExactlyInAnyOrder(0, 2, ErrorCode.INTERNAL);
  }

  @Test
  void underLoadEachIsDoneOnceAndNoAccountTwiceAtATime() throws InterruptedException {
    int accounts = 40;
    AtomicIntegerArray atWork = new AtomicIntegerArray(accounts);
    AtomicIntegerArray running = new AtomicIntegerArray(2);
    AtomicInteger wrong = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Coalescer<Integer, Item, Integer> lanes =
        Coalescer.oneOrTwo(
            12,
            1000,
            item -> 1,
            new Abreast(2, System::nanoTime),
            item -> Set.of(item.account()),
            (key, items) -> {
              Set<Long> held = Set.copyOf(items.stream().map(Item::account).toList());
              if (running.incrementAndGet(key) > 2) {
                wrong.incrementAndGet();
              }
              for (long account : held) {
                if (atWork.incrementAndGet((int) account) > 1) {
                  wrong.incrementAndGet();
                }
              }
              if (ThreadLocalRandom.current().nextBoolean()) {
                LockSupport.parkNanos(20_000);
              }
              held.forEach(account -> atWork.decrementAndGet(account.intValue()));
              running.decrementAndGet(key);
              done.addAndGet(items.size());
              return items.stream().map(Item::number).toList();
            });
    for (int t = 0; t < 50; t++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  int account = ThreadLocalRandom.current().nextInt(accounts);
                  if (lanes.submit(account % 2, new Item(account, i)) != i) {
                    wrong.incrementAndGet();
                  }
                }
              }));
    }
    end();
    assertThat(wrong).hasValue(0);
    assertThat(done).hasValue(50 * 2000);
  }
}
