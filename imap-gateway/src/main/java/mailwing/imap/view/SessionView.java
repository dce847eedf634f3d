package mailwing.imap.view;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A session's own numbering: the messages its client was told of, in the order of the numbers it
/// was told.
///
/// It is a prefix of a table that the mailbox had at some time, so it costs a few words while it is
/// current, and holds an old table only until its client has been told what was expunged. While an
/// EXPUNGE is held back, EXISTS is too.
///
/// Used by one thread at a time (the session's lock); the mailbox's lock guards what is shared.
public final class SessionView {
  private final SharedMailbox mailbox;
  private final int id;
  private final boolean readOnly;
  private final List<UidRange> recent = new ArrayList<>();
  private List<UidRange> saved = List.of();
  private MessageTable table;
  private int count;
  private volatile long position;
  private long toldModSeq;
  private long wholeModSeq;
  private boolean passedOver;
  private final int uidNext;
  private int toldKeywords;
  private int toldRights;
  private long toldUrlKeyResets;

  SessionView(SharedMailbox mailbox, int id, boolean readOnly, int firstRecentUid) {
    this.mailbox = mailbox;
    this.id = id;
    this.readOnly = readOnly;
    table = mailbox.table();
    count = table.count();
    position = mailbox.log().end();
    toldModSeq = mailbox.modSeq();
    wholeModSeq = toldModSeq;
    uidNext = mailbox.uidNext();
    toldKeywords = mailbox.keywordNames().size();
    toldRights = mailbox.rights();
    toldUrlKeyResets = mailbox.urlKeyResets();
    if (firstRecentUid != 0) {
      recent.add(new UidRange(firstRecentUid, table.lastUid()));
    }
    takeRecent(0);
  }

  public SharedMailbox mailbox() {
    return mailbox;
  }

  int id() {
    return id;
  }

  long position() {
    return position;
  }

  public boolean readOnly() {
    return readOnly;
  }

  /// All changes up to this modseq have been told: while an EXPUNGE is held back it stays behind
  /// (RFC 7162 §3.2).
  public long highestModSeq() {
    return wholeModSeq;
  }

  /// UIDNEXT when the mailbox was opened.
  public int uidNext() {
    return uidNext;
  }

  /// The highest UID (unsigned) up to which a message that is not in this view is not in the
  /// mailbox.
  public int lastKnownUid() {
    int last = count == 0 ? 0 : table.uid(count - 1);
    return Integer.compareUnsigned(last, uidNext - 1) > 0 ? last : uidNext - 1;
  }

  /// Keeps of the first `length` numbers those whose message has a higher modseq and is still
  /// there; how many.
  public int keepChanged(int[] seqs, int length, long since) {
    return mailbox.locked(
        () -> {
          MessageTable current = mailbox.table();
          int kept = 0;
          for (int i = 0; i < length; i++) {
            int index = current == table ? seqs[i] - 1 : current.indexOf(uid(seqs[i]));
            if (index >= 0 && current.modSeq(index) > since) {
              seqs[kept++] = seqs[i];
            }
          }
          return kept;
        });
  }

  /// How many messages the client knows of.
  public int count() {
    return count;
  }

  /// The UID of the message with this number, 1 to [#count].
  public int uid(int seq) {
    return table.uid(seq - 1);
  }

  /// The number of the message with this UID, 0 if the client knows of none.
  public int seq(int uid) {
    int index = table.indexOf(uid, count);
    return index < 0 ? 0 : index + 1;
  }

  /// As [#seq(int)], for UIDs that mostly follow each other.
  ///
  /// @param before the number, or 0, of the one before
  public int seq(int uid, int before) {
    int index = table.indexNear(before, uid, count);
    return index < 0 ? 0 : index + 1;
  }

  /// The number of the first message whose UID is at least this; one more than [#count] if there is
  /// none.
  public int firstSeqFrom(int uid) {
    return table.ceiling(uid, count) + 1;
  }

  /// The number of the last message whose UID is at most this; 0 if there is none.
  public int lastSeqUpTo(int uid) {
    int index = table.indexOf(uid, count);
    return index >= 0 ? index + 1 : -index - 1;
  }

  public boolean isRecent(int uid) {
    for (int i = 0; i < recent.size(); i++) {
      if (recent.get(i).holds(uid)) {
        return true;
      }
    }
    return false;
  }

  public int recentCount() {
    int total = 0;
    for (UidRange range : recent) {
      if (Integer.compareUnsigned(range.first(), range.last()) <= 0) {
        total += lastSeqUpTo(range.last()) - firstSeqFrom(range.first()) + 1;
      }
    }
    return total;
  }

