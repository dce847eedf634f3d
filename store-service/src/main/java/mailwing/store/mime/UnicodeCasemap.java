package mailwing.store.mime;

import java.text.Normalizer;

/// The preparation of i;unicode-casemap (RFC 5051): each code point to title case, then its full
/// compatibility decomposition.
public final class UnicodeCasemap {
  private UnicodeCasemap() {}

  /// Prepares a text. Of two prepared texts, equality, substring and order by code point are the
  /// collation's.
  public static String map(CharSequence text) {
    return mapped(text.toString().toCharArray());
  }

  /// As [#map], in place where that is possible.
  static String mapped(char[] out) {
    // Bodies come through here, and most of what they hold is ASCII: no call a character.
    int i = 0;
    while (i < out.length && out[i] < 0x80) {
      char c = out[i];
      out[i++] = c >= 'a' && c <= 'z' ? (char) (c - 32) : c;
    }
    if (i == out.length) {
      return new String(out);
    }
    var rest = new StringBuilder(out.length + 16).append(out, 0, i);
    while (i < out.length) {
      int point = Character.codePointAt(out, i);
      i += Character.charCount(point);
      rest.appendCodePoint(Character.toTitleCase(point));
    }
    return Normalizer.normalize(rest, Normalizer.Form.NFKD);
  }
}
