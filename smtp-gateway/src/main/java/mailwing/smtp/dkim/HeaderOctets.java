package mailwing.smtp.dkim;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mailwing.smtp.data.HeaderScan;

/// The canonical octets that a signature signs (RFC 6376 §3.4.1, §3.4.2, §3.7, §5.4.2).
final class HeaderOctets {
  private final byte[] octets;
  private final HeaderScan scan;
  private final boolean relaxed;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(1024);

  private HeaderOctets(byte[] octets, HeaderScan scan, boolean relaxed) {
    this.octets = octets;
    this.scan = scan;
    this.relaxed = relaxed;
  }

  /// What is under a signature that is there: the named fields, of several of a name the last
  /// first, and then the signature's own without what `b=` holds and without its line end.
  static byte[] of(
      byte[] octets, HeaderScan scan, HeaderScan.Field own, List<String> names, boolean relaxed) {
    HeaderOctets header = new HeaderOctets(octets, scan, relaxed);
    header.named(names);
    String value = withoutSignature(header.text(own.valueStart(), own.end()));
    header.field(own, value.endsWith("\r\n") ? value.substring(0, value.length() - 2) : value);
    return header.out.toByteArray();
  }

  /// As [#of], for a signature that is being made: `field` has nothing after its `b=` yet. The
  /// relaxed form.
  ///
  /// @param names in lower case
  static byte[] toSign(byte[] octets, HeaderScan scan, List<String> names, String field) {
    HeaderOctets header = new HeaderOctets(octets, scan, true);
    header.named(names);
    header.put(relaxed(field));
    return header.out.toByteArray();
  }

  /// The relaxed form of a whole field, without a line end.
  static String relaxed(String field) {
    int colon = field.indexOf(':');
    return field.substring(0, colon).strip().toLowerCase(Locale.ROOT)
        + ":"
        + relaxedValue(field.substring(colon + 1));
  }

  private static String relaxedValue(String value) {
    String unfolded = value.replace("\r\n", "").replaceAll("[ \\t]+", " ");
    int end = unfolded.length();
    while (end > 0 && isBlank(unfolded.charAt(end - 1))) {
      end--;
    }
    int start = 0;
    while (start < end && isBlank(unfolded.charAt(start))) {
      start++;
    }
    return unfolded.substring(start, end);
  }

  /// A line end that is not CRLF is one where it ends the field.
  private static boolean isBlank(char c) {
    return c == ' ' || c == '\r' || c == '\n';
  }

  private void named(List<String> names) {
    Map<String, List<HeaderScan.Field>> left = new HashMap<>();
    for (HeaderScan.Field field : scan.fields()) {
      left.computeIfAbsent(name(field).toLowerCase(Locale.ROOT), n -> new ArrayList<>()).add(field);
    }
    for (String name : names) {
      List<HeaderScan.Field> fields = left.getOrDefault(name, List.of());
      if (!fields.isEmpty()) {
        HeaderScan.Field field = fields.removeLast();
        field(field, text(field.valueStart(), field.end()));
        put(relaxed ? "\r\n" : "");
      }
    }
  }

  private String name(HeaderScan.Field field) {
    return text(field.start(), field.nameEnd());
  }

  private String text(int from, int to) {
    return new String(octets, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private void put(String text) {
    out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void field(HeaderScan.Field field, String value) {
    if (relaxed) {
      put(name(field).toLowerCase(Locale.ROOT) + ":");
      put(relaxedValue(value));
    } else {
      put(text(field.start(), field.valueStart()));
      put(value);
    }
  }

  /// The tag list with the value of `b=` taken out, blanks and all.
  static String withoutSignature(String value) {
    int start = 0;
    while (start <= value.length()) {
      int semicolon = value.indexOf(';', start);
      int end = semicolon < 0 ? value.length() : semicolon;
      int equals = value.indexOf('=', start);
      if (equals >= 0 && equals < end && value.substring(start, equals).strip().equals("b")) {
        String lineEnd = semicolon < 0 && value.endsWith("\r\n") ? "\r\n" : "";
        return value.substring(0, equals + 1) + lineEnd + value.substring(end);
      }
      start = end + 1;
    }
    return value;
  }

  @Override
  public String toString() {
    return scan.fields().size() + " fields";
  }
}
