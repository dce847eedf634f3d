package mailwing.imap.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import mailwing.gateway.OctetReader;

/// The octets of one literal, straight from the connection; ends where the literal ends.
///
/// A connection that ends within it throws [EOFException].
public final class LiteralStream extends InputStream {
  private final OctetReader source;
  private long remaining;
  private boolean nul;

  LiteralStream(OctetReader source, long size) {
    this.source = source;
    this.remaining = size;
  }

  /// Octets not read yet.
  public long remaining() {
    return remaining;
  }

  /// Whether a NUL was among the octets read, which only a literal8 may hold (RFC 9051 §9).
  public boolean holdsNul() {
    return nul;
  }

  @Override
  public int read() throws IOException {
    if (remaining == 0) {
      return -1;
    }
    int octet = source.read();
    if (octet < 0) {
      throw new EOFException("end of stream within a literal");
    }
    remaining--;
    nul |= octet == 0;
    return octet;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (remaining == 0) {
      return -1;
    }
    int count = source.read(to, offset, (int) Math.min(length, remaining));
    if (count < 0) {
      throw new EOFException("end of stream within a literal");
    }
    remaining -= count;
    for (int i = offset; !nul && i < offset + count; i++) {
      nul = to[i] == 0;
    }
    return count;
  }
}
