package mailwing.store.mime;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import mailwing.store.v1.Part;

/// Words to search for approximately (RFC 6203): all of them must be there, in any order, each as
/// it is, within a longer word, or with a letter or two wrong. How well they match is a score of 1
/// to 100. Compared as [MessageText] says, and without regard to diacritical marks.
///
/// May be used by many threads.
public final class FuzzyText {
  private static final int MOST_WORDS = 16;
  private static final int LONGEST_WORD = 64;
  private static final int LONGEST_TOKEN = 1024;

  private static final int PHRASE = 100;
  private static final int SAME = 95;
  private static final int WITHIN = 80;
  private static final int LETTER_WRONG = 60;
  private static final int LETTERS_WRONG = 40;

  /// A word, and the pieces of which a text with at most `wrong` letters changed has one.
  private record Word(String text, int wrong, List<String> pieces) {}

  private final List<Word> words = new ArrayList<>();

  private FuzzyText(String needle) {
    var tokens =
        new Tokens() {
          @Override
          void token(String token) {
            if (words.size() < MOST_WORDS) {
              words.add(word(token.substring(0, Math.min(LONGEST_WORD, token.length()))));
            }
          }
        };
    tokens.split(MessageText.normalise(needle));
    tokens.end();
  }

  /// Makes one of what the client sent, decoded; without letters and digits it matches everything.
  public static FuzzyText of(String needle) {
    return new FuzzyText(needle);
  }

  private static Word word(String text) {
    int wrong = text.length() < 5 ? 0 : text.length() < 9 ? 1 : 2;
    List<String> pieces = new ArrayList<>();
    for (int i = 0; i <= wrong; i++) {
      pieces.add(
          text.substring(text.length() * i / (wrong + 1), text.length() * (i + 1) / (wrong + 1)));
    }
    return new Word(text, wrong, List.copyOf(pieces));
  }

  /// Of each word, pieces of which a text that matches holds one.
  public List<List<String>> pieces() {
    return words.stream().map(Word::pieces).toList();
  }

  /// The score of the best field of this name; 0 where none matches.
  public int inField(byte[] header, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    var fields = new HeaderFields(header);
    int best = 0;
    while (fields.next()) {
      if (fields.is(lower)) {
        var scores = new Scores();
        scores.take(MessageText.field(header, fields.valueStart(), fields.end()));
        best = Math.max(best, scores.score());
      }
    }
    return best;
  }

  /// The score of the body's text.
  public int inBody(OctetSource source, Part message) throws IOException {
    var scores = new Scores();
    MessageText.body(source, message, scores);
    return scores.score();
  }

  /// The score of header and body.
  public int inText(OctetSource source, Part message) throws IOException {
    var scores = new Scores();
    MessageText.all(source, message, scores);
    return scores.score();
  }

  /// Parts text that comes in pieces into runs of letters and digits.
  private abstract static class Tokens {
    private final StringBuilder token = new StringBuilder();

    abstract void token(String token);

    void split(CharSequence text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
          token.append(c);
          if (token.length() == LONGEST_TOKEN) {
            // Scripts without spaces: what is cut here is whole in the next.
            token(token.toString());
            token.delete(0, LONGEST_TOKEN - LONGEST_WORD);
          }
        } else if (!mark(c)) {
          end();
        }
      }
    }

    void end() {
      if (!token.isEmpty()) {
        token(token.toString());
        token.setLength(0);
      }
    }

    private static boolean mark(char c) {
      return c >= 0x300 && Character.getType(c) == Character.NON_SPACING_MARK;
    }
  }

  /// How well a text has matched so far.
  private final class Scores extends Tokens implements MessageText.Sink {
    private final int[] best = new int[words.size()];
    // How many words have come one after another.
    private int run;
    private boolean phrase = words.isEmpty();

    @Override
    public boolean take(CharSequence text) {
      split(text);
      return !phrase;
    }

    @Override
    void token(String token) {
      for (int i = 0; i < best.length; i++) {
        if (best[i] < SAME) {
          best[i] = Math.max(best[i], match(words.get(i), token));
        }
      }
      if (!words.isEmpty()) {
        run = words.get(run).text().equals(token) ? run + 1 : first(token);
        if (run == words.size()) {
          phrase = true;
          run = 0;
        }
      }
    }

    private int first(String token) {
      return words.getFirst().text().equals(token) ? 1 : 0;
    }

    int score() {
      end();
      if (phrase) {
        return PHRASE;
      }
      int sum = 0;
      for (int one : best) {
        if (one == 0) {
          return 0;
        }
        sum += one;
      }
      return sum / best.length;
    }
  }

  private static int match(Word word, String token) {
    String text = word.text();
    if (token.length() >= text.length() && token.contains(text)) {
      return token.length() == text.length() ? SAME : WITHIN;
    }
    if (word.wrong() == 0
        || Math.abs(token.length() - text.length()) > word.wrong()
        || word.pieces().stream().noneMatch(token::contains)) {
      return 0;
    }
    int distance = distance(text, token);
    if (distance > word.wrong()) {
      return 0;
    }
    return distance == 1 ? LETTER_WRONG : LETTERS_WRONG;
  }

  /// How many letters must be put in, taken out or changed, or neighbours swapped.
  static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    Arrays.setAll(last, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(last[j - 1] + change, Math.min(last[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, beforeLast[j - 2] + 1);
        }
        row[j] = least;
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return last[b.length()];
  }
}
