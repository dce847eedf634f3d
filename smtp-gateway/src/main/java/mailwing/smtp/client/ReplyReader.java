package mailwing.smtp.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads replies; bounded, whatever the host sends (RFC 5321 §4.2.1, §4.5.3.1.5).
final class ReplyReader {
  private static final int MOST_LINE = 4096;
  private static final int MOST_LINES = 256;

  private final InputStream in;
  private final byte[] buffer = new byte[4096];
  private int at;
  private int end;

  ReplyReader(InputStream in) {
    this.in = in;
  }

  /// Is there more than was asked for?
  boolean hasBuffered() {
    return at < end;
  }

  /// HostException where what comes is no reply.
  HostReply read() throws IOException {
    List<String> lines = new ArrayList<>(4);
    int code = 0;
    while (true) {
      String line = line();
      int said = code(line);
      if (code != 0 && said != code) {
        throw new HostException("4.5.0", "the lines of a reply have different codes");
      }
      code = said;
      lines.add(line.length() > 4 ? line.substring(4) : "");
      if (line.length() == 3 || line.charAt(3) == ' ') {
        return new HostReply(code, lines);
      }
      if (lines.size() == MOST_LINES) {
        throw new HostException("4.5.0", "a reply does not end");
      }
    }
  }

  private static int code(String line) throws HostException {
    boolean valid =
        line.length() >= 3
            && line.charAt(0) >= '2'
            && line.charAt(0) <= '5'
            && Character.isDigit(line.charAt(1))
            && Character.isDigit(line.charAt(2))
            && (line.length() == 3 || line.charAt(3) == ' ' || line.charAt(3) == '-');
    if (!valid) {
      throw new HostException("4.5.0", "what the host says is no reply");
    }
    return Integer.parseInt(line, 0, 3, 10);
  }

  /// A line without its CRLF, or LF; control characters become spaces.
  private String line() throws IOException {
    byte[] line = new byte[128];
    int length = 0;
    while (true) {
      if (at == end) {
        at = 0;
        end = Math.max(0, in.read(buffer));
        if (end == 0) {
          throw new HostException("4.4.2", "the host closed the connection");
        }
      }
      byte octet = buffer[at++];
      if (octet == '\n') {
        break;
      }
      if (length == MOST_LINE) {
        throw new HostException("4.5.0", "a line of a reply does not end");
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, length * 2);
      }
      line[length++] = octet;
    }
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    return new String(line, 0, length, StandardCharsets.UTF_8)
        .replaceAll("[\\x00-\\x1f\\x7f]", " ");
  }
}
