package mailwing.smtp.data;

/// Reads what follows DATA: removes dot-stuffing and finds the end (RFC 5321 §4.5.2). Only
/// `<CRLF>.<CRLF>` ends a message and only after `<CRLF>` is a dot removed: a bare CR or LF is
/// never a line end (RFC 5321 §2.3.8). Octets may come in any split. The CRLF before the final dot
/// belongs to the message.
public final class DotDecoder {
  private static final int LINE_START = 0;
  private static final int IN_LINE = 1;
  private static final int AFTER_CR = 2;
  private static final int AFTER_DOT = 3;
  private static final int AFTER_DOT_CR = 4;
  private static final int ENDED = 5;
  private static final byte[] CR = {'\r'};

  private final MessageSink sink;
  private int state = LINE_START;

  public DotDecoder(MessageSink sink) {
    this.sink = sink;
  }

  /// Reads from the octets at offset up to limit, not beyond the message's end; answers the offset
  /// after what was read.
  public int decode(byte[] octets, int offset, int limit) {
    int start = offset;
    int i = offset;
    while (i < limit && state != ENDED) {
      byte b = octets[i];
      switch (state) {
        case LINE_START -> {
          if (b == '.') {
            write(octets, start, i);
            start = ++i;
            state = AFTER_DOT;
          } else {
            state = IN_LINE;
          }
        }
        case IN_LINE -> {
          while (i < limit && octets[i] != '\r') {
            i++;
          }
          if (i < limit) {
            i++;
            state = AFTER_CR;
          }
        }
        case AFTER_CR -> {
          if (b == '\n') {
            i++;
            state = LINE_START;
          } else if (b == '\r') {
            i++;
          } else {
            state = IN_LINE;
          }
        }
        case AFTER_DOT -> {
          // start is where the octet after the dot lies, in this call or at its offset in a later
          // one.
          if (b == '\r') {
            start = ++i;
            state = AFTER_DOT_CR;
          } else {
            state = IN_LINE;
          }
        }
        case AFTER_DOT_CR -> {
          if (b == '\n') {
            start = ++i;
            state = ENDED;
          } else {
            // The dot began a line, the CR after it is bare.
            sink.write(CR, 0, 1);
            state = AFTER_CR;
          }
        }
        default -> throw new IllegalStateException();
      }
    }
    write(octets, start, i);
    return i;
  }

  private void write(byte[] octets, int start, int end) {
    if (end > start) {
      sink.write(octets, start, end - start);
    }
  }

  /// Was the final dot read?
  public boolean ended() {
    return state == ENDED;
  }
}
