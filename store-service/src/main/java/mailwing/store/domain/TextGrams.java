package mailwing.store.domain;

import java.util.Arrays;
import java.util.BitSet;
import mailwing.store.mime.MessageText;

/// Normalised text as n-grams of one, two and three UTF-16 units, each hashed to one of 65,536
/// buckets. Units, not words: any script, and any needle however short.
final class TextGrams implements MessageText.Sink {
  /// Changes with whatever changes the buckets of a text.
  static final int VERSION = 1;

  static final int BUCKETS = 1 << 16;

  /// A needle of many grams is found by these many.
  private static final int MOST_ASKED = 12;

  private final BitSet buckets = new BitSet(BUCKETS);

  // The last two units, 0 where there are none: no text holds NUL or asks for it.
  private char before;
  private char last;

  @Override
  public boolean take(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        // What it keeps apart no needle spans.
        before = 0;
        last = 0;
        continue;
      }
      buckets.set(bucket(c, 0, 0));
      if (last != 0) {
        buckets.set(bucket(last, c, 0));
        if (before != 0) {
          buckets.set(bucket(before, last, c));
        }
      }
      before = last;
      last = c;
    }
    return true;
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
  static int[] ofNeedle(String needle) {
    int length = Math.min(3, needle.length());
    int grams = needle.length() - length + 1;
    int asked = Math.min(MOST_ASKED, grams);
    int[] buckets = new int[asked];
    for (int i = 0; i < asked; i++) {
      // Evenly over the needle, its end included.
      int at = asked == 1 ? 0 : (int) ((long) i * (grams - 1) / (asked - 1));
      buckets[i] =
          switch (length) {
            case 1 -> bucket(needle.charAt(at), 0, 0);
            case 2 -> bucket(needle.charAt(at), needle.charAt(at + 1), 0);
            default -> bucket(needle.charAt(at), needle.charAt(at + 1), needle.charAt(at + 2));
          };
    }
    return Arrays.stream(buckets).distinct().toArray();
  }

  private static int bucket(int a, int b, int c) {
    long key = ((long) a << 32) | ((long) b << 16) | c;
    key *= 0x9e3779b97f4a7c15L;
    key ^= key >>> 29;
    key *= 0xbf58476d1ce4e5b9L;
    return (int) (key >>> 48);
  }
}
