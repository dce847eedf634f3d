package mailwing.smtp.dkim;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import mailwing.smtp.data.MessageSink;

/// The hash of a body in one of its canonical forms (RFC 6376 §3.4.3, §3.4.4, §3.7). Octets may
/// come in any split.
final class BodyHash implements MessageSink {
  private static final int BUFFER = 8192;

  private final boolean relaxed;
  private final long limit;
  private final MessageDigest digest;
  private final byte[] buffer = new byte[BUFFER];
  private int buffered;
  private long octets;
  private boolean cr;
  private boolean space;
  private long lines;
  private boolean content;

  /// @param limit so many canonical octets are hashed; `Long.MAX_VALUE` for all
  BodyHash(boolean relaxed, long limit, MessageDigest digest) {
    this.relaxed = relaxed;
    this.limit = limit;
    this.digest = digest;
  }

  /// Of the whole body in the relaxed form, by SHA-256.
  static BodyHash relaxed() {
    try {
      return new BodyHash(true, Long.MAX_VALUE, MessageDigest.getInstance("SHA-256"));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      byte b = from[i];
      if (cr) {
        cr = false;
        if (b == '\n') {
          // White space at a line's end is none, in the relaxed form.
          space = false;
          lines++;
          continue;
        }
        text((byte) '\r');
      }
      if (b == '\r') {
        cr = true;
      } else if (relaxed && (b == ' ' || b == '\t')) {
        space = true;
      } else {
        text(b);
      }
    }
  }

  private void text(byte b) {
    for (; lines > 0; lines--) {
      put((byte) '\r');
      put((byte) '\n');
    }
    if (space) {
      space = false;
      put((byte) ' ');
    }
    content = true;
    put(b);
  }

  private void put(byte b) {
    if (octets++ >= limit) {
      return;
    }
    buffer[buffered++] = b;
    if (buffered == BUFFER) {
      digest.update(buffer, 0, buffered);
      buffered = 0;
    }
  }

  /// The body is over: empty lines at its end are none, and its last line ends in CRLF.
  byte[] finish() {
    if (cr) {
      text((byte) '\r');
    }
    if (content || !relaxed) {
      put((byte) '\r');
      put((byte) '\n');
    }
    digest.update(buffer, 0, buffered);
    return digest.digest();
  }

  /// Were there as many octets as are to be hashed? To be asked after the end.
  boolean reachesLimit() {
    return limit == Long.MAX_VALUE || octets >= limit;
  }
}
