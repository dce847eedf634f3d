package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.Arrays;

/// An unfolded field value and a cursor on it: the lexical rules of RFC 5322 section 3.2 and RFC
/// 2045 section 5.1, lenient.
final class FieldOctets {
  private static final byte[] NONE = new byte[0];

  final byte[] octets;
  final int end;
  int at;

  // Scratch for words without their quoting.
  private byte[] word = NONE;
  private int wordLength;

  FieldOctets(byte[] octets) {
    this.octets = octets;
    this.end = octets.length;
  }

  /// Unfolds and trims a value: line ends before continuation vanish, other CR and LF become
  /// spaces, NUL vanishes.
  static byte[] unfold(byte[] header, int from, int to) {
    int start = from;
    int stop = to;
    while (start < stop && isSpace(header[start])) {
      start++;
    }
    while (stop > start && isSpace(header[stop - 1])) {
      stop--;
    }
    int i = start;
    while (i < stop && header[i] != '\r' && header[i] != '\n' && header[i] != 0) {
      i++;
    }
    byte[] value = Arrays.copyOfRange(header, start, stop);
    if (i == stop) {
      return value;
    }
    int length = i - start;
    for (; i < stop; i++) {
      byte b = header[i];
      if (b == 0 || b == '\n' || (b == '\r' && i + 1 < stop && header[i + 1] == '\n')) {
        continue;
      }
      boolean folding = b == '\t' && header[i - 1] == '\n';
      value[length++] = folding || b == '\r' ? (byte) ' ' : b;
    }
    return Arrays.copyOf(value, length);
  }

  static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  boolean atEnd() {
    return at >= end;
  }

  int peek() {
    return at < end ? octets[at] & 0xff : -1;
  }

  void skipSpace() {
    while (at < end && isSpace(octets[at])) {
      at++;
    }
  }

  /// Skips space and comments; true if there was any.
  boolean skipCfws() {
    int from = at;
    while (at < end) {
      if (isSpace(octets[at])) {
        at++;
      } else if (octets[at] == '(') {
        comment();
      } else {
        break;
      }
    }
    return at > from;
  }

  /// Reads a comment; its text is then in the scratch word.
  void comment() {
    clearWord();
    int depth = 0;
    while (at < end) {
      byte b = octets[at++];
      if (b == '(') {
        if (depth++ == 0) {
          continue;
        }
      } else if (b == ')') {
        if (--depth == 0) {
          return;
        }
      } else if (b == '\\' && at < end) {
        b = octets[at++];
      }
      append(b);
    }
  }

  /// Reads a quoted string, appending what it says to the scratch word. An unclosed one ends with
  /// the value.
  void quoted() {
    at++;
    while (at < end) {
      byte b = octets[at++];
      if (b == '"') {
        return;
      }
      if (b == '\\' && at < end) {
        b = octets[at++];
      }
      append(b);
    }
  }

  /// Reads a token of RFC 2045; empty where there is none.
  ByteString token() {
    int from = at;
    while (at < end && isToken(octets[at])) {
      at++;
    }
    return slice(from, at);
  }

  private static boolean isToken(byte b) {
    return switch (b) {
      case ' ',
          '\t',
          '\r',
          '\n',
          '(',
          ')',
          '<',
          '>',
          '@',
          ',',
          ';',
          ':',
          '\\',
          '"',
          '/',
          '[',
          ']',
          '?',
          '=' ->
          false;
      default -> true;
    };
  }

  ByteString slice(int from, int to) {
    return from >= to ? ByteString.EMPTY : ByteString.copyFrom(octets, from, to - from);
  }

  void clearWord() {
    wordLength = 0;
  }

  boolean wordIsEmpty() {
    return wordLength == 0;
  }

  void append(int b) {
    if (wordLength == word.length) {
      word = Arrays.copyOf(word, Math.max(32, wordLength * 2));
    }
    word[wordLength++] = (byte) b;
  }

  /// The scratch word without white space around it.
  ByteString trimmedWord() {
    int from = 0;
    int to = wordLength;
    while (from < to && isSpace(word[from])) {
      from++;
    }
    while (to > from && isSpace(word[to - 1])) {
      to--;
    }
    return from == to ? ByteString.EMPTY : ByteString.copyFrom(word, from, to - from);
  }

  /// Reads a comment and leaves the scratch word as it was.
  ByteString commentAside() {
    ByteString before = word();
    comment();
    ByteString text = trimmedWord();
    clearWord();
    for (int i = 0; i < before.size(); i++) {
      append(before.byteAt(i));
    }
    return text;
  }

  ByteString word() {
    return wordLength == 0 ? ByteString.EMPTY : ByteString.copyFrom(word, 0, wordLength);
  }
}
