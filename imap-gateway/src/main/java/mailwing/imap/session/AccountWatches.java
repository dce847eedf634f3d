package mailwing.imap.session;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.imap.view.MailboxKey;
import org.jspecify.annotations.Nullable;

/// The accounts that sessions of this gateway watch, and whose events matter to which.
public final class AccountWatches {
  private final HeadChecks heads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Long, AccountWatch> watches = new ConcurrentHashMap<>();
  private final Map<AccountWatch, Integer> users = new HashMap<>();
  private final Map<AccountWatch, Set<Long>> seen = new HashMap<>();

  /// Watches that see mailboxes of an owner.
  private final Map<Long, Set<AccountWatch>> byOwner = new ConcurrentHashMap<>();

  AccountWatches(HeadChecks heads) {
    this.heads = heads;
  }

  /// A session more that watches its account; [#leave] takes it back. Asks the store.
  AccountWatch join(MailStore store, Runnable told) {
    AccountWatch watch;
    lock.lock();
    try {
      watch =
          watches.computeIfAbsent(
              store.account(), account -> new AccountWatch(account, heads, this::ownersChanged));
      if (users.merge(watch, 1, Integer::sum) == 1) {
        see(watch, Set.of(watch.account()));
      }
    } finally {
      lock.unlock();
    }
    watch.watch(told, store);
    try {
      watch.refresh(store);
      return watch;
    } catch (RuntimeException e) {
      leave(watch, told);
      throw e;
    }
  }

  void leave(AccountWatch watch, Runnable told) {
    watch.unwatch(told);
    lock.lock();
    try {
      if (users.merge(watch, -1, Integer::sum) == 0) {
        users.remove(watch);
        watches.remove(watch.account());
        see(watch, Set.of());
      }
    } finally {
      lock.unlock();
    }
  }

  private void ownersChanged(AccountWatch watch) {
    Set<Long> owners = watch.now().owners();
    owners.add(watch.account());
    lock.lock();
    try {
      if (users.containsKey(watch)) {
        see(watch, owners);
      }
    } finally {
      lock.unlock();
    }
  }

  private void see(AccountWatch watch, Set<Long> owners) {
    for (long owner : seen.getOrDefault(watch, Set.of())) {
      Set<AccountWatch> watching = byOwner.get(owner);
      if (watching != null && !owners.contains(owner)) {
        watching.remove(watch);
        if (watching.isEmpty()) {
          byOwner.remove(owner);
        }
      }
    }
    for (long owner : owners) {
      byOwner.computeIfAbsent(owner, o -> ConcurrentHashMap.newKeySet()).add(watch);
    }
    if (owners.isEmpty()) {
      seen.remove(watch);
    } else {
      seen.put(watch, owners);
    }
  }

  /// An event: costs a look-up where nobody watches.
  public void changed(long account, long mailbox, long modSeq, boolean deleted) {
    if (account == 0) {
      revalidate();
      return;
    }
    @Nullable Set<AccountWatch> watching = byOwner.get(account);
    if (watching != null) {
      MailboxKey key = new MailboxKey(account, mailbox);
      watching.forEach(watch -> watch.hint(key, modSeq, deleted));
    }
  }

  /// Events may have been lost: everything is asked for.
  void revalidate() {
    watches.values().forEach(AccountWatch::hintAll);
  }

  public int size() {
    return watches.size();
  }
}
