package mailwing.imap.view;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/// A mailbox as this gateway knows it, for all of one user's sessions on it: UIDs, flags, modseqs
/// and sizes, current to a modseq that the store has told. It talks to nobody: whoever asked the
/// store hands the answer in.
///
/// Sessions see it through a [SessionView], which keeps the numbering that the client was told.
public final class SharedMailbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final MailboxKey key;
  private final KeywordSets keywordSets = new KeywordSets();
  private final ChangeLog log = new ChangeLog();
  private final Set<SessionView> views = new LinkedHashSet<>();
  private final List<UidRange> unassignedRecent = new ArrayList<>();
  private MessageTable table = new MessageTable(0);
  private volatile boolean loaded;
  private volatile long modSeq;
  private volatile long furthest;
  private volatile boolean gone;
  private volatile int rights;
  private volatile long urlKeyResets;
  private int uidValidity;
  private int uidNext;
  private int recentWatermark;
  private int lastViewId;

  public SharedMailbox(MailboxKey key) {
    this.key = key;
  }

  public MailboxKey key() {
    return key;
  }

  /// All changes up to this modseq are here; 0 before anything was loaded.
  public long modSeq() {
    return modSeq;
  }

  /// The highest modseq that any message here may carry: higher than [#modSeq] while changes in
  /// between are not known yet.
  public long furthest() {
    return Math.max(furthest, modSeq);
  }

  public boolean loaded() {
    return loaded;
  }

  /// What the user may do in it, as the store's Right bits.
  public int rights() {
    return rights;
  }

  /// How often the user has reset its key of authorized URLs (RFC 4467).
  public long urlKeyResets() {
    return urlKeyResets;
  }

  /// The mailbox was deleted, or is not the user's to read any more; its sessions must end.
  public boolean gone() {
    return gone;
  }

  public void markGone() {
    gone = true;
  }

  public int uidValidity() {
    return locked(() -> uidValidity);
  }

  public int uidNext() {
    return locked(() -> uidNext);
  }

  /// Keywords met in the mailbox so far.
  public List<String> keywords() {
    return locked(keywordSets::names);
  }

  /// About what it holds, in octets.
  public long octets() {
    return locked(() -> table.octets() + log.octets() + 512);
  }

  /// Takes a whole snapshot: what it does not hold is gone.
  public void load(Changes snapshot, Head head) {
    lock.lock();
    try {
      if (loaded && head.modSeq() <= modSeq) {
        return;
      }
      BitSet removed = new BitSet();
      MessageTable whole = snapshot.messages;
      int next = 0;
      for (int index = 0; index < table.count(); index++) {
        int uid = table.uid(index);
        while (next < whole.count() && Integer.compareUnsigned(whole.uid(next), uid) < 0) {
          next++;
        }
        if (next == whole.count() || whole.uid(next) != uid) {
          removed.set(index);
        }
      }
      merge(removed, snapshot, head);
      loaded = true;
    } finally {
      lock.unlock();
    }
  }

  /// Takes what changed since a modseq that was at most [#modSeq] when it was asked for. An answer
  /// older than what is known by now says nothing new and is dropped.
  public void apply(Changes changes, Head head) {
    lock.lock();
    try {
      claimRecent(head);
      if (head.modSeq() <= modSeq) {
        return;
      }
      BitSet removed = new BitSet();
      for (UidRange range : changes.expunged) {
        int from = table.ceiling(range.first(), table.count());
        for (int index = from; index < table.count() && range.holds(table.uid(index)); index++) {
          removed.set(index);
        }
      }
      merge(removed, changes, head);
    } finally {
      lock.unlock();
    }
  }

  /// Takes the flags that a session's own STORE led to, which that session tells its client itself.
  /// Where the outcome is not what the operation makes of the flags known before, another session
  /// had a hand in it, and the change is told as that one's.
  ///
  /// @param told whether the client is told the outcome anyway (no .SILENT)
  /// @param previousModSeq the mailbox's modseq before the change; 0 if the store did not say
  public void applyOwnFlags(
      SessionView view,
      Changes outcome,
      FlagChange operation,
      boolean told,
      long previousModSeq,
      long newModSeq) {
    lock.lock();
    try {
      MessageTable after = outcome.messages;
      int index = -1;
      for (int i = 0; i < after.count(); i++) {
        index = table.indexNear(Math.max(index + 1, 0), after.uid(i), table.count());
        if (index < 0 || after.modSeq(i) <= table.modSeq(index)) {
          continue;
        }
        List<String> keywords = outcome.keywordSets.get(after.keywords(i));
        boolean expected =
            told
                || operation.leadsTo(
                    table.flags(index),
                    keywordSets.at(table.keywords(index)),
                    after.flags(i),
                    keywords);
        table.setFlags(index, after.flags(i), keywordSets.indexOf(keywords), after.modSeq(i));
        log.add(table.uid(index), expected ? view.id() : 0, table.count() * 2);
      }
      furthest = Math.max(furthest, newModSeq);
      if (previousModSeq != 0 && previousModSeq == modSeq && newModSeq > modSeq) {
        modSeq = newModSeq;
      }
    } finally {
      lock.unlock();
    }
  }

  /// Takes what a session's own STORE has made, setting or clearing system flags, of all messages
  /// from one UID to another one: of them as they are known here, since the store found the mailbox
  /// at a modseq that was known here when it was asked.
  ///
  /// @return how many messages there are
  public int applyOwnRange(
      SessionView view, UidRange uids, FlagChange operation, long previousModSeq, long newModSeq) {
    lock.lock();
    try {
      int from = table.ceiling(uids.first(), table.count());
      int index = from;
      for (; index < table.count() && uids.holds(table.uid(index)); index++) {
        int flags = operation.systemFlags(table.flags(index));
        // What came after it is known of some already.
        if (flags != table.flags(index) && table.modSeq(index) < newModSeq) {
          table.setFlags(index, flags, table.keywords(index), newModSeq);
          log.add(table.uid(index), view.id(), table.count() * 2);
        }
      }
      furthest = Math.max(furthest, newModSeq);
      if (previousModSeq == modSeq) {
        modSeq = newModSeq;
      }
      return index - from;
    } finally {
      lock.unlock();
    }
  }

  /// Takes the removal of messages by one of this gateway's sessions, if nothing unknown happened
  /// before it.
  ///
  /// @return false if it could not be taken: then the store must be asked what changed
  public boolean applyExpunged(int[] uids, long previousModSeq, long newModSeq) {
    lock.lock();
    try {
      if (newModSeq <= modSeq) {
        return true;
      }
      if (previousModSeq == 0 || previousModSeq != modSeq) {
        return false;
      }
      BitSet removed = new BitSet();
      for (int uid : uids) {
        int index = table.indexOf(uid);
        if (index >= 0) {
          removed.set(index);
        }
      }
      remove(removed);
      modSeq = newModSeq;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Opens a session's view on all messages there are.
  ///
  /// @param firstRecentUid the session's SELECT claimed the messages from here on; 0 for none
  public SessionView open(boolean readOnly, int firstRecentUid) {
    lock.lock();
    try {
      SessionView view = new SessionView(this, ++lastViewId, readOnly, firstRecentUid);
      views.add(view);
      return view;
    } finally {
      lock.unlock();
    }
  }

  void close(SessionView view) {
    lock.lock();
    try {
      views.remove(view);
      trimLog();
    } finally {
      lock.unlock();
    }
  }

  /// Whether a session is here that may claim \Recent.
  public boolean claimsRecent() {
    return locked(() -> views.stream().anyMatch(view -> !view.readOnly()));
  }

  private void merge(BitSet removed, Changes changes, Head head) {
    remove(removed);
    int[] sets = new int[changes.keywordSets.size()];
    for (int i = 1; i < sets.length; i++) {
      sets[i] = keywordSets.indexOf(changes.keywordSets.get(i));
    }
    MessageTable messages = changes.messages;
    for (int i = 0; i < messages.count(); i++) {
      int uid = messages.uid(i);
      int set = sets[messages.keywords(i)];
      if (table.count() == 0 || Integer.compareUnsigned(uid, table.lastUid()) > 0) {
        table.add(uid, messages.flags(i), set, messages.modSeq(i), messages.size(i));
        continue;
      }
      int index = table.indexOf(uid);
      if (index >= 0 && messages.modSeq(i) > table.modSeq(index)) {
        table.setFlags(index, messages.flags(i), set, messages.modSeq(i));
        log.add(uid, 0, table.count() * 2);
      }
    }
    keywordSets.addNames(head.keywords());
    uidValidity = head.uidValidity();
    rights = head.rights();
    urlKeyResets = head.urlKeyResets();
    if (Integer.compareUnsigned(head.uidNext(), uidNext) > 0) {
      uidNext = head.uidNext();
    }
    modSeq = head.modSeq();
    recentWatermark = head.firstRecentUid();
    trimLog();
  }

  private void remove(BitSet removed) {
    if (!removed.isEmpty()) {
      table = table.without(removed);
    }
  }

  private void claimRecent(Head head) {
    if (head.recentClaimed()
        && Integer.compareUnsigned(head.firstRecentUid(), head.uidNext()) < 0) {
      unassignedRecent.add(new UidRange(head.firstRecentUid(), head.uidNext() - 1));
    }
  }

  void trimLog() {
    if (!log.worthTrimming()) {
      return;
    }
    long read = log.end();
    for (SessionView view : views) {
      read = Math.min(read, view.position());
    }
    log.dropUntil(read);
  }

  <T> T locked(java.util.function.Supplier<T> read) {
    lock.lock();
    try {
      return read.get();
    } finally {
      lock.unlock();
    }
  }

  // For views, under the lock.

  MessageTable table() {
    return table;
  }

  ChangeLog log() {
    return log;
  }

  List<String> keywordsAt(int set) {
    return keywordSets.at(set);
  }

  List<String> keywordNames() {
    return keywordSets.names();
  }

  List<UidRange> unassignedRecent() {
    return unassignedRecent;
  }

  int recentWatermark() {
    return recentWatermark;
  }
}
