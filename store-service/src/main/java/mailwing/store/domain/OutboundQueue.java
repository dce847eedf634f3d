package mailwing.store.domain;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import mailwing.store.StoreException;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.QueueResults;
import mailwing.store.persistence.QueueResults.Tried;
import mailwing.store.persistence.QueueResults.Verdict;
import mailwing.store.persistence.QueueRows;
import mailwing.store.persistence.Sql;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueRef;
import mailwing.store.v1.QueueResult;

/// The outbound queue: what waits to be sent to other hosts, and what comes of it.
public final class OutboundQueue {
  private static final int NOTIFY_NEVER = 1;
  private static final int NOTIFY_SUCCESS = 2;
  private static final int NOTIFY_FAILURE = 4;
  private static final int NOTIFY_DELAY = 8;

  /// What another store has queued is noticed after so long.
  private static final long LOOK_MILLIS = 1000;

  private static final long LONGEST_HINT_MILLIS = TimeUnit.DAYS.toMillis(1);

  private final QueueRows rows;
  private final QueueResults results;
  private final QueueRules rules;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition came = lock.newCondition();
  private long arrivals;

  OutboundQueue(Sql sql, QueueRules rules) {
    this.rows = new QueueRows(sql);
    this.results = new QueueResults(sql);
    this.rules = rules;
  }

  public QueueRules rules() {
    return rules;
  }

  /// Adds messages, all or none; for each, whether it was not there before.
  ///
  /// @param reports what the sender is to be told of the delivery's other recipients
  List<Boolean> add(List<NewQueued> queued, List<NewReport> reports) {
    List<Boolean> added = rows.add(queued, reports);
    wake();
    return added;
  }

  /// Something may have come due.
  public void wake() {
    lock.lock();
    try {
      arrivals++;
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Takes what is due; waits for it up to `waitMillis`, as long as somebody wants it.
  ///
  /// @param most recipients
  public List<QueueJob> lease(
      UUID leaseId,
      String worker,
      int most,
      long leaseMillis,
      long waitMillis,
      List<String> busyDomains,
      BooleanSupplier wanted) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
    while (true) {
      long seen = arrivals();
      List<QueueJob> jobs = rows.lease(leaseId, worker, most, leaseMillis, busyDomains, false);
      if (!jobs.isEmpty() || System.nanoTime() - end >= 0 || !wanted.getAsBoolean()) {
        return jobs;
      }
      await(seen, end);
    }
  }

  /// Takes what is due and the store's own to deliver.
  List<QueueJob> leaseLocal(UUID leaseId, int most, long leaseMillis) {
    return rows.lease(leaseId, "", most, leaseMillis, List.of(), true);
  }

  private long arrivals() {
    lock.lock();
    try {
      return arrivals;
    } finally {
      lock.unlock();
    }
  }

  private void await(long seen, long end) {
    long nanos = Math.min(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS), end - System.nanoTime());
    lock.lock();
    try {
      while (arrivals == seen && nanos > 0) {
        nanos = came.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /// STALE where nothing is left under the lease.
  public void renew(UUID leaseId, long leaseMillis) {
    if (!rows.renew(leaseId, leaseMillis)) {
      throw stale();
    }
  }

  /// Where a message's octets are. STALE where the lease is not held.
  public Blobs.Place place(QueueRef ref, UUID leaseId) {
    Optional<Blobs.Place> place = rows.place(ref, leaseId);
    return place.orElseThrow(OutboundQueue::stale);
  }

  /// STALE where none of the results is for a recipient under the lease.
  public int report(QueueRef ref, UUID leaseId, List<QueueResult> told) {
    int taken = results.report(ref, leaseId, told, this::judge);
    if (taken == 0) {
      throw stale();
    }
    return taken;
  }

  private static StoreException stale() {
    return new StoreException(ErrorCode.STALE, "the lease is over");
  }

  private Verdict judge(Tried tried, QueueResult result) {
    return switch (result.getOutcome()) {
      case DELIVERED -> Verdict.delivered(success(tried, result), result);
      case PERMANENT -> failed(tried, result);
      case TRANSIENT -> later(tried, result);
      case RELEASED, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such outcome");
    };
  }

  /// RFC 3461 §5.2.2 and §5.2.3, RFC 2852 §4.1.4.
  private static int success(Tried tried, QueueResult result) {
    boolean asked = (tried.notifyOn() & NOTIFY_SUCCESS) != 0;
    if (tried.local()) {
      if (!tried.bounces() || !asked || result.getNotifies()) {
        return 0;
      }
      return result.getExpanded() ? QueueRows.DSN_EXPANDED : QueueRows.DSN_DELIVERED;
    }
    boolean traced = tried.deliverBy() > 0 && tried.deliverByTrace();
    boolean timeForgotten =
        tried.notesTime() && !result.getKeepsTime() && tried.now() < tried.deliverBy();
    boolean tell =
        (asked && !result.getNotifies())
            || ((traced || timeForgotten) && (tried.notifyOn() & NOTIFY_NEVER) == 0);
    return tried.bounces() && tell ? QueueRows.DSN_RELAYED : 0;
  }

  private static Verdict failed(Tried tried, QueueResult result) {
    boolean tell =
        tried.bounces() && (tried.notifyOn() == 0 || (tried.notifyOn() & NOTIFY_FAILURE) != 0);
    return Verdict.failed(tell ? QueueRows.DSN_FAILED : 0, result);
  }

  /// Again after a pause; the last time when the message expires.
  private Verdict later(Tried tried, QueueResult result) {
    if (tried.returnsInTime() && tried.now() >= tried.deliverBy()) {
      return failed(tried, result.toBuilder().setStatus("5.4.7").build());
    }
    if (tried.now() >= tried.expiresAt()) {
      return failed(tried, result.toBuilder().setStatus("4.4.7").build());
    }
    long pause =
        result.getRetryMillis() > 0
            ? Math.min(result.getRetryMillis(), LONGEST_HINT_MILLIS)
            : rules.retryMillis(tried.attempts() + 1);
    long next = Math.min(tried.now() + pause, tried.expiresAt());
    boolean late = tried.notesTime() && tried.now() >= tried.deliverBy();
    if (tried.notesTime() && !late) {
      next = Math.min(next, tried.deliverBy());
    }
    boolean tell =
        tried.bounces()
            && !tried.delayTold()
            && (late || tried.now() >= tried.beganAt() + rules.delayNotice().toMillis())
            && (tried.notifyOn() & NOTIFY_NEVER) == 0
            && (tried.notifyOn() == 0 || (tried.notifyOn() & NOTIFY_DELAY) != 0);
    return Verdict.waiting(
        next,
        tell ? QueueRows.DSN_DELAYED : 0,
        tell && late ? result.toBuilder().setStatus("4.4.7").build() : result);
  }

  /// Removes what is remembered for longer than the rules say.
  int forget(long account, int most) {
    return rows.forget(account, forgottenBefore(), most);
  }

  /// What has finished before is forgotten.
  long forgottenBefore() {
    return System.currentTimeMillis() - rules.memory().toMillis();
  }
}
