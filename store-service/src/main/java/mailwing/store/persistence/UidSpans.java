package mailwing.store.persistence;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import mailwing.store.v1.UidRange;

/// UIDs as ranges that ascend, do not touch and do not overlap. UIDs are unsigned 32-bit.
public final class UidSpans {
  /// The highest UID there can be.
  public static final long MAX = 0xffff_ffffL;

  /// Every UID.
  public static final UidSpans ALL = new UidSpans(List.of(new Span(1, MAX)));

  private final List<Span> spans;

  /// From first to last, both included.
  record Span(long first, long last) {}

  private UidSpans(List<Span> spans) {
    this.spans = spans;
  }

  /// One UID.
  public static UidSpans of(long uid) {
    return new UidSpans(List.of(new Span(uid, uid)));
  }

  /// The union of ranges as the contract has them; UID 0 is nobody's.
  public static UidSpans of(List<UidRange> ranges) {
    List<Span> sorted = new ArrayList<>(ranges.size());
    for (UidRange range : ranges) {
      long first = Math.max(1, Integer.toUnsignedLong(range.getFirst()));
      long last = range.getLast() == 0 ? MAX : Integer.toUnsignedLong(range.getLast());
      if (first <= last) {
        sorted.add(new Span(first, last));
      }
    }
    sorted.sort(Comparator.comparingLong(Span::first));
    List<Span> merged = new ArrayList<>(sorted.size());
    for (Span span : sorted) {
      Span before = merged.isEmpty() ? null : merged.getLast();
      if (before != null && span.first() <= before.last() + 1) {
        merged.set(
            merged.size() - 1, new Span(before.first(), Math.max(before.last(), span.last())));
      } else {
        merged.add(span);
      }
    }
    return new UidSpans(merged);
  }

  /// The part above `uid`, and of that at most `most` ranges.
  public UidSpans above(long uid, int most) {
    List<Span> rest = new ArrayList<>();
    int low = 0;
    int high = spans.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (spans.get(middle).last() <= uid) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (int i = low; i < spans.size() && rest.size() < most; i++) {
      Span span = spans.get(i);
      rest.add(new Span(Math.max(span.first(), uid + 1), span.last()));
    }
    return new UidSpans(rest);
  }

  /// The part up to `uid`, itself included.
  public UidSpans upTo(long uid) {
    return new UidSpans(
        spans.stream()
            .filter(span -> span.first() <= uid)
            .map(span -> new Span(span.first(), Math.min(span.last(), uid)))
            .toList());
  }

  public boolean isEmpty() {
    return spans.isEmpty();
  }

  public boolean contains(long uid) {
    int low = 0;
    int high = spans.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Span span = spans.get(middle);
      if (uid < span.first()) {
        high = middle - 1;
      } else if (uid > span.last()) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  /// Is it one range?
  public boolean single() {
    return spans.size() == 1;
  }

  /// The lowest UID it holds; 0 for none.
  public long first() {
    return spans.isEmpty() ? 0 : spans.getFirst().first();
  }

  /// The highest UID it holds; 0 for none.
  public long last() {
    return spans.isEmpty() ? 0 : spans.getLast().last();
  }

  /// As PostgreSQL writes an int8multirange.
  public String multirange() {
    StringBuilder text = new StringBuilder("{");
    for (Span span : spans) {
      text.append(text.length() > 1 ? ",[" : "[")
          .append(span.first())
          .append(',')
          .append(span.last())
          .append(']');
    }
    return text.append('}').toString();
  }

  Long[] firsts() {
    return spans.stream().map(Span::first).toArray(Long[]::new);
  }

  Long[] lasts() {
    return spans.stream().map(Span::last).toArray(Long[]::new);
  }
}
