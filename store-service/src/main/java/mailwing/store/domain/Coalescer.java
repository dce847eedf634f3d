package mailwing.store.domain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Does at once what comes while nothing runs for its key, and together what queued meanwhile.
///
/// The thread that brings an item does the work, for itself or for the batch it belongs to; there
/// is no thread of its own and no wait for company.
final class Coalescer<K, T, R> {
  private static final int MOST_QUEUED = 4096;

  /// Fewer items are no batch to begin beside another one: what a batch costs is shared by few.
  private static final int CROWD = 8;

  private final ConcurrentHashMap<K, Lane<T, R>> lanes = new ConcurrentHashMap<>();
  private final int most;
  private final long mostWeight;
  private final ToLongFunction<T> weight;

  /// How many batches of a key at a time; null for one.
  private final @Nullable Abreast abreast;

  private final Function<T, Set<Long>> held;
  private final BiFunction<K, List<T>, List<R>> work;

  /// One that has a batch of a key at a time.
  ///
  /// `work` gets one to `most` items of one key, of at most about `mostWeight` together, and gives
  /// a result for each.
  Coalescer(
      int most, long mostWeight, ToLongFunction<T> weight, BiFunction<K, List<T>, List<R>> work) {
    this(most, mostWeight, weight, null, item -> Set.of(), work);
  }

  private Coalescer(
      int most,
      long mostWeight,
      ToLongFunction<T> weight,
      @Nullable Abreast abreast,
      Function<T, Set<Long>> held,
      BiFunction<K, List<T>, List<R>> work) {
    this.most = most;
    this.mostWeight = mostWeight;
    this.weight = weight;
    this.abreast = abreast;
    this.held = held;
    this.work = work;
  }

  /// One that may have two batches of a key at a time where many items come. The second begins when
  /// as many are queued as the one that runs has, and no fewer than eight: so batches stay large.
  ///
  /// @param abreast how many are faster
  /// @param held what an item keeps to itself while it is worked on: nothing is in both batches
  static <K, T, R> Coalescer<K, T, R> oneOrTwo(
      int most,
      long mostWeight,
      ToLongFunction<T> weight,
      Abreast abreast,
      Function<T, Set<Long>> held,
      BiFunction<K, List<T>, List<R>> work) {
    return new Coalescer<>(most, mostWeight, weight, abreast, held, work);
  }

  /// Of a key: what waits, and what the batches that run have. Used while the key is computed.
  private static final class Lane<T, R> {
    final ArrayDeque<Ticket<T, R>> queue = new ArrayDeque<>();
    final Set<Long> held = new HashSet<>();
    int batches;
    int items;
  }

  private static final class Ticket<T, R> {
    final T item;
    final Set<Long> held;
    final CountDownLatch turn = new CountDownLatch(1);

    // Written before the latch opens, read after.
    @Nullable List<Ticket<T, R>> batch;
    @Nullable R result;
    @Nullable RuntimeException failure;

    Ticket(T item, Set<Long> held) {
      this.item = item;
      this.held = held;
    }
  }

  R submit(K key, T item) {
    Ticket<T, R> ticket = new Ticket<>(item, held.apply(item));
    lanes.compute(
        key,
        (k, found) -> {
          Lane<T, R> lane = found == null ? new Lane<>() : found;
          if (lane.queue.size() >= MOST_QUEUED) {
            throw new StoreException(ErrorCode.UNAVAILABLE, "too much is queued");
          }
          lane.queue.add(ticket);
          begin(lane);
          return lane;
        });
    awaitTurn(ticket);
    List<Ticket<T, R>> batch = ticket.batch;
    if (batch != null) {
      try {
        run(key, batch);
      } finally {
        try {
          // The next batch first: it may have waited for this one.
          lanes.computeIfPresent(
              key,
              (k, lane) -> {
                end(lane, batch);
                begin(lane);
                return lane.batches == 0 ? null : lane;
              });
        } finally {
          batch.forEach(one -> one.turn.countDown());
          if (abreast != null) {
            abreast.done(batch.size());
          }
        }
      }
    }
    RuntimeException failure = ticket.failure;
    if (failure != null) {
      throw failure;
    }
    R result = ticket.result;
    if (result == null) {
      throw new StoreException(ErrorCode.INTERNAL, "no result");
    }
    return result;
  }

  /// What is queued will be done; leaving it early would only hide the outcome.
  private static void awaitTurn(Ticket<?, ?> ticket) {
    boolean interrupted = false;
    while (true) {
      try {
        ticket.turn.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(K key, List<Ticket<T, R>> batch) {
    try {
      List<R> results = work.apply(key, batch.stream().map(t -> t.item).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).result = results.get(i);
      }
    } catch (StoreException e) {
      if (batch.size() > 1 && e.code() == ErrorCode.INTERNAL) {
        // One of them is what the database cannot take: the others shall not suffer for it.
        batch.forEach(one -> runAlone(key, one));
      } else {
        batch.forEach(one -> one.failure = e);
      }
    } catch (RuntimeException e) {
      batch.forEach(one -> one.failure = e);
      throw e;
    } finally {
      for (Ticket<T, R> one : batch) {
        if (one.result == null && one.failure == null) {
          one.failure = new StoreException(ErrorCode.INTERNAL, "the batch's thread ended");
        }
      }
    }
  }

  private void runAlone(K key, Ticket<T, R> one) {
    try {
      one.result = work.apply(key, List.of(one.item)).getFirst();
    } catch (StoreException e) {
      one.failure = e;
    }
  }

  /// Gives the batch that may begin now, if any, to the thread that came last.
  private void begin(Lane<T, R> lane) {
    int size = next(lane);
    if (size == 0) {
      return;
    }
    List<Ticket<T, R>> batch = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      Ticket<T, R> ticket = lane.queue.removeFirst();
      lane.held.addAll(ticket.held);
      batch.add(ticket);
    }
    lane.batches++;
    lane.items += size;
    // That one may be just asking, and needs not be woken.
    Ticket<T, R> last = batch.getLast();
    last.batch = batch;
    last.turn.countDown();
  }

  private static <T, R> void end(Lane<T, R> lane, List<Ticket<T, R>> batch) {
    batch.forEach(ticket -> lane.held.removeAll(ticket.held));
    lane.batches--;
    lane.items -= batch.size();
  }

  private int atATime() {
    return abreast == null ? 1 : abreast.most();
  }

  /// How many of those that wait longest may begin now: where nothing runs, as many as make a
  /// batch; beside one that runs, no fewer than that has, nor few.
  private int next(Lane<T, R> lane) {
    int least = lane.batches == 0 ? 0 : Math.max(lane.items, Math.min(CROWD, most));
    if (lane.batches >= atATime() || lane.queue.size() < least) {
      return 0;
    }
    int size = 0;
    long total = 0;
    for (Ticket<T, R> ticket : lane.queue) {
      total += weight.applyAsLong(ticket.item);
      if (size == most
          || (size > 0 && total > mostWeight)
          || !Collections.disjoint(lane.held, ticket.held)) {
        break;
      }
      size++;
    }
    return size < least ? 0 : size;
  }
}
