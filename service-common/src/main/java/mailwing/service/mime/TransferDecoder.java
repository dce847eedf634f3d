package mailwing.service.mime;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Decodes content transfer encodings (RFC 2045 section 6) as a stream, leniently: what is no code
/// passes or is passed over, and never fails.
public final class TransferDecoder {
  private static final int INPUT = 8192;
  private static final int RESERVE = 1024;

  private TransferDecoder() {}

  /// The decoded octets, or null where the encoding is not known (RFC 3516: `UNKNOWN-CTE`).
  ///
  /// @param encoding as the field has it, in any case; empty: none was named
  public static @Nullable InputStream decoder(InputStream octets, String encoding) {
    return switch (encoding.toLowerCase(Locale.ROOT)) {
      case "", "7bit", "8bit", "binary" -> octets;
      case "base64" -> new Base64Stream(octets);
      case "quoted-printable" -> new QuotedPrintableStream(octets);
      default -> null;
    };
  }

  /// Whether `decoder` decodes it.
  public static boolean knows(String encoding) {
    return decoder(InputStream.nullInputStream(), encoding) != null;
  }

  /// As `decoder`, but an unknown encoding leaves the octets as they are.
  public static InputStream lenient(InputStream octets, String encoding) {
    InputStream decoded = decoder(octets, encoding);
    return decoded == null ? octets : decoded;
  }

  private static int hex(byte octet) {
    return Character.digit(octet, 16);
  }

  /// Reads the source through a buffer and gives what comes out through another.
  private abstract static class Decoding extends FilterInputStream {
    private final byte[] input = new byte[INPUT];
    private final byte[] output = new byte[INPUT + RESERVE];
    private int outputAt;
    private int outputEnd;
    private boolean ended;

    Decoding(InputStream in) {
      super(in);
    }

    /// Decodes `length` octets into `out`, which has room for as many and RESERVE more; gives how
    /// many came out.
    abstract int decode(byte[] octets, int length, byte[] out);

    /// What is left at the end.
    abstract int finish(byte[] out);

    private boolean fill() throws IOException {
      while (outputAt == outputEnd) {
        if (ended) {
          return false;
        }
        int length = in.read(input);
        outputAt = 0;
        if (length < 0) {
          ended = true;
          outputEnd = finish(output);
        } else {
          outputEnd = decode(input, length, output);
        }
      }
      return true;
    }

    @Override
    public int read() throws IOException {
      return fill() ? output[outputAt++] & 0xff : -1;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      if (len == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int size = Math.min(len, outputEnd - outputAt);
      System.arraycopy(output, outputAt, b, off, size);
      outputAt += size;
      return size;
    }

    @Override
    public int available() {
      return outputEnd - outputAt;
    }

    @Override
    public long skip(long n) throws IOException {
      long left = n;
      while (left > 0 && fill()) {
        int size = (int) Math.min(left, outputEnd - outputAt);
        outputAt += size;
        left -= size;
      }
      return n - left;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  private static final class Base64Stream extends Decoding {
    private int bits;
    private int count;

    Base64Stream(InputStream in) {
      super(in);
    }

    @Override
    int decode(byte[] octets, int length, byte[] out) {
      int at = 0;
      for (int i = 0; i < length; i++) {
        int value = Base64Octets.value(octets[i]);
        if (value >= 0) {
          bits = bits << 6 | value;
          if (++count == 4) {
            out[at++] = (byte) (bits >> 16);
            out[at++] = (byte) (bits >> 8);
            out[at++] = (byte) bits;
            count = 0;
          }
        } else if (octets[i] == '=' && count > 0) {
          at += rest(out, at);
        }
      }
      return at;
    }

    private int rest(byte[] out, int at) {
      int length = 0;
      if (count == 2) {
        out[at] = (byte) (bits >> 4);
        length = 1;
      } else if (count == 3) {
        out[at] = (byte) (bits >> 10);
        out[at + 1] = (byte) (bits >> 2);
        length = 2;
      }
      count = 0;
      return length;
    }

    @Override
    int finish(byte[] out) {
      return rest(out, 0);
    }
  }

  /// RFC 2045 section 6.7. White space at the end of a line is taken off, but for a run longer than
  /// a line may be.
  private static final class QuotedPrintableStream extends Decoding {
    private enum State {
      TEXT,
      TEXT_CR,
      EQUALS,
      EQUALS_SPACE,
      EQUALS_CR,
      EQUALS_HEX
    }

    private State state = State.TEXT;
    private byte firstHex;
    private final byte[] spaces = new byte[RESERVE - 16];
    private int spaceCount;
    private int length;

    QuotedPrintableStream(InputStream in) {
      super(in);
    }

    @Override
    int decode(byte[] octets, int size, byte[] out) {
      length = 0;
      for (int i = 0; i < size; i++) {
        octet(octets[i], out);
      }
      return length;
    }

    private void octet(byte b, byte[] out) {
      switch (state) {
        case TEXT -> text(b, out);
        case TEXT_CR -> {
          state = State.TEXT;
          if (b == '\n') {
            spaceCount = 0;
          } else {
            flush(out);
          }
          out[length++] = '\r';
          text(b, out);
        }
        case EQUALS -> {
          if (b == '\n') {
            state = State.TEXT;
          } else if (b == '\r') {
            state = State.EQUALS_CR;
          } else if (hex(b) >= 0) {
            firstHex = b;
            state = State.EQUALS_HEX;
          } else if (b == ' ' || b == '\t') {
            state = State.EQUALS_SPACE;
          } else {
            broken(out);
            text(b, out);
          }
        }
        case EQUALS_SPACE -> {
          // Padding that transport added to a soft line end.
          if (b == '\n') {
            state = State.TEXT;
          } else if (b == '\r') {
            state = State.EQUALS_CR;
          } else if (b != ' ' && b != '\t') {
            broken(out);
            out[length++] = ' ';
            text(b, out);
          }
        }
        case EQUALS_CR -> {
          state = State.TEXT;
          if (b != '\n') {
            text(b, out);
          }
        }
        case EQUALS_HEX -> {
          if (hex(b) >= 0) {
            state = State.TEXT;
            out[length++] = (byte) (hex(firstHex) << 4 | hex(b));
          } else {
            broken(out);
            out[length++] = firstHex;
            text(b, out);
          }
        }
      }
    }

    private void broken(byte[] out) {
      state = State.TEXT;
      out[length++] = '=';
    }

    private void text(byte b, byte[] out) {
      switch (b) {
        case '\r' -> state = State.TEXT_CR;
        case '\n' -> {
          spaceCount = 0;
          out[length++] = b;
        }
        case ' ', '\t' -> {
          if (spaceCount == spaces.length) {
            flush(out);
          }
          spaces[spaceCount++] = b;
        }
        case '=' -> {
          flush(out);
          state = State.EQUALS;
        }
        default -> {
          flush(out);
          out[length++] = b;
        }
      }
    }

    private void flush(byte[] out) {
      if (spaceCount > 0) {
        System.arraycopy(spaces, 0, out, length, spaceCount);
        length += spaceCount;
        spaceCount = 0;
      }
    }

    @Override
    int finish(byte[] out) {
      length = 0;
      switch (state) {
        case TEXT_CR -> out[length++] = '\r';
        case EQUALS_HEX -> {
          out[length++] = '=';
          out[length++] = firstHex;
        }
        default -> {
          // White space and a soft line end at the end say nothing.
        }
      }
      return length;
    }
  }
}
