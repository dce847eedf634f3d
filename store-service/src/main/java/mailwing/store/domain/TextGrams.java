package mailwing.store.domain;

import java.util.Arrays;
import java.util.BitSet;
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

  private final BitSet buckets = new BitSet(BUCKETS);

  // The last two units, 0 where there are none: no text holds NUL or asks for it.
  private char before;
  private char last;

  /// Takes the next piece of text.
  void take(CharSequence text) {
    add(text, 0, 0);
    int field = field(text);
    if (field > 0) {
      before = 0;
      last = 0;
      add(text, FIELDS.get(field - 1).length() + 2, field);
    }
  }

  /// Which of the fields, counted from 1, a text is, its name before a colon and a space; 0 for
  /// none.
  static int field(CharSequence text) {
    for (int i = 0; i < FIELDS.size(); i++) {
      String field = FIELDS.get(i);
      int end = field.length();
      if (text.length() > end
          && text.charAt(end) == ':'
          && CharSequence.compare(field, text.subSequence(0, end)) == 0) {
        return i + 1;
      }
    }
    return 0;
  }

  private void add(CharSequence text, int from, int field) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        // What it keeps apart no needle spans.
        before = 0;
        last = 0;
        continue;
      }
      buckets.set(bucket(c, 0, 0, field));
      if (last != 0) {
        buckets.set(bucket(last, c, 0, field));
        if (before != 0) {
          buckets.set(bucket(before, last, c, field));
        }
      }
      before = last;
      last = c;
    }
  }

  BitSet buckets() {
    return buckets;
  }

  /// For the next text.
  void clear() {
    buckets.clear();
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
