package mailwing.store.mime;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;

/// Reads UTF-8, and what is no UTF-8 octet by octet as Windows-1252: text of no known charset, and
/// text that lies about it.
final class Utf8Reader extends Reader {
  private static final char[] WINDOWS_1252 = table();

  private final InputStream in;
  private final byte[] buffer = new byte[2048];
  private int at;
  private int end;
  private boolean ended;

  // The second half of a pair.
  private char low;

  Utf8Reader(InputStream in) {
    this.in = in;
  }

  private static char[] table() {
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    return new String(all, Charsets.WINDOWS_1252).toCharArray();
  }

  @Override
  public int read(char[] out, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int to = offset + length;
    int i = offset;
    if (low != 0) {
      out[i++] = low;
      low = 0;
    }
    while (i < to && (at < end || i == offset)) {
      // A character is four octets at most.
      if (end - at < 4 && !fill() && at >= end) {
        break;
      }
      while (i < to && at < end && buffer[at] >= 0) {
        out[i++] = (char) buffer[at++];
      }
      if (i < to && (end - at >= 4 || (ended && at < end))) {
        i = point(out, i, to);
      }
    }
    return i == offset ? -1 : i - offset;
  }

  private int point(char[] out, int index, int to) {
    int i = index;
    int first = buffer[at] & 0xff;
    int size =
        first < 0x80
            ? 1
            : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    int point = size < 2 ? first : first & (0x7f >> size);
    boolean valid = size > 0 && end - at >= size;
    for (int k = 1; valid && k < size; k++) {
      int next = buffer[at + k] & 0xff;
      valid = (next & 0xc0) == 0x80;
      point = point << 6 | (next & 0x3f);
    }
    valid =
        valid
            && (size != 3 || (point >= 0x800 && (point < 0xd800 || point > 0xdfff)))
            && (size != 4 || (point >= 0x10000 && point <= 0x10ffff));
    if (!valid) {
      out[i++] = WINDOWS_1252[first];
      at++;
      return i;
    }
    at += size;
    if (point < 0x10000) {
      out[i++] = (char) point;
    } else {
      out[i++] = Character.highSurrogate(point);
      if (i < to) {
        out[i++] = Character.lowSurrogate(point);
      } else {
        low = Character.lowSurrogate(point);
      }
    }
    return i;
  }

  /// Brings in more, until there are four octets or no more; false where nothing came.
  private boolean fill() throws IOException {
    if (ended) {
      return false;
    }
    System.arraycopy(buffer, at, buffer, 0, end - at);
    end -= at;
    at = 0;
    boolean more = false;
    while (end < 4) {
      int size = in.read(buffer, end, buffer.length - end);
      if (size < 0) {
        ended = true;
        break;
      }
      end += size;
      more = true;
    }
    return more;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