  /// The number of the first message without \Seen, 0 if there is none (RFC 3501 §7.1, UNSEEN).
  public int firstUnseen(int seenBit) {
    return mailbox.locked(
        () -> {
          MessageTable current = mailbox.table();
          for (int seq = 1; seq <= count; seq++) {
            boolean same = current == table;
            int index = same ? seq - 1 : current.indexOf(uid(seq));
            if (index >= 0 && (current.flags(index) & seenBit) == 0) {
              return seq;
            }
          }
          return 0;
        });
  }

  /// The present state of messages of this view, in the order of the numbers given.
  public List<MessageState> states(int[] seqs, int from, int to) {
    return mailbox.locked(
        () -> {
          List<MessageState> states = new ArrayList<>(to - from);
          for (int i = from; i < to; i++) {
            states.add(state(seqs[i]));
          }
          return states;
        });
  }

  /// What is asked of a message in a search.
  @FunctionalInterface
  public interface Test {
    boolean test(int uid, int systemFlags, long size);
  }

  /// UIDs of the messages of this view that are still there and pass, in the order of the numbers.
  public int[] find(Test test) {
    return mailbox.locked(
        () -> {
          MessageTable current = mailbox.table();
          int[] found = new int[16];
          int passed = 0;
          for (int i = 0; i < count; i++) {
            int uid = table.uid(i);
            int now = current == table ? i : current.indexOf(uid);
            if (now >= 0 && test.test(uid, current.flags(now), current.size(now))) {
              if (passed == found.length) {
                found = Arrays.copyOf(found, passed * 2);
              }
              found[passed++] = uid;
            }
          }
          return Arrays.copyOf(found, passed);
        });
  }

  /// RFC822.SIZE of a message of this view, in octets.
  public long size(int seq) {
    return table.size(seq - 1);
  }

  /// Something to tell may be there.
  public boolean mayBeBehind() {
    return mailbox.locked(
        () ->
            table != mailbox.table()
                || count != table.count()
                || position != mailbox.log().end()
                || wholeModSeq != mailbox.modSeq()
                || toldKeywords != mailbox.keywordNames().size()
                || toldRights != mailbox.rights()
                || toldUrlKeyResets < mailbox.urlKeyResets());
  }

  /// The client knows of so many resets of its key of authorized URLs.
  public void toldUrlKeyResets(long resets) {
    toldUrlKeyResets = resets;
  }

  /// Moves the view on to the mailbox's present state, as far as the client may be told now.
  ///
  /// @param expungeAllowed not while FETCH, STORE or SEARCH by number is answered (RFC 9051 §7.5.1)
  public ViewUpdates advance(boolean expungeAllowed) {
    return advance(expungeAllowed, true, true);
  }

  /// As [#advance(boolean)], for a client that does not want to know of everything.
  ///
  /// @param arrivals false: new messages stay out of the view
  /// @param flags false: changed flags are passed over, and never told
  public ViewUpdates advance(boolean expungeAllowed, boolean arrivals, boolean flags) {
    return mailbox.locked(() -> advanceLocked(expungeAllowed, arrivals, flags));
  }

  /// What `$` means (RFC 9051 §6.4.4.1): UIDs, ascending; those that are gone by then are no one's.
  public List<UidRange> saved() {
    return saved;
  }

  public void save(List<UidRange> uids) {
    saved = List.copyOf(uids);
  }

  public void close() {
    mailbox.close(this);
  }

  private ViewUpdates advanceLocked(boolean expungeAllowed, boolean arrivals, boolean flags) {
    MessageTable current = mailbox.table();
    List<Integer> expungedSeqs = List.of();
    List<Integer> expungedUids = List.of();
    if (table != current && expungeAllowed) {
      expungedSeqs = new ArrayList<>();
      expungedUids = new ArrayList<>();
      int kept = moveTo(current, expungedSeqs, expungedUids);
      table = current;
      count = kept;
    }
    List<MessageState> changed = changedStates(current);
    List<UidRange> touched = new ArrayList<>();
    touched(touched, changedSeqs(current, true));
    if (!flags && !changed.isEmpty()) {
      changed = List.of();
      passedOver = true;
    }
    position = mailbox.log().end();
    toldModSeq = mailbox.modSeq();
    mailbox.trimLog();
    int exists = -1;
    int from = count;
    if (arrivals && table == current && current.count() > count) {
      count = current.count();
      touched.add(new UidRange(table.uid(from), table.uid(count - 1)));
      takeRecent(from);
      exists = count;
    }
    if (table == current && count == current.count() && !passedOver) {
      wholeModSeq = mailbox.modSeq();
    }
    List<String> keywords = mailbox.keywordNames();
    boolean moreKeywords = keywords.size() > toldKeywords;
    toldKeywords = keywords.size();
    boolean otherRights = toldRights != mailbox.rights();
    toldRights = mailbox.rights();
    boolean urlKeyReset = toldUrlKeyResets < mailbox.urlKeyResets();
    toldUrlKeyResets = Math.max(toldUrlKeyResets, mailbox.urlKeyResets());
    return new ViewUpdates(
        expungedSeqs,
        expungedUids,
        exists,
        from + 1,
        recentCount(),
        moreKeywords ? keywords : List.of(),
        otherRights,
        urlKeyReset,
        changed,
        touched);
  }

