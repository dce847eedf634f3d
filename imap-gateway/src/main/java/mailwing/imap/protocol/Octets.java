package mailwing.imap.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Classes of octets (RFC 9051 §9) and conversions of strings that hold one char an octet.
final class Octets {
  private static final int ATOM = 1;
  private static final int ASTRING = 2;
  private static final int TAG = 4;
  private static final int LIST = 8;
  private static final byte[] CLASSES = classes();

  private Octets() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0x21; c < 0x7f; c++) {
      boolean special = "(){%*\"\\]".indexOf(c) >= 0;
      int set = special ? 0 : ATOM | ASTRING | LIST | (c == '+' ? 0 : TAG);
      if (c == ']') {
        set = ASTRING | TAG | LIST;
      } else if (c == '%' || c == '*') {
        set = LIST;
      }
      classes[c] = (byte) set;
    }
    // ')' and '{' are atom-specials; '}' is not.
    return classes;
  }

  static boolean atom(int c) {
    return is(c, ATOM);
  }

  static boolean astring(int c) {
    return is(c, ASTRING);
  }

  static boolean tag(int c) {
    return is(c, TAG);
  }

  /// list-char.
  static boolean list(int c) {
    return is(c, LIST);
  }

  private static boolean is(int c, int set) {
    return c >= 0 && (CLASSES[c] & set) != 0;
  }

  static boolean digit(int c) {
    return c >= '0' && c <= '9';
  }

  static String latin1(byte[] octets) {
    return new String(octets, StandardCharsets.ISO_8859_1);
  }

  static byte[] latin1(String octets) {
    return octets.getBytes(StandardCharsets.ISO_8859_1);
  }

  static boolean ascii(String octets) {
    for (int i = 0; i < octets.length(); i++) {
      if (octets.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /// Octets as UTF-8, or null if they are not.
  static @Nullable String utf8(byte[] octets) {
    return decode(octets, StandardCharsets.UTF_8);
  }

  /// Octets in a charset, or null if they are not in it.
  static @Nullable String decode(byte[] octets, Charset charset) {
    try {
      return charset
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(octets))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
