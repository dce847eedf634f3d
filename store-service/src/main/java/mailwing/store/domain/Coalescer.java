package mailwing.store.domain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Does at once what comes while nothing runs for its key, and together what queued meanwhile.
///
/// The thread that brings an item does the work, for itself or for the batch it is first of; there
/// is no thread of its own and no wait for company.
final class Coalescer<K, T, R> {
  private static final int MOST_QUEUED = 4096;

  private final ConcurrentHashMap<K, Lane<T, R>> lanes = new ConcurrentHashMap<>();
  private final int most;
  private final long mostWeight;
  private final ToLongFunction<T> weight;
  private final BiFunction<K, List<T>, List<R>> work;

  /// `work` gets one to `most` items of one key, of at most about `mostWeight` together, and gives
  /// a result for each. Never twice at a time for one key.
  Coalescer(
      int most, long mostWeight, ToLongFunction<T> weight, BiFunction<K, List<T>, List<R>> work) {
    this.most = most;
    this.mostWeight = mostWeight;
    this.weight = weight;
    this.work = work;
  }

  private static final class Lane<T, R> {
    final ArrayDeque<Ticket<T, R>> queue = new ArrayDeque<>();
  }

  private static final class Ticket<T, R> {
    final T item;
    final CountDownLatch turn = new CountDownLatch(1);

    // Written before the latch opens, read after.
    @Nullable List<Ticket<T, R>> batch;
    @Nullable R result;
    @Nullable RuntimeException failure;

    Ticket(T item) {
      this.item = item;
    }
  }

  R submit(K key, T item) {
    Ticket<T, R> ticket = new Ticket<>(item);
    lanes.compute(
        key,
        (k, lane) -> {
          if (lane == null) {
            ticket.batch = List.of(ticket);
            return new Lane<>();
          }
          if (lane.queue.size() >= MOST_QUEUED) {
            throw new StoreException(ErrorCode.UNAVAILABLE, "too much is queued");
          }
          lane.queue.add(ticket);
          return lane;
        });
    if (ticket.batch == null) {
      awaitTurn(ticket);
    }
    List<Ticket<T, R>> batch = ticket.batch;
    if (batch != null) {
      try {
        run(key, batch);
      } finally {
        try {
          // The next batch first: nothing is done for this key meanwhile.
          handOver(key);
        } finally {
          batch.forEach(one -> one.turn.countDown());
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

  private void handOver(K key) {
    List<Ticket<T, R>> batch = new ArrayList<>();
    lanes.computeIfPresent(
        key,
        (k, lane) -> {
          long total = 0;
          while (!lane.queue.isEmpty() && batch.size() < most) {
            long next = weight.applyAsLong(lane.queue.getFirst().item);
            if (!batch.isEmpty() && total + next > mostWeight) {
              break;
            }
            total += next;
            batch.add(lane.queue.removeFirst());
          }
          return batch.isEmpty() ? null : lane;
        });
    if (!batch.isEmpty()) {
      Ticket<T, R> first = batch.getFirst();
      first.batch = batch;
      first.turn.countDown();
    }
  }
}
