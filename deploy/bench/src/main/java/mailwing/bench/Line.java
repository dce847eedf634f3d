package mailwing.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A line where it was read, without its line end: nothing is made of it unless somebody asks.
/// There until the connection reads on.
final class Line implements CharSequence {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long FEEDS = 0x0A0A_0A0A_0A0A_0A0AL;
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH = 0x8080_8080_8080_8080L;

  private byte[] buffer = new byte[0];
  private int from;
  private int to;
  private int octets;

  /// @param newTo its end, where its line end begins, CR and LF or LF
  Line set(byte[] newBuffer, int newFrom, int newTo) {
    buffer = newBuffer;
    from = newFrom;
    to = newTo;
    octets = newTo - newFrom + (newBuffer[newTo] == '\r' ? 2 : 1);
    return this;
  }

  /// Where the first LF is, or -1; eight octets at a time.
  static int feed(byte[] buffer, int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long differing = (long) EIGHT.get(buffer, at) ^ FEEDS;
      long found = (differing - ONES) & ~differing & HIGH;
      if (found != 0) {
        return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
      }
    }
    for (; at < to; at++) {
      if (buffer[at] == '\n') {
        return at;
      }
    }
    return -1;
  }

  @Override
  public int length() {
    return to - from;
  }

  @Override
  public char charAt(int index) {
    return (char) (buffer[from + index] & 0xFF);
  }

  /// With its line end.
  int octets() {
    return octets;
  }

  /// A single dot and CRLF.
  boolean isDot() {
    return octets == 3 && to - from == 1 && buffer[from] == '.';
  }

  boolean startsWith(String text) {
    return startsWith(text, 0);
  }

  boolean startsWith(String text, int at) {
    if (text.length() > length() - at) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (charAt(at + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean endsWith(String text) {
    return length() >= text.length() && startsWith(text, length() - text.length());
  }

  boolean contains(String text) {
    return indexOf(text) >= 0;
  }

  int indexOf(String text) {
    for (int at = 0; at <= length() - text.length(); at++) {
      if (startsWith(text, at)) {
        return at;
      }
    }
    return -1;
  }

  int indexOf(char wanted, int at) {
    for (int i = from + at; i < to; i++) {
      if (buffer[i] == wanted) {
        return i - from;
      }
    }
    return -1;
  }

  int lastIndexOf(char wanted) {
    for (int i = to - 1; i >= from; i--) {
      if (buffer[i] == wanted) {
        return i - from;
      }
    }
    return -1;
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return toString().substring(start, end);
  }

  @Override
  public String toString() {
    return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
