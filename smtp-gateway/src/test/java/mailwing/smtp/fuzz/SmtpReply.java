package mailwing.smtp.fuzz;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.testkit.fuzz.HostileSocket;
import org.jspecify.annotations.Nullable;

/// A reply, read strictly (RFC 5321 §4.2): the code of three digits, the same on each line; text
/// that can be shown; and the enhanced status code, which says the same class (RFC 2034 §4).
record SmtpReply(int code, List<String> lines) {
  private static final Pattern LINE = Pattern.compile("([2-5][0-5][0-9])(?:([ -])([\t -~]*))?");
  private static final Pattern STATUS = Pattern.compile("([245])\\.\\d{1,3}\\.\\d{1,3} .+");

  /// RFC 5321 §4.5.3.1.5; a challenge may be longer (RFC 4954 §4).
  private static final int LONGEST = 12_288;

  /// Null at the stream's end.
  static @Nullable SmtpReply read(HostileSocket socket) throws IOException {
    List<String> lines = new ArrayList<>();
    int code = 0;
    while (true) {
      String line = socket.line(LONGEST, true);
      if (line == null) {
        if (!lines.isEmpty()) {
          throw new AssertionError("the stream ended within a reply");
        }
        return null;
      }
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new AssertionError("no reply line: " + line);
      }
      int said = Integer.parseInt(matcher.group(1));
      if (code != 0 && said != code) {
        throw new AssertionError("the codes of one reply differ: " + line);
      }
      code = said;
      if (code != 334 && line.length() > 510) {
        throw new AssertionError("a reply line of " + line.length() + " octets");
      }
      lines.add(matcher.group(3) == null ? "" : matcher.group(3));
      if (!"-".equals(matcher.group(2))) {
        return new SmtpReply(code, lines);
      }
    }
  }

  String text() {
    return lines.getFirst();
  }

  /// One of these codes is what it says.
  void mustBe(String what, Integer... codes) {
    if (!List.of(codes).contains(code)) {
      throw new AssertionError(what + " was answered " + this + ", not " + List.of(codes));
    }
  }

  /// Each line has an enhanced status code of the reply's class.
  void mustHaveStatus() {
    for (String line : lines) {
      Matcher matcher = STATUS.matcher(line);
      if (!matcher.matches() || matcher.group(1).charAt(0) - '0' != code / 100) {
        throw new AssertionError("no enhanced status code for " + code + " in: " + line);
      }
    }
  }

  @Override
  public String toString() {
    return code + " " + String.join(" / ", lines);
  }
}
