package mailwing.gateway;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// DEFLATE in both directions, without headers (RFC 1951, as RFC 4978 has it).
///
/// A flush ends with an empty stored block (a sync flush), so that an inflater gives out all that
/// was written and waits for nothing more. What deflates takes about 260 KiB; it is given up while
/// the session rests ({@link #rest}) and made anew when there is more to say: blocks of a fresh
/// deflater follow a sync flush as well as any. What inflates keeps up to 40 KiB.
final class Compression {
  /// The fastest: responses shrink to a third by it, and more effort gains little.
  private static final int LEVEL = Deflater.BEST_SPEED;

  private static final int PIECE = 4096;

  private final InputStream in;
  private final OutputStream out;
  private final Inflater inflater = new Inflater(true);
  private final byte[] received = new byte[PIECE];
  private @Nullable Deflater deflater;
  private boolean unflushed;
  private byte[] input;
  private int inputEnd;

  /// @param early what was received already, and is compressed
  Compression(InputStream in, OutputStream out, byte[] early) {
    this.in = in;
    this.out = out;
    this.input = early;
    this.inputEnd = early.length;
    inflater.setInput(early);
  }

  InputStream input() {
    return new Inflating();
  }

  OutputStream output() {
    return new Deflating();
  }

  /// Gives up the deflater; only after a flush, and with the right to write.
  void rest() {
    Deflater held = deflater;
    if (held != null && !unflushed) {
      held.end();
      deflater = null;
    }
  }

  /// Whether it holds what {@link #rest} gives up.
  boolean awake() {
    return deflater != null;
  }

  /// Ends what is sent by a last block; what is below.
  OutputStream finish() throws IOException {
    Deflater last = deflater();
    last.finish();
    byte[] piece = new byte[PIECE];
    while (!last.finished()) {
      int count = last.deflate(piece, 0, piece.length);
      out.write(piece, 0, count);
    }
    out.flush();
    return out;
  }

  /// Ends what is received where it is now; what comes after, from below.
  ///
  /// @param more the client has sent more commands, compressed
  InputStream plain(boolean more) throws IOException {
    byte[] nothing = new byte[1];
    try {
      // What a flush puts behind the last octet.
      while (!more && !inflater.finished() && !inflater.needsInput()) {
        if (inflater.inflate(nothing) > 0) {
          throw new IOException("compressed octets after the end of compression");
        }
      }
    } catch (DataFormatException e) {
      throw new IOException("what the client sends is not compressed", e);
    }
    int left = inflater.getRemaining();
    InputStream rest =
        new SequenceInputStream(new ByteArrayInputStream(input, inputEnd - left, left), in);
    return inflater.finished() ? rest : new LastBlock(rest);
  }

  /// Nothing is read or written any more.
  void end() {
    inflater.end();
    Deflater held = deflater;
    if (held != null) {
      held.end();
      deflater = null;
    }
  }

  private Deflater deflater() {
    Deflater held = deflater;
    if (held == null) {
      held = new Deflater(LEVEL, true);
      deflater = held;
    }
    return held;
  }

  private final class Deflating extends OutputStream {
    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] octets, int offset, int length) throws IOException {
      if (length == 0) {
        return;
      }
      unflushed = true;
      Deflater to = deflater();
      to.setInput(octets, offset, length);
      byte[] piece = new byte[Math.min(PIECE, length + 64)];
      while (!to.needsInput()) {
        int count = to.deflate(piece, 0, piece.length, Deflater.NO_FLUSH);
        out.write(piece, 0, count);
      }
    }

    @Override
    public void flush() throws IOException {
      if (unflushed) {
        Deflater from = deflater();
        byte[] piece = new byte[PIECE];
        int count;
        do {
          count = from.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
          out.write(piece, 0, count);
        } while (count == piece.length);
        unflushed = false;
      }
      out.flush();
    }
  }

  private final class Inflating extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /// A stream that the client has ended by a last block is at its end.
    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      try {
        while (true) {
          int count = inflater.inflate(to, offset, length);
          if (count > 0) {
            return count;
          }
          if (inflater.finished() || inflater.needsDictionary()) {
            return -1;
          }
          int more = in.read(received, 0, received.length);
          if (more < 0) {
            return -1;
          }
          input = received;
          inputEnd = more;
          inflater.setInput(received, 0, more);
        }
      } catch (DataFormatException e) {
        throw new IOException("what the client sends is not compressed", e);
      }
    }
  }

  /// Plain octets, perhaps behind the empty last block of a client that ends its stream well. No
  /// command begins with the octet that such a block begins with.
  private static final class LastBlock extends FilterInputStream {
    private boolean begun;

    LastBlock(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (begun || length == 0) {
        return in.read(to, offset, length);
      }
      begun = true;
      int first = in.read();
      switch (first) {
        case 0x03 -> in.skipNBytes(1);
        case 0x01 -> in.skipNBytes(4);
        case -1 -> {
          return -1;
        }
        default -> {
          to[offset] = (byte) first;
          return 1;
        }
      }
      return in.read(to, offset, length);
    }
  }
}
