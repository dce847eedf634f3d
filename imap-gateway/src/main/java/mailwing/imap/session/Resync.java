package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand.Qresync;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.UidRange;

/// Tells a client that comes back what it has missed: SELECT with QRESYNC, and UID FETCH with
/// VANISHED (RFC 7162 §3.2.5, §3.2.6).
final class Resync {
  private static final int BATCH = 500;
  private static final long MAX_UID = 0xffff_ffffL;

  private Resync() {}

  /// After SELECT's own responses; nothing where UIDVALIDITY is another.
  static void tell(Session session, Selected state, Qresync known) throws IOException {
    if (known.uidValidity() != Integer.toUnsignedLong(state.mailbox().shared().uidValidity())) {
      return;
    }
    SessionView view = state.view();
    SequenceSet uids = known.knownUids();
    List<Range> wanted = uids == null ? List.of(new Range(1, MAX_UID)) : uids.resolve(MAX_UID);
    long certain = matched(view, known);
    session.out().vanished(true, vanished(state, known.modSeq(), above(wanted, certain)));
    Targets targets = Targets.of(view, uids == null ? SequenceSet.of(1, MAX_UID) : uids, true);
    if (targets == null) {
      return;
    }
    Targets.Cursor cursor = targets.cursor();
    int[] seqs = new int[BATCH];
    int count = cursor.take(seqs, BATCH);
    while (count > 0) {
      int changed = view.keepChanged(seqs, count, known.modSeq());
      for (MessageState message : view.states(seqs, 0, changed)) {
        Announcer.fetch(session, message, true, true);
      }
      count = cursor.take(seqs, BATCH);
    }
  }

  /// The highest UID of a pair that is right: whatever vanished below it, the client knows (RFC
  /// 7162 §3.2.5.2).
  private static long matched(SessionView view, Qresync known) {
    SequenceSet numbers = known.knownSequence();
    SequenceSet uids = known.knownSequenceUids();
    if (numbers == null || uids == null) {
      return 0;
    }
    long matched = 0;
    Numbers number = new Numbers(numbers.resolve(0));
    Numbers uid = new Numbers(uids.resolve(0));
    while (true) {
      long seq = number.next();
      long expected = uid.next();
      if (seq == 0 || expected == 0 || seq > view.count()) {
        return matched;
      }
      if (Integer.toUnsignedLong(view.uid((int) seq)) == expected) {
        matched = expected;
      }
    }
  }

  /// Walks through the numbers of ranges; 0 after the last.
  private static final class Numbers {
    private final List<Range> ranges;
    private int range;
    private long next;

    Numbers(List<Range> ranges) {
      this.ranges = ranges;
    }

    long next() {
      if (range == ranges.size()) {
        return 0;
      }
      Range now = ranges.get(range);
      long number = Math.max(next, now.first());
      next = number + 1;
      if (next > now.last()) {
        range++;
        next = 0;
      }
      return number;
    }
  }

  private static List<Range> above(List<Range> ranges, long uid) {
    List<Range> above = new ArrayList<>(ranges.size());
    for (Range range : ranges) {
      if (range.last() > uid) {
        above.add(new Range(Math.max(range.first(), uid + 1), range.last()));
      }
    }
    return above;
  }

  /// Which of the wanted UIDs have been expunged since a modseq. What this session still shows is
  /// not among them: that is told as VANISHED without EARLIER. Where expunges that old are
  /// forgotten, all UIDs that are not there.
  static List<Range> vanished(Selected state, long since, List<Range> wanted) {
    List<Range> expunged = new ArrayList<>();
    try {
      for (UidRange range : state.store().expunged(state.mailbox().ref(), since)) {
        expunged.add(
            new Range(
                Integer.toUnsignedLong(range.getFirst()), Integer.toUnsignedLong(range.getLast())));
      }
    } catch (StoreException e) {
      if (e.code() != ErrorCode.STALE) {
        throw e;
      }
      long last = Integer.toUnsignedLong(state.view().lastKnownUid());
      if (last > 0) {
        expunged.add(new Range(1, last));
      }
    }
    return notShown(state.view(), both(expunged, wanted));
  }

  /// What is in both of two ascending lists.
  static List<Range> both(List<Range> some, List<Range> others) {
    List<Range> both = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < some.size() && j < others.size()) {
      Range a = some.get(i);
      Range b = others.get(j);
      long first = Math.max(a.first(), b.first());
      long last = Math.min(a.last(), b.last());
      if (first <= last) {
        both.add(new Range(first, last));
      }
      if (a.last() < b.last()) {
        i++;
      } else {
        j++;
      }
    }
    return both;
  }

  /// Without the messages of the view; costs what the ranges hold of it.
  private static List<Range> notShown(SessionView view, List<Range> ranges) {
    List<Range> gone = new ArrayList<>();
    for (Range range : ranges) {
      long from = range.first();
      int seq = view.firstSeqFrom((int) from);
      while (from <= range.last()) {
        long shown = seq <= view.count() ? Integer.toUnsignedLong(view.uid(seq)) : MAX_UID + 1;
        long until = Math.min(shown - 1, range.last());
        if (from <= until) {
          gone.add(new Range(from, until));
        }
        from = shown + 1;
        seq++;
      }
    }
    return joined(gone);
  }

  private static List<Range> joined(List<Range> ranges) {
    List<Range> joined = new ArrayList<>(ranges.size());
    for (Range range : ranges) {
      Range before = joined.isEmpty() ? null : joined.getLast();
      if (before != null && before.last() + 1 == range.first()) {
        joined.set(joined.size() - 1, new Range(before.first(), range.last()));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }
}
