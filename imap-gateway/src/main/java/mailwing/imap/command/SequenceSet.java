package mailwing.imap.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// A sequence-set (RFC 9051 §9): ranges as the client wrote them, `*` open until resolved.
///
/// A set costs two ints a range, whatever the ranges span. Numbers are unsigned 32-bit.
public final class SequenceSet {
  /// Stands for `*`; 0 is no message number.
  private static final int STAR = 0;

  private static final SequenceSet SAVED = new SequenceSet(new int[0], true);

  /// first, last, first, last, ...
  private final int[] bounds;

  private final boolean saved;

  private SequenceSet(int[] bounds, boolean saved) {
    this.bounds = bounds;
    this.saved = saved;
  }

  /// `$`, the result of the last SEARCH RETURN (SAVE) (RFC 9051 §6.4.4.1).
  public static SequenceSet savedResult() {
    return SAVED;
  }

  /// Numbers from `first` to `last`, where 0 is `*`.
  public static SequenceSet of(long first, long last) {
    return new Builder().add(first, last).build();
  }

  /// One number, where 0 is `*`.
  public static SequenceSet of(long number) {
    return of(number, number);
  }

  public boolean isSavedResult() {
    return saved;
  }

  /// How many ranges were written.
  public int ranges() {
    return bounds.length / 2;
  }

  /// Whether `*` stands in it.
  public boolean hasStar() {
    return Arrays.stream(bounds).anyMatch(n -> n == STAR);
  }

  /// The largest number written, 0 if only `*`.
  public long largest() {
    return Arrays.stream(bounds).mapToLong(Integer::toUnsignedLong).max().orElse(0);
  }

  /// Ascending ranges that do not touch, `*` replaced by `max`.
  ///
  /// @param max the number of messages, or the largest UID of the view. Where 0 (an empty mailbox)
  ///   `*` matches nothing, though `5:*` still holds 5.
  public List<Range> resolve(long max) {
    IntUnaryOperator star = n -> n == STAR ? (int) max : n;
    List<Range> ranges = new ArrayList<>(ranges());
    for (int i = 0; i < bounds.length; i += 2) {
      long a = Integer.toUnsignedLong(star.applyAsInt(bounds[i]));
      long b = Integer.toUnsignedLong(star.applyAsInt(bounds[i + 1]));
      long first = Math.max(1, Math.min(a, b));
      long last = Math.max(a, b);
      if (first <= last) {
        ranges.add(new Range(first, last));
      }
    }
    ranges.sort((x, y) -> Long.compare(x.first(), y.first()));
    return merged(ranges);
  }

  private static List<Range> merged(List<Range> sorted) {
    List<Range> merged = new ArrayList<>(sorted.size());
    for (Range range : sorted) {
      Range before = merged.isEmpty() ? null : merged.getLast();
      if (before != null && range.first() <= before.last() + 1) {
        merged.set(
            merged.size() - 1, new Range(before.first(), Math.max(before.last(), range.last())));
      } else {
        merged.add(range);
      }
    }
    return merged;
  }

  /// Numbers from first to last, both included, 1 <= first <= last <= 4294967295.
  public record Range(long first, long last) {}

  /// Collects ranges in the order written.
  public static final class Builder {
    private int[] bounds = new int[2];
    private int size;

    /// 0 is `*`.
    public Builder add(long first, long last) {
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, size * 2);
      }
      bounds[size++] = (int) first;
      bounds[size++] = (int) last;
      return this;
    }

    public int ranges() {
      return size / 2;
    }

    public SequenceSet build() {
      return new SequenceSet(Arrays.copyOf(bounds, size), false);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SequenceSet that
        && saved == that.saved
        && Arrays.equals(bounds, that.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds) + (saved ? 1 : 0);
  }

  /// As it is written in a command.
  @Override
  public String toString() {
    if (saved) {
      return "$";
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bounds.length; i += 2) {
      text.append(i == 0 ? "" : ",").append(number(bounds[i]));
      if (bounds[i] != bounds[i + 1]) {
        text.append(':').append(number(bounds[i + 1]));
      }
    }
    return text.toString();
  }

  private static String number(int n) {
    return n == STAR ? "*" : Integer.toUnsignedString(n);
  }
}
