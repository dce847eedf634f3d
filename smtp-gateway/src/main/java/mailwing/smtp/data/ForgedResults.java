package mailwing.smtp.data;

import java.io.ByteArrayOutputStream;
import java.util.List;

/// Authentication-Results that a message brings along in our name: nobody else may say them (RFC
/// 8601 §5).
public final class ForgedResults {
  private static final String NAME = "authentication-results";

  private ForgedResults() {}

  /// The fields that bear this name, in their order.
  public static List<HeaderScan.Field> in(HeaderScan scan, String host) {
    return scan.fields().stream()
        .filter(
            field -> scan.isNamed(field, NAME) && server(scan.value(field)).equalsIgnoreCase(host))
        .toList();
  }

  /// The octets from offset to limit without these fields of them.
  public static byte[] without(
      byte[] octets, int offset, int limit, List<HeaderScan.Field> forged) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(limit - offset);
    int at = offset;
    for (HeaderScan.Field field : forged) {
      out.write(octets, at, field.start() - at);
      at = field.end();
    }
    out.write(octets, at, limit - at);
    return out.toByteArray();
  }

  /// The authserv-id: the first word, of which comments and quotes are no part (RFC 8601 §2.2).
  static String server(String value) {
    StringBuilder word = new StringBuilder();
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\') {
        i++;
        if (depth == 0 && i < value.length()) {
          word.append(value.charAt(i));
        }
      } else if (quoted) {
        quoted = c != '"';
        word.append(quoted ? String.valueOf(c) : "");
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth = Math.max(0, depth - 1);
      } else if (depth == 0 && c == '"') {
        quoted = true;
      } else if (depth == 0 && (c == ';' || Character.isWhitespace(c))) {
        if (c == ';' || !word.isEmpty()) {
          break;
        }
      } else if (depth == 0) {
        word.append(c);
      }
    }
    return word.toString();
  }
}
