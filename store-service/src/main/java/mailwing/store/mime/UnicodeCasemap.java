package mailwing.store.mime;

import java.text.Normalizer;

/// The preparation of i;unicode-casemap (RFC 5051): each code point to title case, then its full
/// compatibility decomposition.
public final class UnicodeCasemap {
  private UnicodeCasemap() {}

  /// Prepares a text. Of two prepared texts, equality, substring and order by code point are the
  /// collation's.
  public static String map(CharSequence text) {
    int length = text.length();
    int i = 0;
    while (i < length && isDone(text.charAt(i))) {
      i++;
    }
    if (i == length) {
      return text.toString();
    }
    var out = new StringBuilder(length + 16).append(text, 0, i);
    boolean ascii = true;
    while (i < length) {
      char c = text.charAt(i);
      if (c < 0x80) {
        out.append(c >= 'a' && c <= 'z' ? (char) (c - 32) : c);
        i++;
      } else {
        ascii = false;
        int point = Character.codePointAt(text, i);
        i += Character.charCount(point);
        out.appendCodePoint(Character.toTitleCase(point));
      }
    }
    return ascii ? out.toString() : Normalizer.normalize(out, Normalizer.Form.NFKD);
  }

  private static boolean isDone(char c) {
    return c < 0x80 && (c < 'a' || c > 'z');
  }
}
