package mailwing.smtp.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// xtext (RFC 3461 §4): printable ASCII, where `+41` stands for an octet.
public final class Xtext {
  private Xtext() {}

  /// The text that was encoded, UTF-8; null where it is no xtext.
  public static @Nullable String decode(String encoded) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(encoded.length());
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c <= ' ' || c > 126 || c == '=') {
        return null;
      }
      if (c != '+') {
        out.write(c);
        continue;
      }
      if (i + 2 >= encoded.length()) {
        return null;
      }
      int high = hex(encoded.charAt(i + 1));
      int low = hex(encoded.charAt(i + 2));
      if (high < 0 || low < 0) {
        return null;
      }
      out.write(high * 16 + low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(out.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /// A text as xtext, its octets those of UTF-8.
  public static String encode(String text) {
    StringBuilder out = new StringBuilder(text.length() + 8);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      int value = octet & 0xff;
      if (value <= ' ' || value > 126 || value == '=' || value == '+') {
        out.append('+').append(HexFormat.of().withUpperCase().toHexDigits(octet));
      } else {
        out.append((char) value);
      }
    }
    return out.toString();
  }

  /// hexchar has capitals alone (RFC 3461 §4).
  private static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }
}
