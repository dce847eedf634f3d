package mailwing.imap.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.imap.view.MailboxKey;
import mailwing.imap.view.SharedMailbox;
import mailwing.store.v1.MailboxRef;
import org.jspecify.annotations.Nullable;

/// The mailboxes that sessions of this gateway have open, each once for every user that has, and
/// those they had open not long ago.
///
/// What nobody has open is not kept current, only kept: the next SELECT asks for the changes since,
/// not for everything. It is forgotten, the longest unused first, when all of it is more than the
/// limit in octets.
public final class OpenMailboxes {
  private final long capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<UsersMailbox, OpenMailbox> open = new ConcurrentHashMap<>();
  private final Map<MailboxKey, List<OpenMailbox>> byMailbox = new ConcurrentHashMap<>();
  private final Map<UsersMailbox, Integer> sessions = new HashMap<>();
  private final LinkedHashMap<UsersMailbox, Unused> unused = new LinkedHashMap<>();
  private long unusedOctets;

  private record Unused(OpenMailbox mailbox, long octets) {}

  /// A mailbox as one user sees it.
  private record UsersMailbox(MailboxKey mailbox, long user) {}

  public OpenMailboxes(long capacity) {
    this.capacity = capacity;
  }

  /// A session of this user more; [#release] takes it back.
  OpenMailbox acquire(MailboxRef ref, long user) {
    MailboxKey mailboxKey = new MailboxKey(ref.getOwnerAccount(), ref.getMailboxId());
    UsersMailbox key = new UsersMailbox(mailboxKey, user);
    lock.lock();
    try {
      sessions.merge(key, 1, Integer::sum);
      OpenMailbox mailbox = open.get(key);
      if (mailbox == null) {
        Unused before = unused.remove(key);
        if (before == null) {
          mailbox = new OpenMailbox(new SharedMailbox(mailboxKey), ref, user);
        } else {
          mailbox = before.mailbox;
          unusedOctets -= before.octets;
        }
        open.put(key, mailbox);
        byMailbox.merge(mailboxKey, List.of(mailbox), OpenMailboxes::joined);
      }
      return mailbox;
    } finally {
      lock.unlock();
    }
  }

  private static List<OpenMailbox> joined(List<OpenMailbox> some, List<OpenMailbox> more) {
    List<OpenMailbox> all = new ArrayList<>(some);
    all.addAll(more);
    return List.copyOf(all);
  }

  private static @Nullable List<OpenMailbox> without(List<OpenMailbox> all, OpenMailbox one) {
    List<OpenMailbox> rest = all.stream().filter(other -> other != one).toList();
    return rest.isEmpty() ? null : rest;
  }

  void release(OpenMailbox mailbox) {
    UsersMailbox key = new UsersMailbox(mailbox.shared().key(), mailbox.user());
    lock.lock();
    try {
      int left = sessions.merge(key, -1, Integer::sum);
      if (left > 0) {
        return;
      }
      sessions.remove(key);
      open.remove(key);
      byMailbox.computeIfPresent(key.mailbox(), (_, all) -> without(all, mailbox));
      if (mailbox.shared().loaded() && !mailbox.shared().gone()) {
        Unused kept = new Unused(mailbox, mailbox.shared().octets());
        unused.put(key, kept);
        unusedOctets += kept.octets;
        Iterator<Unused> eldest = unused.values().iterator();
        while (unusedOctets > capacity && eldest.hasNext()) {
          unusedOctets -= eldest.next().octets;
          eldest.remove();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// An event: costs a look-up where nobody has the mailbox open.
  public void changed(long account, long mailbox, long modSeq, boolean deleted) {
    for (OpenMailbox found : find(account, mailbox)) {
      if (deleted) {
        found.gone();
      } else {
        found.hint(modSeq);
      }
    }
  }

  private List<OpenMailbox> find(long account, long mailbox) {
    return open.isEmpty()
        ? List.of()
        : byMailbox.getOrDefault(new MailboxKey(account, mailbox), List.of());
  }

  List<OpenMailbox> all() {
    return new ArrayList<>(open.values());
  }

  public int size() {
    return open.size();
  }
}
