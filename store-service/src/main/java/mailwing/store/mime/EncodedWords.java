package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import mailwing.service.mime.Base64Octets;
import org.jspecify.annotations.Nullable;

/// Decodes what RFC 2047 encodes, where it stands in a field, and raw 8-bit octets beside it. What
/// is broken stays as it is.
final class EncodedWords {
  private EncodedWords() {}

  static String decode(ByteString value) {
    return decode(value.toByteArray());
  }

  static String decode(byte[] value) {
    int first = indexOfWord(value, 0);
    return first < 0 ? raw(value) : new Decoder(value).run(first);
  }

  /// Text that has no encoded words: US-ASCII, UTF-8, or what is not.
  static String raw(byte[] value) {
    return raw(value, 0, value.length);
  }

  private static String raw(byte[] value, int from, int to) {
    for (int i = from; i < to; i++) {
      if (value[i] < 0) {
        return Charsets.guess(value, from, to - from);
      }
    }
    return new String(value, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static int indexOfWord(byte[] value, int from) {
    for (int i = from; i + 1 < value.length; i++) {
      if (value[i] == '=' && value[i + 1] == '?') {
        return i;
      }
    }
    return -1;
  }

  private static final class Decoder {
    private final byte[] value;
    private final StringBuilder out = new StringBuilder();

    // Octets of the words before, as long as the charset stays: a character may be split over
    // words, against the rules.
    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
    private @Nullable String charset;

    // What the last word found said.
    private String wordCharset = "";
    private byte[] wordOctets = new byte[0];

    Decoder(byte[] value) {
      this.value = value;
    }

    String run(int first) {
      int done = 0;
      int at = first;
      while (at >= 0) {
        int end = word(at);
        if (end < 0) {
          at = indexOfWord(value, at + 1);
          continue;
        }
        if (charset == null || !isSpace(done, at)) {
          flush();
          out.append(raw(value, done, at));
        } else if (!charset.equalsIgnoreCase(wordCharset)) {
          flush();
        }
        charset = wordCharset;
        octets.writeBytes(wordOctets);
        done = end;
        at = indexOfWord(value, end);
      }
      flush();
      return out.append(raw(value, done, value.length)).toString();
    }

    private void flush() {
      if (charset != null) {
        byte[] bytes = octets.toByteArray();
        out.append(Charsets.decode(bytes, 0, bytes.length, charset));
        octets.reset();
        charset = null;
      }
    }

    private boolean isSpace(int from, int to) {
      for (int i = from; i < to; i++) {
        if (!FieldOctets.isSpace(value[i])) {
          return false;
        }
      }
      return true;
    }

    /// Reads the word at `at`; gives its end, or -1 where it is none.
    private int word(int at) {
      int charsetEnd = find((byte) '?', at + 2);
      if (charsetEnd < 0
          || charsetEnd == at + 2
          || charsetEnd + 2 >= value.length
          || value[charsetEnd + 2] != '?') {
        return -1;
      }
      int from = charsetEnd + 3;
      int to = find((byte) '?', from);
      while (to >= 0 && to + 1 < value.length && value[to + 1] != '=') {
        // A question mark within, against the rules.
        to = find((byte) '?', to + 1);
      }
      if (to < 0 || to + 1 >= value.length) {
        return -1;
      }
      int encoding = value[charsetEnd + 1] | 0x20;
      if (encoding == 'b') {
        wordOctets = Base64Octets.decode(value, from, to);
      } else if (encoding == 'q') {
        wordOctets = q(from, to);
      } else {
        return -1;
      }
      int language = at + 2;
      while (language < charsetEnd && value[language] != '*') {
        language++;
      }
      wordCharset = new String(value, at + 2, language - at - 2, StandardCharsets.ISO_8859_1);
      return to + 2;
    }

    private int find(byte what, int from) {
      for (int i = from; i < value.length; i++) {
        if (value[i] == what) {
          return i;
        }
      }
      return -1;
    }

    private byte[] q(int from, int to) {
      var decoded = new ByteArrayOutputStream(to - from);
      for (int i = from; i < to; i++) {
        byte b = value[i];
        if (b == '_') {
          decoded.write(' ');
        } else if (b == '=' && i + 2 < to && hex(value[i + 1]) >= 0 && hex(value[i + 2]) >= 0) {
          decoded.write(hex(value[i + 1]) << 4 | hex(value[i + 2]));
          i += 2;
        } else {
          decoded.write(b);
        }
      }
      return decoded.toByteArray();
    }
  }

  static int hex(byte b) {
    return Character.digit(b, 16);
  }
}
