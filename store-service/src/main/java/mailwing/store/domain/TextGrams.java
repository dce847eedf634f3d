package mailwing.store.domain;

import java.nio.CharBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Normalised text as n-grams of one, two and three UTF-16 units, each hashed to one of 65,536
/// buckets. Units, not words: any script, and any needle however short.
///
/// The fields that clients search most have buckets of their own beside, so that a word of the
/// subject is not sought wherever a body has it.
final class TextGrams {
  /// Changes with whatever changes the buckets of a text or how they are kept.
  static final int VERSION = 3;

  static final int BUCKETS = 1 << 16;

  /// A needle of many grams is found by these many.
  private static final int MOST_ASKED = 12;

  /// In upper case, as in normalised text.
  static final List<String> FIELDS = List.of("SUBJECT", "FROM", "TO", "CC", "BCC");

  private final long[] buckets = new long[BUCKETS / Long.SIZE];

  // The last two units, 0 where there are none: no text holds NUL or asks for it.
  private char before;
  private char last;

  /// Takes the next piece of text.
  void take(char[] text, int length) {
    add(text, 0, length, 0);
    int field = field(text, length);
    if (field > 0) {
      before = 0;
      last = 0;
      add(text, FIELDS.get(field - 1).length() + 2, length, field);
    }
  }

  /// Which of the fields, counted from 1, a text is, its name before a colon and a space; 0 for
  /// none.
  static int field(char[] text, int length) {
    for (int i = 0; i < FIELDS.size(); i++) {
      String field = FIELDS.get(i);
      int end = field.length();
      if (length > end
          && text[end] == ':'
          && CharSequence.compare(field, CharBuffer.wrap(text, 0, end)) == 0) {
        return i + 1;
      }
    }
    return 0;
  }

  private void add(char[] text, int from, int length, int field) {
    for (int i = from; i < length; i++) {
      char c = text[i];
      if (c == '\n') {
        // What it keeps apart no needle spans.
        before = 0;
        last = 0;
        continue;
      }
      set(bucket(c, 0, 0, field));
      if (last != 0) {
        set(bucket(last, c, 0, field));
        if (before != 0) {
          set(bucket(before, last, c, field));
        }
      }
      before = last;
      last = c;
    }
  }

  private void set(int bucket) {
    buckets[bucket / Long.SIZE] |= 1L << bucket;
  }

  /// Ascending.
  int[] buckets() {
    int count = 0;
    for (long some : buckets) {
      count += Long.bitCount(some);
    }
    int[] all = new int[count];
    int next = 0;
    for (int i = 0; i < buckets.length; i++) {
      for (long rest = buckets[i]; rest != 0; rest &= rest - 1) {
        all[next++] = i * Long.SIZE + Long.numberOfTrailingZeros(rest);
      }
    }
    return all;
  }

  /// For the next text.
  void clear() {
    Arrays.fill(buckets, 0);
    before = 0;
    last = 0;
  }

  /// The buckets that a text with this needle has, or some of them.
  ///
  /// @param name of the field whose value has it; empty for any text
  static int[] ofNeedle(String needle, String name) {
    int field = FIELDS.indexOf(name.toUpperCase(Locale.ROOT)) + 1;
    int length = Math.min(3, needle.length());
    int grams = needle.length() - length + 1;
    int asked = Math.min(MOST_ASKED, grams);
    int[] buckets = new int[asked];
    for (int i = 0; i < asked; i++) {
      // Evenly over the needle, its end included.
      int at = asked == 1 ? 0 : (int) ((long) i * (grams - 1) / (asked - 1));
      buckets[i] =
          switch (length) {
            case 1 -> bucket(needle.charAt(at), 0, 0, field);
            case 2 -> bucket(needle.charAt(at), needle.charAt(at + 1), 0, field);
            default ->
                bucket(needle.charAt(at), needle.charAt(at + 1), needle.charAt(at + 2), field);
          };
    }
    return Arrays.stream(buckets).distinct().toArray();
  }

  private static int bucket(int a, int b, int c, int field) {
    long key = ((long) field << 48) | ((long) a << 32) | ((long) b << 16) | c;
    key *= 0x9e3779b97f4a7c15L;
    key ^= key >>> 29;
    key *= 0xbf58476d1ce4e5b9L;
    return (int) (key >>> 48);
  }
}
