package mailwing.store.mime;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import mailwing.service.mime.Base64Octets;

/// Reads UTF-7 (RFC 2152), which Java does not know.
final class Utf7Reader extends Reader {
  private final InputStream in;
  private boolean shifted;
  private boolean justShifted;
  private int bits;
  private int bitCount;

  Utf7Reader(InputStream in) {
    this.in = in;
  }

  @Override
  public int read(char[] out, int offset, int length) throws IOException {
    int i = offset;
    while (i < offset + length) {
      int c = next();
      if (c < 0) {
        break;
      }
      out[i++] = (char) c;
    }
    return i == offset && length > 0 ? -1 : i - offset;
  }

  private int next() throws IOException {
    while (true) {
      int b = in.read();
      if (b < 0) {
        return -1;
      }
      if (!shifted) {
        if (b != '+') {
          return b;
        }
        shifted = true;
        justShifted = true;
        bits = 0;
        bitCount = 0;
        continue;
      }
      int value = Base64Octets.value(b);
      if (value < 0) {
        shifted = false;
        if (b == '-') {
          if (justShifted) {
            return '+';
          }
          continue;
        }
        return b;
      }
      justShifted = false;
      bits = (bits << 6 | value) & 0x3fffff;
      bitCount += 6;
      if (bitCount >= 16) {
        bitCount -= 16;
        return bits >> bitCount & 0xffff;
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
