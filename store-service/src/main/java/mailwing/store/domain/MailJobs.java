package mailwing.store.domain;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.List;
import java.util.function.LongToIntFunction;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.MailCollectors;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.TraceRemoval;
import mailwing.store.v1.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is done about mail without anybody asking. A scheduler calls these; any number of stores
/// may do so at the same time.
public final class MailJobs {
  private static final Logger LOG = LoggerFactory.getLogger(MailJobs.class);
  private static final int RETRIES = 20;
  private static final int ROWS = 500;
  private static final int ACCOUNTS = 1000;

  private final MailStore store;
  private final MailCollectors collectors;
  private final TraceRemoval traces;
  private final Retention retention;

  /// How long what is gone is kept.
  ///
  /// @param upload a body whose message has not come
  /// @param undelete an expunged message
  /// @param tombstone that there was such a message
  /// @param deliveryId that a message was delivered
  /// @param retry a share of a delivery that cannot be stored, before that is called an error
  public record Retention(
      Duration upload, Duration undelete, Duration tombstone, Duration deliveryId, Duration retry) {
    public static final Retention DEFAULTS =
        new Retention(
            Duration.ofDays(1),
            Duration.ofDays(14),
            Duration.ofDays(60),
            Duration.ofDays(7),
            Duration.ofDays(5));
  }

  public MailJobs(MailStore store, Retention retention) {
    this.store = store;
    this.collectors = new MailCollectors(store.sql());
    this.traces = new TraceRemoval(store.sql());
    this.retention = retention;
  }

  /// Stores what is left of deliveries and due; call it every second or so.
  public void retryDeliveries() {
    List<DeliveryRetries.Retry> due;
    do {
      due = store.retries().take(RETRIES);
      retryAll(due);
    } while (due.size() == RETRIES && !Thread.currentThread().isInterrupted());
  }

  private void retryAll(List<DeliveryRetries.Retry> due) {
    for (DeliveryRetries.Retry retry : due) {
      try {
        retry(retry);
      } catch (RuntimeException e) {
        // Whatever it is: the others shall not wait for it.
        LOG.warn(
            "event=delivery-retry-failed account={} reason={}",
            retry.targetAccountId(),
            e instanceof StoreException known ? known.code() : e.toString());
        if (retry.createdAt() < cutoff(retention.retry())) {
          // Its client was told that it is here: it is never given up, an operator has to look.
          LOG.error("event=delivery-retry-overdue account={}", retry.targetAccountId());
        }
        store.retries().postpone(retry);
      }
    }
  }

  private void retry(DeliveryRetries.Retry retry) {
    IncomingMessage.Copy copy =
        new IncomingMessage.Copy(retry.targetAccountId(), retry.headerPrefix());
    LocalReports reports = LocalReports.kept(store, retry.told());
    long size = retry.place().size();
    IncomingMessage message =
        new IncomingMessage(store.blobs(), size, size - retry.skipOctets(), List.of(copy));
    try {
      for (long at = retry.skipOctets(); at < size; ) {
        byte[] piece = store.blobs().piece(retry.holderAccountId(), retry.place(), at, size - at);
        ByteString octets = UnsafeByteOperations.unsafeWrap(piece);
        message.feed(octets);
        at += piece.length;
      }
      ParsedMessage parsed = message.finish();
      Stored stored =
          store.store(
              new Deliveries.Target(retry.targetAccountId(), 0, retry.mailboxName(), true, 0),
              new NewMessage(
                  retry.deliveryId(),
                  0,
                  List.of(),
                  retry.internalDate(),
                  0,
                  message.size(copy),
                  message.firstChunkOctets(copy),
                  copy.blobId,
                  message.body(copy),
                  Facts.of(parsed, copy.prefix.length),
                  retry.trace(),
                  List.of(),
                  reports.delivered(retry.targetAccountId(), reports.recipients(), message)));
      boolean gone = stored.error() == ErrorCode.ACCOUNT_NOT_FOUND;
      boolean givenUp =
          stored.error() == ErrorCode.OVER_QUOTA
              && reports.areSent()
              && retry.createdAt() < cutoff(retention.retry());
      if (!stored.done() && !gone && !givenUp) {
        throw new StoreException(stored.error(), "not stored yet");
      }
      store
          .retries()
          .remove(
              retry,
              stored.done()
                  ? List.of()
                  : reports.failed(
                      retry.holderAccountId(),
                      reports.recipients(),
                      gone ? LocalReports.GONE : LocalReports.FULL,
                      message));
      if (!stored.done() || stored.repeated()) {
        message.abandon(copy);
      }
    } catch (RuntimeException e) {
      message.abandon(copy);
      throw e;
    }
  }

  /// Removes what has aged out, of all accounts; call it every hour or so.
  public void collect() {
    long after = Long.MIN_VALUE;
    while (true) {
      List<Long> accounts = collectors.accounts(after, ACCOUNTS);
      if (accounts.isEmpty()) {
        break;
      }
      accounts.forEach(this::collect);
      after = accounts.getLast();
    }
    forgetDeliveries();
  }

  /// Forgets what was delivered long ago, and what became of it.
  public void forgetDeliveries() {
    long traced = cutoff(store.traceMemory());
    long deliveryIds = cutoff(retention.deliveryId());
    all(0, any -> traces.age(traced, deliveryIds, ROWS));
  }

  /// Removes what has aged out of one account.
  public void collect(long account) {
    all(account, a -> collectors.uploads(a, cutoff(retention.upload()), ROWS));
    all(account, a -> collectors.removedMailboxes(a, ROWS));
    all(account, a -> collectors.expungedMessages(a, cutoff(retention.undelete()), ROWS));
    all(account, a -> collectors.tombstones(a, cutoff(retention.tombstone()), ROWS));
    all(account, a -> store.outbound().forget(a, ROWS));
  }

  private static void all(long account, LongToIntFunction some) {
    int removed;
    do {
      removed = some.applyAsInt(account);
    } while (removed > 0 && !Thread.currentThread().isInterrupted());
  }

  private static long cutoff(Duration age) {
    return System.currentTimeMillis() - age.toMillis();
  }
}
