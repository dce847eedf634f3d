package mailwing.store.domain;

import java.util.Arrays;
import java.util.Locale;
import mailwing.store.mime.MessageText;

/// The words of a message's normalised text, each once for each place that it is in: what holds a
/// word holds whatever is in the word.
///
/// A word is what is between spaces. Bounded: of a message with very many some are left out.
final class TextWords {
  /// What the places are called at the head of a word: the body, the fields of [TextGrams#FIELDS]
  /// from here on, and the rest of headers.
  static final char BODY = '0';

  private static final char OTHER = (char) (BODY + TextGrams.FIELDS.size() + 1);
  private static final int MOST = 2048;
  private static final int LONGEST = 64;

  // The words one behind the other, and behind them the one that is being taken.
  private char[] letters = new char[1 << 12];
  private int taken;
  private int length;

  // Of each word where it ends, and its hash: that of a String.
  private final int[] ends = new int[MOST];
  private final int[] hashes = new int[MOST];
  private int count;

  // By hash the number of a word plus one; 0 for none.
  private final int[] places = new int[2 * MOST];

  /// Takes the next piece of text.
  void take(char[] text, int size, MessageText.Origin origin) {
    char place = origin == MessageText.Origin.BODY ? BODY : OTHER;
    int from = 0;
    if (origin == MessageText.Origin.HEADER) {
      int field = TextGrams.field(text, size);
      if (field > 0) {
        place = (char) (BODY + field);
        from = TextGrams.FIELDS.get(field - 1).length() + 2;
      }
    }
    if (origin != MessageText.Origin.BODY) {
      end();
    }
    for (int i = from; i < size; i++) {
      char c = text[i];
      if (c == ' ' || c == '\n') {
        end();
      } else if (length <= LONGEST) {
        if (length == 0) {
          begin(place);
        }
        letters[taken + length++] = c;
      }
    }
  }

  private void begin(char place) {
    if (letters.length - taken <= LONGEST + 1) {
      letters = Arrays.copyOf(letters, letters.length * 2);
    }
    letters[taken] = place;
    length = 1;
  }

  private void end() {
    // Of one that is too long nothing: it has no end here.
    if (length > 1 && length <= LONGEST && count < MOST) {
      keep();
    }
    length = 0;
  }

  private void keep() {
    int hash = 0;
    int end = taken + length;
    for (int i = taken; i < end; i++) {
      hash = 31 * hash + letters[i];
    }
    int place = (hash ^ (hash >>> 15)) & (places.length - 1);
    while (places[place] != 0) {
      int other = places[place] - 1;
      if (hashes[other] == hash
          && Arrays.equals(letters, start(other), ends[other], letters, taken, end)) {
        return;
      }
      place = (place + 1) & (places.length - 1);
    }
    hashes[count] = hash;
    ends[count] = end;
    places[place] = ++count;
    taken = end;
  }

  private int start(int number) {
    return number == 0 ? 0 : ends[number - 1];
  }

  /// How many there are.
  int count() {
    end();
    return count;
  }

  /// The hash of the word of this number.
  int hash(int number) {
    return hashes[number];
  }

  /// The word of this number, the place first.
  String word(int number) {
    return new String(letters, start(number), ends[number] - start(number));
  }

  /// Is it the word of this number?
  boolean is(int number, String word) {
    int start = start(number);
    if (ends[number] - start != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (word.charAt(i) != letters[start + i]) {
        return false;
      }
    }
    return true;
  }

  /// For the next message.
  void clear() {
    Arrays.fill(places, 0);
    count = 0;
    taken = 0;
    length = 0;
  }

  /// The places of SEARCH TEXT.
  static String everywhere() {
    StringBuilder places = new StringBuilder();
    for (char place = BODY; place <= OTHER; place++) {
      places.append(place);
    }
    return places.toString();
  }

  /// The place of a header field's value; empty where it has none of its own.
  static String ofField(String name) {
    int field = TextGrams.FIELDS.indexOf(name.toUpperCase(Locale.ROOT));
    return field < 0 ? "" : String.valueOf((char) (BODY + field + 1));
  }
}
