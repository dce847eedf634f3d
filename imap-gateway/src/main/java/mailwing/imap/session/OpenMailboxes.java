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

/// The mailboxes that sessions of this gateway have open, and those they had open not long ago.
///
/// What nobody has open is not kept current, only kept: the next SELECT asks for the changes since,
/// not for everything. It is forgotten, the longest unused first, when all of it is more than the
/// limit in octets.
public final class OpenMailboxes {
  private final long capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<MailboxKey, OpenMailbox> open = new ConcurrentHashMap<>();
  private final Map<MailboxKey, Integer> users = new HashMap<>();
  private final LinkedHashMap<MailboxKey, Unused> unused = new LinkedHashMap<>();
  private long unusedOctets;

  private record Unused(OpenMailbox mailbox, long octets) {}

  public OpenMailboxes(long capacity) {
    this.capacity = capacity;
  }

  /// A user more; [#release] takes it back.
  OpenMailbox acquire(MailboxKey key, MailboxRef ref) {
    lock.lock();
    try {
      users.merge(key, 1, Integer::sum);
      OpenMailbox mailbox = open.get(key);
      if (mailbox == null) {
        Unused before = unused.remove(key);
        if (before == null) {
          mailbox = new OpenMailbox(new SharedMailbox(key), ref);
        } else {
          mailbox = before.mailbox;
          unusedOctets -= before.octets;
        }
        open.put(key, mailbox);
      }
      return mailbox;
    } finally {
      lock.unlock();
    }
  }

  void release(OpenMailbox mailbox) {
    MailboxKey key = mailbox.shared().key();
    lock.lock();
    try {
      int left = users.merge(key, -1, Integer::sum);
      if (left > 0) {
        return;
      }
      users.remove(key);
      open.remove(key);
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
    OpenMailbox found = find(account, mailbox);
    if (found != null) {
      if (deleted) {
        found.gone();
      } else {
        found.hint(modSeq);
      }
    }
  }

  private @Nullable OpenMailbox find(long account, long mailbox) {
    return open.isEmpty() ? null : open.get(new MailboxKey(account, mailbox));
  }

  List<OpenMailbox> all() {
    return new ArrayList<>(open.values());
  }

  public int size() {
    return open.size();
  }
}
