package mailwing.smtp.client;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a host answered (RFC 5321 §4.2).
public record HostReply(int code, List<String> lines) {
  private static final Pattern STATUS =
      Pattern.compile("([245]\\.[0-9]{1,3}\\.[0-9]{1,3})(?: .*)?");

  public HostReply {
    lines = List.copyOf(lines);
  }

  /// 2yz.
  public boolean isPositive() {
    return code >= 200 && code < 300;
  }

  /// 3yz.
  public boolean isIntermediate() {
    return code >= 300 && code < 400;
  }

  /// 5yz.
  public boolean isPermanent() {
    return code >= 500;
  }

  /// The enhanced status code that it says (RFC 2034), else what its first digit means.
  public String status() {
    Matcher said = STATUS.matcher(lines.getFirst());
    int first = isPositive() ? 2 : isPermanent() ? 5 : 4;
    if (said.matches() && said.group(1).charAt(0) == '0' + first) {
      return said.group(1);
    }
    return first + ".0.0";
  }

  /// As it came, its lines joined by LF.
  public String text() {
    StringBuilder text = new StringBuilder();
    for (String line : lines) {
      if (!text.isEmpty()) {
        text.append('\n');
      }
      text.append(code).append(' ').append(line);
    }
    return text.toString();
  }
}
