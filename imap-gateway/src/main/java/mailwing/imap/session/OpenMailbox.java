package mailwing.imap.session;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.gateway.StoreException;
import mailwing.imap.view.SharedMailbox;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A mailbox that a user's sessions on this gateway have open: what is known of it, how it is kept
/// current, and whom to tell. Another user's sessions on it see another \Seen, and have their own.
///
/// The store is asked once for all of them, however many want to know at the same time.
public final class OpenMailbox {
  private static final Logger LOG = LoggerFactory.getLogger(OpenMailbox.class);
  private static final long RETRY_MILLIS = 500;

  private final SharedMailbox shared;
  private final MailboxRef ref;
  private final long user;
  private final ReentrantLock syncing = new ReentrantLock();
  private final Map<Runnable, MailStore> watchers = new ConcurrentHashMap<>();
  private final AtomicLong wanted = new AtomicLong();
  private final AtomicBoolean catchingUp = new AtomicBoolean();

  OpenMailbox(SharedMailbox shared, MailboxRef ref, long user) {
    this.shared = shared;
    this.ref = ref;
    this.user = user;
  }

  public SharedMailbox shared() {
    return shared;
  }

  MailboxRef ref() {
    return ref;
  }

  /// The account whose sessions these are.
  long user() {
    return user;
  }

  boolean is(MailboxRef other) {
    return ref.getMailboxId() == other.getMailboxId()
        && ref.getOwnerAccount() == other.getOwnerAccount();
  }

  /// The store says so of a mailbox that is not there, or not the user's to read any more.
  static boolean isGone(ErrorCode error) {
    return error == ErrorCode.MAILBOX_NOT_FOUND || error == ErrorCode.PERMISSION_DENIED;
  }

  void watch(Runnable told, MailStore store) {
    watchers.put(told, store);
  }

  void unwatch(Runnable told) {
    watchers.remove(told);
  }

  /// One of the sessions that have it open, for calls in the name of all; null for none.
  @org.jspecify.annotations.Nullable
  MailStore anySession() {
    for (MailStore store : watchers.values()) {
      return store;
    }
    return null;
  }

  /// Makes sure that all changes up to a modseq are known, asking the store if need be.
  void ensure(MailStore store, long modSeq) {
    if (shared.loaded() && shared.modSeq() >= modSeq) {
      return;
    }
    boolean moved = false;
    syncing.lock();
    try {
      if (!shared.loaded() || shared.modSeq() < modSeq) {
        ask(store);
        moved = true;
      }
    } catch (StoreException e) {
      if (isGone(e.code())) {
        gone();
      }
      throw e;
    } finally {
      syncing.unlock();
    }
    if (moved) {
      tellAll();
    }
  }

  /// As [#ensure]; what the store cannot tell now comes later.
  void tryEnsure(MailStore store, long modSeq) {
    try {
      ensure(store, modSeq);
    } catch (StoreException e) {
      hint(modSeq);
    }
  }

  private void ask(MailStore store) {
    if (shared.loaded()) {
      try {
        MailStore.Answer answer = store.changes(ref, shared.modSeq(), shared.claimsRecent());
        shared.apply(answer.changes(), answer.head());
        return;
      } catch (StoreException e) {
        if (e.code() != ErrorCode.STALE) {
          throw e;
        }
      }
    }
    MailStore.Answer answer = store.snapshot(ref);
    shared.load(answer.changes(), answer.head());
  }

  /// Something said that the mailbox has come to this modseq: catches up in the background.
  void hint(long modSeq) {
    if (modSeq <= shared.modSeq() || watchers.isEmpty()) {
      return;
    }
    wanted.accumulateAndGet(modSeq, Math::max);
    if (catchingUp.compareAndSet(false, true)) {
      Thread.ofVirtual().name("catch-up").start(this::catchUp);
    }
  }

  private void catchUp() {
    while (true) {
      long target = wanted.get();
      if (!tryReach(target)) {
        try {
          Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
      if (watchers.isEmpty() || shared.gone() || shared.modSeq() >= wanted.get()) {
        catchingUp.set(false);
        boolean more = !watchers.isEmpty() && !shared.gone() && shared.modSeq() < wanted.get();
        if (!more || !catchingUp.compareAndSet(false, true)) {
          return;
        }
      }
    }
  }

  /// Under the first session's token that the store takes.
  private boolean tryReach(long modSeq) {
    for (MailStore store : watchers.values()) {
      try {
        ensure(store, modSeq);
        return true;
      } catch (StoreException e) {
        LOG.debug("event=catch-up-failed error={}", e.code());
        if (isGone(e.code()) || e.code() == ErrorCode.UNAVAILABLE) {
          return false;
        }
      }
    }
    return false;
  }

  /// The mailbox does not exist any more for this user: its sessions must end.
  void gone() {
    shared.markGone();
    tellAll();
  }

  /// Wakes the sessions that wait to be told.
  void tellAll() {
    watchers.keySet().forEach(Runnable::run);
  }
}
