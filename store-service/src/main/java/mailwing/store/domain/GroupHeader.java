package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import mailwing.store.Address;
import mailwing.store.persistence.GroupRow;

/// The fields that a group puts before a message (RFC 2919, RFC 2369). The message behind them is
/// not touched, so that its signatures hold.
final class GroupHeader {
  private static final int ENCODED_OCTETS = 42;

  private GroupHeader() {}

  /// Where failures of what the group sends on are reported to.
  static Address bounces(GroupRow group) {
    return group.address().withLocalPart(group.address().localPart() + "-bounces");
  }

  /// `label.domain`, the same for ever (RFC 2919 §3).
  static String listId(GroupRow group) {
    String address = SmtpPath.ascii(group.address());
    int at = address.lastIndexOf('@');
    String label = address.substring(0, at).replaceAll("[^A-Za-z0-9-]", "-");
    return label + "." + group.groupId() + "." + address.substring(at + 1);
  }

  /// The fields, without Return-Path.
  static String fields(GroupRow group) {
    String address = SmtpPath.ascii(group.address());
    int at = address.lastIndexOf('@');
    StringBuilder out = new StringBuilder(400);
    line(out, "Delivered-To: " + address);
    line(out, "List-Id: " + title(group.title()) + "<" + listId(group) + ">");
    line(
        out,
        group.posters() == GroupRow.Posters.NAMED
            ? "List-Post: NO"
            : "List-Post: <mailto:" + address + ">");
    if (!group.owner().isEmpty()) {
      String name = address.substring(0, at);
      String domain = address.substring(at);
      line(out, "List-Owner: <mailto:" + name + "-owner" + domain + ">");
      line(
          out, "List-Unsubscribe: <mailto:" + name + "-request" + domain + "?subject=unsubscribe>");
    }
    line(out, "Precedence: list");
    return out.toString();
  }

  /// A phrase of RFC 5322, in encoded words (RFC 2047) where it is not US-ASCII.
  private static String title(String title) {
    if (title.isEmpty()) {
      return "";
    }
    if (title.chars().allMatch(c -> c >= ' ' && c < 127)) {
      return "\"" + title.replace("\\", "\\\\").replace("\"", "\\\"") + "\"\r\n\t";
    }
    StringBuilder out = new StringBuilder();
    int from = 0;
    while (from < title.length()) {
      int to = from;
      int octets = 0;
      while (to < title.length()) {
        int c = title.codePointAt(to);
        octets += Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
        if (octets > ENCODED_OCTETS) {
          break;
        }
        to += Character.charCount(c);
      }
      out.append("=?utf-8?B?")
          .append(
              Base64.getEncoder()
                  .encodeToString(title.substring(from, to).getBytes(StandardCharsets.UTF_8)))
          .append("?=\r\n\t");
      from = to;
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String text) {
    out.append(text).append("\r\n");
  }
}
