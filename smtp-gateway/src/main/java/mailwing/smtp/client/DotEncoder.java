package mailwing.smtp.client;

import java.io.IOException;
import java.io.OutputStream;

/// Writes a message as DATA wants it (RFC 5321 §4.5.2): a dot more before each line that begins
/// with one, and `<CRLF>.<CRLF>` at the end and nowhere else.
///
/// CR and LF go out as CRLF alone: one that is bare becomes CRLF, so that no receiver can take
/// something within the message for its end.
public final class DotEncoder {
  private static final byte[] CRLF = {'\r', '\n'};

  private final OutputStream out;
  private boolean lineStart = true;
  private boolean afterCr;

  public DotEncoder(OutputStream out) {
    this.out = out;
  }

  public void write(byte[] octets, int offset, int length) throws IOException {
    int start = offset;
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      byte octet = octets[i];
      if (afterCr) {
        // The CR is out already as a whole line end; its LF is not told again.
        afterCr = false;
        if (octet == '\n') {
          start = i + 1;
          continue;
        }
      }
      if (octet == '\r' || octet == '\n') {
        out.write(octets, start, i - start);
        out.write(CRLF);
        start = i + 1;
        lineStart = true;
        afterCr = octet == '\r';
      } else if (lineStart) {
        lineStart = false;
        if (octet == '.') {
          out.write('.');
        }
      }
    }
    out.write(octets, start, end - start);
  }

  /// Ends the message.
  public void end() throws IOException {
    if (!lineStart) {
      out.write(CRLF);
    }
    out.write('.');
    out.write(CRLF);
  }
}
