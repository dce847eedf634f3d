package mailwing.smtp.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The fields of a message's header section, found in one pass over its octets (RFC 5322 §2.2). A
/// line that is no field ends the section.
public final class HeaderScan {

  /// A field with its folded lines: its name's octets, its value's and its end after the CRLF.
  public record Field(int start, int nameEnd, int valueStart, int end) {}

  private final byte[] octets;
  private final List<Field> fields;
  private final int end;
  private final boolean complete;

  private HeaderScan(byte[] octets, List<Field> fields, int end, boolean complete) {
    this.octets = octets;
    this.fields = fields;
    this.end = end;
    this.complete = complete;
  }

  /// Scans octets from offset to limit.
  public static HeaderScan of(byte[] octets, int offset, int limit) {
    List<Field> fields = new ArrayList<>(24);
    int at = offset;
    while (at < limit) {
      int nameEnd = nameEnd(octets, at, limit);
      if (nameEnd < 0) {
        return new HeaderScan(octets, fields, at, true);
      }
      int colon = nameEnd;
      while (octets[colon] != ':') {
        colon++;
      }
      int lineEnd = lineEnd(octets, colon, limit);
      while (lineEnd >= 0 && lineEnd < limit && isBlank(octets[lineEnd])) {
        lineEnd = lineEnd(octets, lineEnd, limit);
      }
      if (lineEnd < 0) {
        return new HeaderScan(octets, fields, at, false);
      }
      fields.add(new Field(at, nameEnd, colon + 1, lineEnd));
      at = lineEnd;
    }
    return new HeaderScan(octets, fields, at, false);
  }

  /// Where the name ends, or -1 where the line is not a field.
  private static int nameEnd(byte[] octets, int at, int limit) {
    int i = at;
    while (i < limit && octets[i] > ' ' && octets[i] < 127 && octets[i] != ':') {
      i++;
    }
    int nameEnd = i;
    // obs-optional (RFC 5322 §4.5.8): blanks before the colon.
    while (i < limit && isBlank(octets[i])) {
      i++;
    }
    return nameEnd > at && i < limit && octets[i] == ':' ? nameEnd : -1;
  }

  private static int lineEnd(byte[] octets, int from, int limit) {
    for (int i = from; i < limit; i++) {
      if (octets[i] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  public List<Field> fields() {
    return fields;
  }

  /// The offset after the last whole field.
  public int end() {
    return end;
  }

  /// Was something seen that ends the section, rather than the octets' end?
  public boolean complete() {
    return complete;
  }

  /// Compares a field's name; the other one in lower case.
  public boolean isNamed(Field field, String lowerCaseName) {
    if (field.nameEnd - field.start != lowerCaseName.length()) {
      return false;
    }
    for (int i = 0; i < lowerCaseName.length(); i++) {
      int b = octets[field.start + i];
      if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCaseName.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  public boolean has(String lowerCaseName) {
    return count(lowerCaseName) > 0;
  }

  public int count(String lowerCaseName) {
    int count = 0;
    for (Field field : fields) {
      if (isNamed(field, lowerCaseName)) {
        count++;
      }
    }
    return count;
  }

  /// The value without its line end and the blanks around it.
  public String value(Field field) {
    return new String(
            octets, field.valueStart, field.end - field.valueStart, StandardCharsets.UTF_8)
        .strip();
  }
}
