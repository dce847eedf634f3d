package mailwing.imap.protocol;

import java.text.Normalizer;
import java.util.BitSet;

/// A LIST or LSUB pattern (RFC 9051 §6.3.9): `*` is anything, `%` anything without `/`.
///
/// Matching takes time of pattern times name, whatever the wildcards.
public final class ListPattern {
  private final String pattern;
  private final boolean inbox;

  /// The reference name goes before the pattern.
  public ListPattern(String reference, String pattern) {
    String whole = Normalizer.normalize(reference + pattern, Normalizer.Form.NFC);
    this.pattern = whole.replaceAll("[*%]*\\*[*%]*", "*").replaceAll("%+", "%");
    this.inbox = matches(Tokens.upper(this.pattern), "INBOX");
  }

  /// Whether a name matches; INBOX does so without case.
  public boolean matches(String name) {
    return name.equals("INBOX") ? inbox : matches(pattern, canonical(name));
  }

  /// INBOX as the first of several levels is the pattern's to write in capitals or not.
  private String canonical(String name) {
    return name.startsWith("INBOX/") && pattern.regionMatches(true, 0, "INBOX/", 0, 6)
        ? pattern.substring(0, 6) + name.substring(6)
        : name;
  }

  /// Follows all positions in the pattern at once.
  private static boolean matches(String pattern, String name) {
    BitSet positions = new BitSet(pattern.length() + 1);
    positions.set(0);
    passWildcards(pattern, positions);
    for (int i = 0; i < name.length() && !positions.isEmpty(); i++) {
      char c = name.charAt(i);
      BitSet next = new BitSet(pattern.length() + 1);
      for (int p = positions.nextSetBit(0); p >= 0; p = positions.nextSetBit(p + 1)) {
        if (p == pattern.length()) {
          break;
        }
        char wanted = pattern.charAt(p);
        if (wanted == '*' || (wanted == '%' && c != '/')) {
          next.set(p);
        } else if (wanted == c && wanted != '%') {
          next.set(p + 1);
        }
      }
      passWildcards(pattern, next);
      positions = next;
    }
    return positions.get(pattern.length());
  }

  /// A wildcard may match nothing.
  private static void passWildcards(String pattern, BitSet positions) {
    for (int p = positions.nextSetBit(0);
        p >= 0 && p < pattern.length();
        p = positions.nextSetBit(p + 1)) {
      char wanted = pattern.charAt(p);
      if (wanted == '*' || wanted == '%') {
        positions.set(p + 1);
      }
    }
  }

  @Override
  public String toString() {
    return pattern;
  }
}
