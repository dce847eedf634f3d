package mailwing.store.domain;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
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

  /// Rows that are looked at for the accounts whose turn it is.
  private static final int DUE_ROWS = 10_000;

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
    int removed;
    do {
      removed = 0;
      for (long account : due()) {
        try {
          removed += collect(account);
        } catch (StoreException e) {
          // The others shall not wait for it.
          LOG.warn("event=collect-failed account={} reason={}", account, e.code());
        }
      }
    } while (removed > 0 && !Thread.currentThread().isInterrupted());
    forgetDeliveries();
  }

  private List<Long> due() {
    return collectors.due(
        cutoff(retention.upload()),
        cutoff(retention.undelete()),
        cutoff(retention.tombstone()),
        store.outbound().forgottenBefore(),
        DUE_ROWS);
  }

  /// Forgets what was delivered long ago, and what became of it.
  public void forgetDeliveries() {
    long traced = cutoff(store.traceMemory());
    long deliveryIds = cutoff(retention.deliveryId());
    all(() -> traces.age(traced, deliveryIds, ROWS));
  }

  /// Removes what has aged out of one account, and tells how many rows that were.
  public int collect(long account) {
    return all(() -> collectors.uploads(account, cutoff(retention.upload()), ROWS))
        + all(() -> collectors.removedMailboxes(account, ROWS))
        + all(() -> collectors.expungedMessages(account, cutoff(retention.undelete()), ROWS))
        + all(() -> collectors.tombstones(account, cutoff(retention.tombstone()), ROWS))
        + all(() -> store.outbound().forget(account, ROWS));
  }

  private static int all(IntSupplier some) {
    int all = 0;
    int removed;
    do {
      removed = some.getAsInt();
      all += removed;
    } while (removed > 0 && !Thread.currentThread().isInterrupted());
    return all;
  }

  private static long cutoff(Duration age) {
    return System.currentTimeMillis() - age.toMillis();
  }
}
