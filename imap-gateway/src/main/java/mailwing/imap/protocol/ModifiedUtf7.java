package mailwing.imap.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Mailbox names in modified UTF-7 (RFC 3501 §5.1.3).
public final class ModifiedUtf7 {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
  private static final byte[] VALUES = values();

  private ModifiedUtf7() {}

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < ALPHABET.length(); i++) {
      values[ALPHABET.charAt(i)] = (byte) i;
    }
    return values;
  }

  /// A name as US-ASCII; lone surrogates, which no name holds, are written as they are.
  public static String encode(String name) {
    int i = 0;
    while (i < name.length() && plain(name.charAt(i))) {
      i++;
    }
    if (i == name.length()) {
      return name;
    }
    StringBuilder to = new StringBuilder(name.length() + 16).append(name, 0, i);
    while (i < name.length()) {
      char c = name.charAt(i);
      if (c == '&') {
        to.append("&-");
        i++;
      } else if (plain(c)) {
        to.append(c);
        i++;
      } else {
        i = shift(name, i, to);
      }
    }
    return to.toString();
  }

  private static boolean plain(char c) {
    return c >= 0x20 && c < 0x7f && c != '&';
  }

  private static int shift(String name, int start, StringBuilder to) {
    to.append('&');
    int bits = 0;
    int held = 0;
    int i = start;
    for (; i < name.length() && !ascii(name.charAt(i)); i++) {
      bits = (bits << 16) | name.charAt(i);
      held += 16;
      while (held >= 6) {
        held -= 6;
        to.append(ALPHABET.charAt((bits >> held) & 63));
      }
      bits &= (1 << held) - 1;
    }
    if (held > 0) {
      to.append(ALPHABET.charAt((bits << (6 - held)) & 63));
    }
    to.append('-');
    return i;
  }

  private static boolean ascii(char c) {
    return c >= 0x20 && c < 0x7f;
  }

  /// The name, or null where the text is no modified UTF-7: 8-bit or control characters, base64
  /// that is not ended by `-`, padding that is not zero, a character in base64 that stands for
  /// itself, half a surrogate pair, two base64 runs in a row.
  public static @Nullable String decode(String text) {
    if (text.indexOf('&') < 0) {
      return text.chars().allMatch(c -> ascii((char) c)) ? text : null;
    }
    StringBuilder to = new StringBuilder(text.length());
    int i = 0;
    boolean afterRun = false;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (!ascii(c)) {
        return null;
      }
      if (c != '&') {
        to.append(c);
        i++;
        afterRun = false;
      } else if (i + 1 < text.length() && text.charAt(i + 1) == '-') {
        to.append('&');
        i += 2;
        afterRun = false;
      } else {
        int end = afterRun ? -1 : unshift(text, i + 1, to);
        if (end < 0) {
          return null;
        }
        i = end;
        afterRun = true;
      }
    }
    return to.toString();
  }

  /// Decodes the run that starts at `start`; the position after its `-`, or -1.
  private static int unshift(String text, int start, StringBuilder to) {
    int bits = 0;
    int held = 0;
    int first = to.length();
    int i = start;
    while (i < text.length() && text.charAt(i) != '-') {
      char c = text.charAt(i++);
      int value = c < 128 ? VALUES[c] : -1;
      if (value < 0) {
        return -1;
      }
      bits = (bits << 6) | value;
      held += 6;
      if (held >= 16) {
        held -= 16;
        char unit = (char) (bits >> held);
        if (ascii(unit)) {
          return -1;
        }
        to.append(unit);
        bits &= (1 << held) - 1;
      }
    }
    boolean ended = i < text.length() && held < 6 && bits == 0 && to.length() > first;
    return ended && pairs(to, first) ? i + 1 : -1;
  }

  private static boolean pairs(StringBuilder text, int start) {
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          return false;
        }
      } else if (Character.isLowSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
