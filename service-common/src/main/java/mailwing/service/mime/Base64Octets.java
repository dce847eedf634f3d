package mailwing.service.mime;

import java.util.Arrays;

/// Base64 (RFC 2045 section 6.8) where octets outside the alphabet are passed over.
public final class Base64Octets {
  private static final byte[] VALUES = values();

  private Base64Octets() {}

  private static byte[] values() {
    byte[] values = new byte[256];
    Arrays.fill(values, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      values[alphabet.charAt(i)] = (byte) i;
    }
    return values;
  }

  /// The six bits of a character; negative where it is none of the alphabet.
  public static int value(int c) {
    return VALUES[c & 0xff];
  }

  /// The octets that the characters `[from, to)` stand for.
  public static byte[] decode(byte[] octets, int from, int to) {
    byte[] out = new byte[(to - from) * 3 / 4 + 3];
    int length = 0;
    int bits = 0;
    int count = 0;
    for (int i = from; i < to; i++) {
      int value = value(octets[i]);
      if (value >= 0) {
        bits = bits << 6 | value;
        if (++count == 4) {
          out[length++] = (byte) (bits >> 16);
          out[length++] = (byte) (bits >> 8);
          out[length++] = (byte) bits;
          count = 0;
        }
      } else if (octets[i] == '=' && count > 0) {
        length = rest(out, length, bits, count);
        count = 0;
      }
    }
    length = rest(out, length, bits, count);
    return Arrays.copyOf(out, length);
  }

  private static int rest(byte[] out, int at, int bits, int count) {
    int length = at;
    if (count == 2) {
      out[length++] = (byte) (bits >> 4);
    } else if (count == 3) {
      out[length++] = (byte) (bits >> 10);
      out[length++] = (byte) (bits >> 2);
    }
    return length;
  }
}
