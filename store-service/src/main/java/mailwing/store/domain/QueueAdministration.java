package mailwing.store.domain;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.QueueAdminRows;
import mailwing.store.persistence.QueueSuspensions;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueRef;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.Suspension;

/// What an administrator does with the outbound queue.
public final class QueueAdministration {
  private final QueueAdminRows rows;
  private final QueueSuspensions suspensions;
  private final OutboundQueue queue;

  public QueueAdministration(MailStore store) {
    this.rows = new QueueAdminRows(store.sql());
    this.suspensions = new QueueSuspensions(store.sql());
    this.queue = store.outbound();
  }

  /// Gives what the filter selects to `sink`, a page at a time.
  ///
  /// @param finished also what is done and still remembered
  public void list(
      QueueFilter filter, boolean finished, boolean attempts, Consumer<QueuedMessage> sink) {
    QueueFilter canonical = canonical(filter);
    // Below 0 are the domains of aliases and groups.
    QueueRef after = QueueRef.newBuilder().setAccountId(Long.MIN_VALUE).build();
    List<QueuedMessage> page;
    do {
      page = rows.page(canonical, finished, attempts, after);
      page.forEach(sink);
      if (!page.isEmpty()) {
        after = page.getLast().getRef();
      }
    } while (!page.isEmpty());
  }

  /// Changes what the filter selects, message by message.
  public QueueAdminRows.Changed change(Change change, QueueFilter filter, boolean all) {
    if (!all && filter.equals(QueueFilter.getDefaultInstance())) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT,
          "say what is meant: an id, a domain, a sender, a recipient, or all");
    }
    QueueFilter canonical = canonical(filter);
    long expiry = queue.rules().expiry().toMillis();
    int[] counts = new int[2];
    list(
        canonical,
        false,
        false,
        message -> {
          QueueAdminRows.Changed changed = rows.change(message.getRef(), change, canonical, expiry);
          counts[0] += changed.changed();
          counts[1] += changed.inProgress();
        });
    queue.wake();
    return new QueueAdminRows.Changed(counts[0], counts[1]);
  }

  /// Takes a message back that is still held. MESSAGE_NOT_FOUND, CANNOT.
  ///
  /// @param account whose it has to be; 0: anybody's
  public int takeBack(String queueId, long account) {
    return rows.takeBack(queueId, account);
  }

  /// From now on, or no longer.
  public int suspend(Suspension suspension, boolean suspended) {
    int set =
        (suspension.getDomain().isEmpty() ? 0 : 1)
            + (suspension.getSender().isEmpty() ? 0 : 1)
            + (suspension.getRecipient().isEmpty() ? 0 : 1)
            + (suspension.getEverything() ? 1 : 0);
    if (set != 1) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT, "a suspension names one domain, sender or recipient, or all");
    }
    Suspension canonical =
        suspension.getDomain().isEmpty()
            ? suspension
            : suspension.toBuilder().setDomain(domain(suspension.getDomain())).build();
    int changed = suspensions.set(canonical, suspended);
    queue.wake();
    return changed;
  }

  public List<Suspension> suspensions() {
    return suspensions.all();
  }

  /// Recipients that are not finished.
  public long depth() {
    return rows.depth();
  }

  private static QueueFilter canonical(QueueFilter filter) {
    return filter.getDomain().isEmpty()
        ? filter
        : filter.toBuilder().setDomain(domain(filter.getDomain())).build();
  }

  private static String domain(String text) {
    return Address.asciiDomain(text).orElseGet(() -> text.toLowerCase(Locale.ROOT));
  }
}
