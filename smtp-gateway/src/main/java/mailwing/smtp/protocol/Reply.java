package mailwing.smtp.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A reply: code, enhanced status code and lines, encoded once when it is made (RFC 5321 §4.2, RFC
/// 2034).
public final class Reply {
  private final int code;
  private final @Nullable EnhancedStatusCode status;
  private final List<String> lines;
  private final byte[] encoded;

  private Reply(int code, @Nullable EnhancedStatusCode status, List<String> lines) {
    this.code = code;
    this.status = status;
    this.lines = List.copyOf(lines);
    this.encoded = encode();
  }

  /// A reply with an enhanced status code, said on each of its lines (RFC 2034 §4).
  public static Reply of(int code, String status, String... lines) {
    return new Reply(code, EnhancedStatusCode.of(status), Arrays.asList(lines));
  }

  /// A reply that has no enhanced status code: the greeting, HELO, EHLO, LHLO and the 3yz ones.
  public static Reply plain(int code, List<String> lines) {
    return new Reply(code, null, lines);
  }

  /// A reply of one line without an enhanced status code.
  public static Reply plain(int code, String line) {
    return new Reply(code, null, List.of(line));
  }

  public int code() {
    return code;
  }

  public @Nullable EnhancedStatusCode status() {
    return status;
  }

  public List<String> lines() {
    return lines;
  }

  /// 2yz or 3yz.
  public boolean isPositive() {
    return code < 400;
  }

  /// After a 421 the connection is closed (RFC 5321 §3.8).
  public boolean closes() {
    return code == 421 || code == 221;
  }

  /// The reply's octets with every CRLF. Not to be changed.
  public byte[] octets() {
    return encoded;
  }

  private byte[] encode() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      out.append(code).append(i == lines.size() - 1 ? ' ' : '-');
      if (status != null) {
        out.append(status).append(' ');
      }
      out.append(lines.get(i)).append("\r\n");
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return new String(encoded, StandardCharsets.UTF_8).stripTrailing();
  }
}
