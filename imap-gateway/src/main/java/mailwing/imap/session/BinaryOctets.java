package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import mailwing.gateway.NulScan;
import mailwing.gateway.OctetWriter;
import mailwing.service.imap.Partial;
import mailwing.service.imap.Sections;
import mailwing.service.mime.TransferDecoder;
import org.jspecify.annotations.Nullable;

/// A part without its transfer encoding (RFC 3516, RFC 9051 §6.4.5), as a stream: what is larger
/// than 256 KiB is decoded twice, for its size and NULs must be known before its first octet.
final class BinaryOctets {
  /// Decoded octets in memory at most, and octets read of the message at a time.
  private static final int HELD = 256 * 1024;

  private static final int COPIED = 16 * 1024;

  /// Octets `[start, end)` of the message; null if it is gone.
  @FunctionalInterface
  interface Source {
    @Nullable ByteString read(long start, long end);
  }

  private final Sections.Encoded encoded;
  private final Source source;

  /// @param encoded with an encoding that [TransferDecoder] knows
  BinaryOctets(Sections.Encoded encoded, Source source) {
    this.encoded = encoded;
    this.source = source;
  }

  /// Decoded octets in all.
  long size() throws IOException {
    if (encoded.encoding().isEmpty()) {
      return encoded.octets().length();
    }
    try (InputStream in = open()) {
      return in.transferTo(java.io.OutputStream.nullOutputStream());
    }
  }

  /// What there is of decoded octets.
  record Extent(long octets, long lines) {}

  Extent extent() throws IOException {
    long octets = 0;
    long lines = 0;
    byte[] piece = new byte[COPIED];
    try (InputStream in = open()) {
      for (int count = in.read(piece); count > 0; count = in.read(piece)) {
        octets += count;
        for (int i = 0; i < count; i++) {
          lines += piece[i] == '\n' ? 1 : 0;
        }
      }
    }
    return new Extent(octets, lines);
  }

  /// Begins a literal, or a literal8 where there is a NUL.
  @FunctionalInterface
  interface Begin {
    OctetWriter literal(long length, boolean nul) throws IOException;
  }

  /// Writes the octets that are asked for; all of them without a partial.
  void write(@Nullable Partial partial, Begin begin) throws IOException {
    long offset = partial == null ? 0 : partial.offset();
    long most = partial == null ? Long.MAX_VALUE : partial.length();
    byte[] held = new byte[0];
    long length;
    boolean nul = false;
    try (InputStream in = open()) {
      in.skip(offset);
      held = in.readNBytes((int) Math.min(HELD, most));
      length = held.length;
      nul = NulScan.finds(held, 0, held.length);
      if (length == HELD) {
        byte[] more = new byte[COPIED];
        int count = in.read(more, 0, (int) Math.min(COPIED, most - length));
        while (count > 0) {
          length += count;
          nul |= NulScan.finds(more, 0, count);
          count = in.read(more, 0, (int) Math.min(COPIED, most - length));
        }
      }
    }
    OctetWriter to = begin.literal(length, nul);
    to.write(held, 0, held.length);
    if (length > held.length) {
      try (InputStream in = open()) {
        in.skip(offset + held.length);
        copy(in, to, length - held.length);
      }
    }
  }

  private static void copy(InputStream in, OctetWriter to, long length) throws IOException {
    byte[] piece = new byte[COPIED];
    long left = length;
    while (left > 0) {
      int count = in.read(piece, 0, (int) Math.min(COPIED, left));
      if (count < 0) {
        throw new IOException("message changed within its literal");
      }
      to.write(piece, 0, count);
      left -= count;
    }
  }

  private InputStream open() {
    return Objects.requireNonNull(TransferDecoder.decoder(new Pieces(), encoded.encoding()));
  }

  /// The encoded octets, piece by piece.
  private final class Pieces extends InputStream {
    private long next = encoded.octets().start();
    private InputStream piece = InputStream.nullInputStream();

    private boolean more() throws IOException {
      long end = encoded.octets().end();
      if (next >= end) {
        return false;
      }
      long to = Math.min(end, next + HELD);
      ByteString octets = source.read(next, to);
      if (octets == null) {
        throw new IOException("message gone within its response");
      }
      piece = octets.newInput();
      next = to;
      return true;
    }

    @Override
    public int read() throws IOException {
      int octet = piece.read();
      while (octet < 0 && more()) {
        octet = piece.read();
      }
      return octet;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int count = piece.read(to, offset, length);
      while (count < 0 && more()) {
        count = piece.read(to, offset, length);
      }
      return count;
    }

    /// No octets are read for what is passed over.
    @Override
    public long skip(long n) throws IOException {
      long left = n - piece.skip(Math.max(0, n));
      long passed = Math.clamp(left, 0, encoded.octets().end() - next);
      next += passed;
      return n - left + passed;
    }
  }
}
