package mailwing.store.domain;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
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

  private final Set<String> words = new HashSet<>();
  private final StringBuilder word = new StringBuilder();

  /// Takes the next piece of text.
  void take(CharSequence text, MessageText.Origin origin) {
    char place = origin == MessageText.Origin.BODY ? BODY : OTHER;
    int from = 0;
    if (origin == MessageText.Origin.HEADER) {
      int field = TextGrams.field(text);
      if (field > 0) {
        place = (char) (BODY + field);
        from = TextGrams.FIELDS.get(field - 1).length() + 2;
      }
    }
    if (origin != MessageText.Origin.BODY) {
      end();
    }
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' || c == '\n') {
        end();
      } else if (word.length() <= LONGEST) {
        if (word.isEmpty()) {
          word.append(place);
        }
        word.append(c);
      }
    }
  }

  private void end() {
    // Of one that is too long nothing: it has no end here.
    if (word.length() > 1 && word.length() <= LONGEST && words.size() < MOST) {
      words.add(word.toString());
    }
    word.setLength(0);
  }

  /// All of them, the place first.
  Set<String> all() {
    end();
    return words;
  }

  /// For the next message.
  void clear() {
    words.clear();
    word.setLength(0);
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
