package mailwing.smtp.data;

/// Watches a message's octets for what SMTP's line-oriented transfer cannot carry: NUL, and CR or
/// LF other than as CRLF (RFC 5321 §2.3.8 and §4.1.1.4). Octets may come in any split.
public final class OctetAudit {
  private boolean afterCr;
  private boolean bareLineEnd;
  private boolean nul;

  public void look(byte[] octets, int offset, int length) {
    boolean cr = afterCr;
    for (int i = offset; i < offset + length; i++) {
      byte b = octets[i];
      if (cr) {
        cr = false;
        if (b == '\n') {
          continue;
        }
        bareLineEnd = true;
      }
      if (b > '\r' || b < 0) {
        continue;
      }
      if (b == '\r') {
        cr = true;
      } else if (b == '\n') {
        bareLineEnd = true;
      } else if (b == 0) {
        nul = true;
      }
    }
    afterCr = cr;
  }

  /// As [#bareLineEnd], where octets may still follow: a CR at the end is not judged yet.
  public boolean bareLineEndSoFar() {
    return bareLineEnd;
  }

  /// A CR without LF after it, or a LF without CR before it.
  public boolean bareLineEnd() {
    return bareLineEnd || afterCr;
  }

  public boolean nul() {
    return nul;
  }
}
