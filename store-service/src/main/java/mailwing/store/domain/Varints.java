package mailwing.store.domain;

import java.io.ByteArrayOutputStream;

/// Numbers in as many octets as they need, seven bits each, the lowest first.
final class Varints {
  private Varints() {}

  static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /// Reads them one after the other.
  static final class Reader {
    private final byte[] octets;
    private final int end;
    private int at;

    Reader(byte[] octets) {
      this(octets, 0, octets.length);
    }

    Reader(byte[] octets, int from, int end) {
      this.octets = octets;
      this.at = from;
      this.end = end;
    }

    boolean more() {
      return at < end;
    }

    int next() {
      return (int) nextLong();
    }

    long nextLong() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte octet = octets[at++];
        value |= (long) (octet & 0x7f) << shift;
        if (octet >= 0) {
          return value;
        }
      }
    }

    /// Where the next number is.
    int at() {
      return at;
    }

    void skip(int length) {
      at += length;
    }
  }
}
