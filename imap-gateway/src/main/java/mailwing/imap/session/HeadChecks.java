package mailwing.imap.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;

/// Asks the store for heads of mailboxes, many sessions in one call.
///
/// While no call is under way a query is sent at once and alone; what comes while one is goes
/// together in the next. So it adds no wait to a quiet gateway, and a busy one makes one call at a
/// time.
final class HeadChecks {
  static final int MAX_BATCH = 200;

  private enum Turn {
    ANSWERED,
    LEAD
  }

  private static final class Waiting {
    final StatusQuery query;
    final CompletableFuture<StatusResult> result = new CompletableFuture<>();
    final CompletableFuture<Turn> turn = new CompletableFuture<>();

    Waiting(StatusQuery query) {
      this.query = query;
    }
  }

  private final Function<List<StatusQuery>, List<StatusResult>> store;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private boolean calling;

  HeadChecks(Function<List<StatusQuery>, List<StatusResult>> store) {
    this.store = store;
  }

  /// Many queries of one asker, at once.
  List<StatusResult> call(List<StatusQuery> queries) {
    return store.apply(queries);
  }

  /// Waits for the answer; throws what the call threw.
  StatusResult check(StatusQuery query) {
    Waiting own = new Waiting(query);
    boolean leading;
    lock.lock();
    try {
      queue.add(own);
      leading = !calling;
      calling = true;
    } finally {
      lock.unlock();
    }
    if (leading || get(own.turn) == Turn.LEAD) {
      lead();
    }
    return get(own.result);
  }

  private void lead() {
    List<Waiting> batch = new ArrayList<>();
    lock.lock();
    try {
      while (batch.size() < MAX_BATCH && !queue.isEmpty()) {
        batch.add(queue.poll());
      }
    } finally {
      lock.unlock();
    }
    try {
      List<StatusResult> results = store.apply(batch.stream().map(w -> w.query).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).result.complete(results.get(i));
      }
    } catch (RuntimeException e) {
      batch.forEach(waiting -> waiting.result.completeExceptionally(e));
    } finally {
      batch.forEach(waiting -> waiting.turn.complete(Turn.ANSWERED));
      handOver();
    }
  }

  private void handOver() {
    Waiting next;
    lock.lock();
    try {
      next = queue.peek();
      calling = next != null;
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.turn.complete(Turn.LEAD);
    }
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
