package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// The messages of a view that a sequence set means, as ranges of numbers: a set costs what its
/// ranges cost, not what they span.
final class Targets {
  private static final int BATCH = 500;

  private record Span(int first, int last) {}

  private final SessionView view;
  private final List<Span> spans = new ArrayList<>();

  private Targets(SessionView view) {
    this.view = view;
  }

  /// UIDs that are not there are passed over (RFC 9051 §6.4.9); a number beyond the last message is
  /// an error (§9, seq-number), answered by null. `n:*` always holds the last message, whatever n.
  static @Nullable Targets of(SessionView view, SequenceSet set, boolean uid) {
    Targets targets = new Targets(view);
    int count = view.count();
    if (set.isSavedResult()) {
      for (var range : view.saved()) {
        targets.add(view.firstSeqFrom(range.first()), view.lastSeqUpTo(range.last()));
      }
      return targets;
    }
    if (uid) {
      long max = count == 0 ? 0 : Integer.toUnsignedLong(view.uid(count));
      for (SequenceSet.Range range : set.resolve(max)) {
        targets.add(view.firstSeqFrom((int) range.first()), view.lastSeqUpTo((int) range.last()));
      }
      return targets;
    }
    if (count == 0 || (set.largest() > count && !set.hasStar())) {
      return null;
    }
    for (SequenceSet.Range range : set.resolve(count)) {
      targets.add((int) Math.min(range.first(), count), (int) Math.min(range.last(), count));
    }
    return targets;
  }

  private void add(int first, int last) {
    if (first <= last && last > 0) {
      spans.add(new Span(first, last));
    }
  }

  boolean isEmpty() {
    return spans.isEmpty();
  }

  int count() {
    int count = 0;
    for (Span span : spans) {
      count += span.last - span.first + 1;
    }
    return count;
  }

  /// Those at the places of a range (RFC 9394 §3.3).
  Targets partial(PartialRange range) {
    Partial places = Partial.of(range, count());
    Targets some = new Targets(view);
    int before = 0;
    for (Span span : spans) {
      int first = span.first + Math.max(0, places.from() - before);
      int length = span.last - span.first + 1;
      int last = span.last - Math.max(0, before + length - places.to());
      some.add(first, last);
      before += length;
    }
    return some;
  }

  /// Those that are so now, as far as the gateway knows.
  Targets where(Predicate<MessageState> is) {
    Targets some = new Targets(view);
    Cursor cursor = cursor();
    int[] seqs = new int[BATCH];
    int first = 0;
    int last = 0;
    int count = cursor.take(seqs, BATCH);
    while (count > 0) {
      for (MessageState message : view.states(seqs, 0, count)) {
        if (!is.test(message)) {
          continue;
        }
        if (first == 0 || message.seq() != last + 1) {
          some.add(first, last);
          first = message.seq();
        }
        last = message.seq();
      }
      count = cursor.take(seqs, BATCH);
    }
    some.add(first, last);
    return some;
  }

  /// Nothing of the mailbox lies between neighbours of the view but what was expunged, so a run of
  /// numbers is a run of UIDs.
  List<UidRange> uidRanges() {
    List<UidRange> ranges = new ArrayList<>(spans.size());
    for (Span span : spans) {
      ranges.add(
          UidRange.newBuilder()
              .setFirst(view.uid(span.first))
              .setLast(view.uid(span.last))
              .build());
    }
    return ranges;
  }

  /// Walks through the numbers, ascending.
  final class Cursor {
    private int span;
    private int next = spans.isEmpty() ? 0 : spans.getFirst().first;

    /// Up to `max` numbers more into `seqs`; how many there were.
    int take(int[] seqs, int max) {
      int taken = 0;
      while (taken < max && span < spans.size()) {
        seqs[taken++] = next;
        if (next < spans.get(span).last) {
          next++;
        } else if (++span < spans.size()) {
          next = spans.get(span).first;
        }
      }
      return taken;
    }
  }

  Cursor cursor() {
    return new Cursor();
  }
}
