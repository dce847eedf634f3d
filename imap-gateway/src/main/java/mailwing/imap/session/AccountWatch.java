package mailwing.imap.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import mailwing.gateway.StoreException;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.ListMetadataChangesRequest;
import mailwing.store.v1.ListMetadataChangesResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.MetadataChange;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an account can see of mailboxes, kept current for the sessions of this gateway that watch
/// it by NOTIFY (RFC 5465). The store is asked once for all of them.
///
/// Events are hints: one about messages has the mailbox's status asked for, any other has all
/// mailboxes listed again. So nothing is lost with an event, but for the time until the next.
final class AccountWatch {
  private static final Logger LOG = LoggerFactory.getLogger(AccountWatch.class);
  private static final long RETRY_MILLIS = 500;

  /// Changes of annotations that are kept for sessions that were not told yet.
  private static final int METADATA_KEPT = 1000;

  private static final ListMailboxesRequest ALL =
      ListMailboxesRequest.newBuilder()
          .setWithStatus(true)
          .setWithNonexistent(true)
          .setWithShared(true)
          .build();

  /// An annotation that was set or removed; mailbox 0 is the server.
  record Annotation(MailboxKey mailbox, String name) {}

  private final long account;
  private final HeadChecks heads;
  private final Consumer<AccountWatch> ownersChanged;
  private final ReentrantLock syncing = new ReentrantLock();
  private final Map<Runnable, MailStore> watchers = new ConcurrentHashMap<>();
  private final Set<MailboxKey> changed = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean listAgain = new AtomicBoolean(true);
  private final AtomicBoolean catchingUp = new AtomicBoolean();
  private final ArrayDeque<Annotation> metadata = new ArrayDeque<>();
  private volatile WatchedMailboxes now = WatchedMailboxes.NONE;
  private volatile long metadataEnd;
  private final Map<Long, ListMetadataChangesResponse> goOnFrom = new HashMap<>();

  /// @param ownersChanged told when mailboxes of other owners may have come or gone
  AccountWatch(long account, HeadChecks heads, Consumer<AccountWatch> ownersChanged) {
    this.account = account;
    this.heads = heads;
    this.ownersChanged = ownersChanged;
  }

  long account() {
    return account;
  }

  void watch(Runnable told, MailStore store) {
    watchers.put(told, store);
  }

  void unwatch(Runnable told) {
    watchers.remove(told);
  }

  /// As far as is known.
  WatchedMailboxes now() {
    return now;
  }

  /// Where changes of annotations end now.
  long metadataEnd() {
    return metadataEnd;
  }

  /// Changes of annotations since a position; null where they are not kept so long.
  @Nullable List<Annotation> metadataSince(long position) {
    syncing.lock();
    try {
      long base = metadataEnd - metadata.size();
      if (position < base) {
        return null;
      }
      return metadata.stream().skip(position - base).toList();
    } finally {
      syncing.unlock();
    }
  }

  /// Something happened in a mailbox, 0: to mailboxes.
  void hint(MailboxKey mailbox, long modSeq, boolean deleted) {
    WatchedMailbox known = now.find(mailbox);
    boolean own = mailbox.account() == account;
    if (mailbox.mailbox() == 0 || (known == null ? own : deleted)) {
      listAgain.set(true);
    } else if (known == null || known.status().getHighestModseq() >= modSeq) {
      return;
    } else {
      changed.add(mailbox);
    }
    if (!watchers.isEmpty() && catchingUp.compareAndSet(false, true)) {
      Thread.ofVirtual().name("catch-up").start(this::catchUp);
    }
  }

  /// Events may have been lost.
  void hintAll() {
    hint(new MailboxKey(account, 0), 0, false);
  }

  private void catchUp() {
    while (true) {
      if (!trySync()) {
        try {
          Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
      if (watchers.isEmpty() || !behind()) {
        catchingUp.set(false);
        if (watchers.isEmpty() || !behind() || !catchingUp.compareAndSet(false, true)) {
          return;
        }
      }
    }
  }

  private boolean behind() {
    return listAgain.get() || !changed.isEmpty();
  }

  /// Under the first session's token that the store takes.
  private boolean trySync() {
    for (MailStore store : watchers.values()) {
      try {
        sync(store);
        return true;
      } catch (StoreException e) {
        LOG.debug("event=watch-failed error={}", e.code());
        if (e.code() == ErrorCode.UNAVAILABLE) {
          return false;
        }
      } catch (RuntimeException e) {
        LOG.error("event=watch-failed", e);
        listAgain.set(true);
        return false;
      }
    }
    return false;
  }

  /// Lists all mailboxes again, whatever is known.
  void refresh(MailStore store) {
    listAgain.set(true);
    sync(store);
  }

  private void sync(MailStore store) {
    WatchedMailboxes before = now;
    syncing.lock();
    try {
      boolean list = listAgain.getAndSet(false);
      List<MailboxKey> some = new ArrayList<>(changed);
      some.forEach(changed::remove);
      try {
        if (list) {
          now = now.listed(store.list(ALL), account);
          takeMetadata(store, account);
          Set<Long> owners = now.owners();
          owners.remove(account);
          owners.forEach(owner -> takeMetadata(store, owner));
        } else if (!some.isEmpty()) {
          statuses(store, some);
        }
      } catch (StoreException e) {
        listAgain.set(true);
        throw e;
      }
      if (list) {
        ownersChanged.accept(this);
      }
    } finally {
      syncing.unlock();
    }
    if (now != before) {
      tellAll();
    }
  }

  private void takeMetadata(MailStore store, long owner) {
    ListMetadataChangesRequest.Builder request =
        ListMetadataChangesRequest.newBuilder().setOwnerAccount(owner);
    ListMetadataChangesResponse from = goOnFrom.get(owner);
    if (from != null) {
      request.setSinceChangeSeq(from.getChangeSeq());
      if (owner == account) {
        request.setSinceServerSeq(from.getServerSeq());
      }
    }
    ListMetadataChangesResponse response = store.metadataChanges(request.build());
    for (MetadataChange change : response.getChangesList()) {
      metadata.add(new Annotation(new MailboxKey(owner, change.getMailboxId()), change.getName()));
      if (metadata.size() > METADATA_KEPT) {
        metadata.remove();
      }
    }
    long end = metadataEnd + response.getChangesCount();
    metadataEnd = end;
    goOnFrom.put(owner, response.toBuilder().clearChanges().build());
  }

  private void statuses(MailStore store, List<MailboxKey> keys) {
    List<StatusQuery> queries = new ArrayList<>(keys.size());
    for (MailboxKey key : keys) {
      queries.add(
          StatusQuery.newBuilder()
              .setRef(
                  MailboxRef.newBuilder()
                      .setOwnerAccount(key.account())
                      .setMailboxId(key.mailbox()))
              .setToken(store.token())
              .build());
    }
    Map<MailboxKey, MailboxStatus> found = new HashMap<>();
    for (int i = 0; i < queries.size(); i += HeadChecks.MAX_BATCH) {
      int end = Math.min(queries.size(), i + HeadChecks.MAX_BATCH);
      List<StatusResult> results = heads.call(queries.subList(i, end));
      for (int k = 0; k < results.size(); k++) {
        StatusResult result = results.get(k);
        if (result.getError() == ErrorCode.ERROR_CODE_UNSPECIFIED) {
          found.put(keys.get(i + k), result.getStatus());
        } else {
          // Gone, or no longer ours to see: the list says what is left.
          listAgain.set(true);
        }
      }
    }
    now = now.with(found);
  }

  private void tellAll() {
    watchers.keySet().forEach(Runnable::run);
  }
}
