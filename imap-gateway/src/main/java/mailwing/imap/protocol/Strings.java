package mailwing.imap.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Strings as RFC 9051 §9 has them, written into an array: quoted where every octet may stand
/// there, else literals. A NUL, which no string may hold, is left out.
final class Strings {
  /// Longer strings go as literals: some clients' line buffers are small.
  static final int QUOTED_MAX = 1000;

  /// What a string takes at most beside twice its octets.
  static final int BESIDE = 16;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = ONES << 7;
  private static final long SPACES = ONES * ' ';

  private Strings() {}

  /// Writes the octets `[start, end)` as a string to `to` from `position` on, and tells where it
  /// ends. Behind that it may leave octets that mean nothing, as far as [#BESIDE] allows.
  ///
  /// @param utf8 quoted strings may hold UTF-8
  static int put(byte[] octets, int start, int end, boolean utf8, byte[] to, int position) {
    int length = end - start;
    if (length < Long.BYTES
        ? copiedFew(octets, start, length, to, position + 1)
        : length <= QUOTED_MAX && copied(octets, start, end, to, position + 1)) {
      to[position] = '"';
      to[position + length + 1] = '"';
      return position + length + 2;
    }
    return putUnusual(octets, start, end, utf8, to, position);
  }

  /// Copies eight octets at a time as long as none is unusual, the last eight again with some of
  /// those before; whether it came to the end.
  private static boolean copied(byte[] octets, int start, int end, byte[] to, int position) {
    int last = end - Long.BYTES;
    int shift = position - start;
    for (int i = start; i < last; i += Long.BYTES) {
      long eight = (long) LONGS.get(octets, i);
      if (unusual(eight)) {
        return false;
      }
      LONGS.set(to, i + shift, eight);
    }
    long eight = (long) LONGS.get(octets, last);
    LONGS.set(to, last + shift, eight);
    return !unusual(eight);
  }

  /// Copies up to seven octets, and spaces behind them; whether none is unusual.
  private static boolean copiedFew(byte[] octets, int start, int length, byte[] to, int position) {
    long few = 0;
    if (start <= octets.length - Long.BYTES) {
      few = (long) LONGS.get(octets, start);
    } else {
      for (int i = length - 1; i >= 0; i--) {
        few = (few << Byte.SIZE) | (octets[start + i] & 0xff);
      }
    }
    long its = (1L << (length * Byte.SIZE)) - 1;
    few = (few & its) | (SPACES & ~its);
    LONGS.set(to, position, few);
    return !unusual(few);
  }

  /// Is any of eight octets unusual?
  private static boolean unusual(long eight) {
    long found =
        eight
            | ((eight - 0x20 * ONES) & ~eight)
            | zero(eight ^ '"' * ONES)
            | zero(eight ^ '\\' * ONES)
            | zero(eight ^ 0x7f * ONES);
    return (found & HIGH) != 0;
  }

  private static long zero(long eight) {
    return (eight - ONES) & ~eight;
  }

  private static int putUnusual(
      byte[] octets, int start, int end, boolean utf8, byte[] to, int position) {
    boolean eightBit = false;
    boolean literal = end - start > QUOTED_MAX;
    for (int i = start; i < end; i++) {
      byte c = octets[i];
      if (c == 0) {
        byte[] without = withoutNuls(octets, start, end);
        return put(without, 0, without.length, utf8, to, position);
      }
      literal |= (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
      eightBit |= c < 0;
    }
    if (literal || (eightBit && !(utf8 && isUtf8(octets, start, end)))) {
      return putLiteral(octets, start, end, to, position);
    }
    int at = position;
    to[at++] = '"';
    for (int i = start; i < end; i++) {
      if (octets[i] == '"' || octets[i] == '\\') {
        to[at++] = '\\';
      }
      to[at++] = octets[i];
    }
    to[at++] = '"';
    return at;
  }

  private static boolean isUtf8(byte[] octets, int start, int end) {
    return Octets.utf8(Arrays.copyOfRange(octets, start, end)) != null;
  }

  private static int putLiteral(byte[] octets, int start, int end, byte[] to, int position) {
    byte[] head = ("{" + (end - start) + "}\r\n").getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(head, 0, to, position, head.length);
    System.arraycopy(octets, start, to, position + head.length, end - start);
    return position + head.length + end - start;
  }

  static byte[] withoutNuls(byte[] octets, int start, int end) {
    byte[] kept = new byte[end - start];
    int count = 0;
    for (int i = start; i < end; i++) {
      if (octets[i] != 0) {
        kept[count++] = octets[i];
      }
    }
    return Arrays.copyOf(kept, count);
  }
}