  private void touched(List<UidRange> touched, int[] seqs) {
    for (int i = 0; i < seqs.length; ) {
      int from = i++;
      while (i < seqs.length && seqs[i] <= seqs[i - 1] + 1) {
        i++;
      }
      touched.add(new UidRange(uid(seqs[from]), uid(seqs[i - 1])));
    }
  }

  private int moveTo(MessageTable current, List<Integer> seqs, List<Integer> uids) {
    int next = 0;
    for (int index = 0; index < count; index++) {
      int uid = table.uid(index);
      if (next < current.count() && current.uid(next) == uid) {
        next++;
      } else {
        seqs.add(index + 1);
        uids.add(uid);
      }
    }
    java.util.Collections.reverse(seqs);
    return next;
  }

  private List<MessageState> changedStates(MessageTable current) {
    int[] seqs = changedSeqs(current, false);
    List<MessageState> states = new ArrayList<>(seqs.length);
    for (int i = 0; i < seqs.length; i++) {
      if (i == 0 || seqs[i] != seqs[i - 1]) {
        states.add(state(seqs[i]));
      }
    }
    return states;
  }

  /// Ascending; some may stand twice.
  ///
  /// @param own also what this view's session changed and told itself
  private int[] changedSeqs(MessageTable current, boolean own) {
    ChangeLog log = mailbox.log();
    if (position == log.end()) {
      return new int[0];
    }
    int[] seqs;
    int found = 0;
    if (position < log.base()) {
      seqs = new int[count];
      for (int seq = 1; seq <= count; seq++) {
        int index = current == table ? seq - 1 : current.indexOf(uid(seq));
        if (index >= 0 && current.modSeq(index) > toldModSeq) {
          seqs[found++] = seq;
        }
      }
    } else {
      seqs = new int[(int) (log.end() - position)];
      int seq = 0;
      for (long at = position; at < log.end(); at++) {
        if (log.origin(at) == id && !own) {
          continue;
        }
        seq = seq(log.uid(at), seq);
        if (seq != 0 && (current == table || current.indexOf(log.uid(at)) >= 0)) {
          seqs[found++] = seq;
        }
      }
      Arrays.sort(seqs, 0, found);
    }
    return Arrays.copyOf(seqs, found);
  }

  private MessageState state(int seq) {
    MessageTable current = mailbox.table();
    MessageTable from = table;
    int index = seq - 1;
    int uid = table.uid(index);
    boolean expunged = false;
    if (current != table) {
      int now = current.indexOf(uid);
      expunged = now < 0;
      if (!expunged) {
        from = current;
        index = now;
      }
    }
    return new MessageState(
        seq,
        uid,
        from.flags(index),
        mailbox.keywordsAt(from.keywords(index)),
        isRecent(uid),
        from.modSeq(index),
        from.size(index),
        expunged);
  }

  /// Makes the messages from this index on \Recent in this view, as far as no other view has them.
  private void takeRecent(int from) {
    if (count == from) {
      return;
    }
    int last = table.uid(count - 1);
    if (readOnly) {
      int watermark = mailbox.recentWatermark();
      int first = table.uid(from);
      first = Integer.compareUnsigned(first, watermark) > 0 ? first : watermark;
      if (watermark != 0 && Integer.compareUnsigned(first, last) <= 0) {
        addRecent(new UidRange(first, last));
      }
      return;
    }
    List<UidRange> unassigned = mailbox.unassignedRecent();
    for (int i = 0; i < unassigned.size(); i++) {
      UidRange range = unassigned.get(i);
      if (Integer.compareUnsigned(range.first(), last) > 0) {
        continue;
      }
      if (Integer.compareUnsigned(range.last(), last) <= 0) {
        addRecent(range);
        unassigned.remove(i--);
      } else {
        addRecent(new UidRange(range.first(), last));
        unassigned.set(i, new UidRange(last + 1, range.last()));
      }
    }
  }

  /// Keeps the list as short as the view's gaps allow.
  private void addRecent(UidRange range) {
    UidRange before = recent.isEmpty() ? null : recent.getLast();
    if (before != null && lastSeqUpTo(before.last()) + 1 >= firstSeqFrom(range.first())) {
      recent.set(recent.size() - 1, new UidRange(before.first(), range.last()));
    } else {
      recent.add(range);
    }
  }
}
