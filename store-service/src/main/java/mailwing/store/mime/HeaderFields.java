package mailwing.store.mime;

import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/// Walks the fields of a header, as octet ranges. Free of dependencies and of copies.
///
/// A line ends with LF, with or without CR before it; a line that starts with a space or a tab
/// continues the field. A line without a colon is a field without a name (`nameEnd() == start()`).
/// The walk ends at the empty line or the end.
///
/// ```
/// var fields = new HeaderFields(octets, 0, octets.length);
/// while (fields.next()) if (fields.is("subject")) ... fields.valueStart(), fields.end()
/// ```
public final class HeaderFields {
  private final byte[] octets;
  private final int to;
  private int start;
  private int nameEnd;
  private int valueStart;
  private int end;

  public HeaderFields(byte[] octets, int from, int to) {
    this.octets = octets;
    this.to = to;
    this.start = from;
    this.end = from;
  }

  public HeaderFields(byte[] octets) {
    this(octets, 0, octets.length);
  }

  /// Goes to the next field; false where there is none.
  public boolean next() {
    int i = end;
    if (i >= to || isEmptyLine(i)) {
      return false;
    }
    start = i;
    nameEnd = i;
    valueStart = i;
    while (i < to && octets[i] != ':' && octets[i] != '\n') {
      i++;
    }
    if (i < to && octets[i] == ':') {
      valueStart = i + 1;
      nameEnd = i;
      while (nameEnd > start && (octets[nameEnd - 1] == ' ' || octets[nameEnd - 1] == '\t')) {
        nameEnd--;
      }
    }
    while (true) {
      while (i < to && octets[i] != '\n') {
        i++;
      }
      if (i >= to) {
        end = to;
        return true;
      }
      i++;
      if (i >= to || (octets[i] != ' ' && octets[i] != '\t')) {
        end = i;
        return true;
      }
    }
  }

  private boolean isEmptyLine(int i) {
    return octets[i] == '\n' || (octets[i] == '\r' && i + 1 < to && octets[i + 1] == '\n');
  }

  /// Where the field starts.
  public int start() {
    return start;
  }

  /// Where its name ends; spaces before the colon are no part of it.
  public int nameEnd() {
    return nameEnd;
  }

  /// After the colon.
  public int valueStart() {
    return valueStart;
  }

  /// After the field's last line end, folding included.
  public int end() {
    return end;
  }

  /// Is it the field of this name? `name` is in lower case US-ASCII.
  public boolean is(String name) {
    int length = nameEnd - start;
    if (length != name.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (lower(octets[start + i]) != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// The name as it stands.
  public String name() {
    return new String(octets, start, nameEnd - start, StandardCharsets.ISO_8859_1);
  }

  /// The octets of the fields whose name passes, folding included, without the empty line at the
  /// end.
  public static byte[] select(byte[] header, Predicate<HeaderFields> which) {
    byte[] out = new byte[header.length];
    int length = 0;
    var fields = new HeaderFields(header);
    while (fields.next()) {
      if (which.test(fields)) {
        int size = fields.end - fields.start;
        System.arraycopy(header, fields.start, out, length, size);
        length += size;
      }
    }
    return java.util.Arrays.copyOf(out, length);
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
