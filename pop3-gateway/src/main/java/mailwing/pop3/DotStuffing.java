package mailwing.pop3;

import com.google.protobuf.ByteString;
import java.io.IOException;
import mailwing.gateway.OctetWriter;

/// Writes one message as a multi-line response (RFC 1939 §3): a dot at the start of a line is
/// doubled, the end is a lone dot, and a CRLF is added where the message does not end in one. All
/// other octets are as stored.
///
/// A line starts after CRLF. A bare LF starts none, with one exception: many clients split lines at
/// LF, and would take LF, dot, line end within a message for its end and the rest for our replies;
/// that dot is doubled.
final class DotStuffing {
  private static final byte[] END_AFTER_LINE = {'.', '\r', '\n'};
  private static final byte[] END = {'\r', '\n', '.', '\r', '\n'};

  private enum At {
    LINE_START,
    TEXT,
    CR,
    /// After a bare LF.
    BARE_LF,
    /// After a bare LF and a dot that was not written yet.
    BARE_LF_DOT,
    /// The same and a CR that was not written yet.
    BARE_LF_DOT_CR
  }

  private final OctetWriter out;
  private final int maxBodyLines;
  private At at = At.LINE_START;
  private boolean emptyLine = true;
  private boolean inBody;
  private int bodyLines;
  private boolean full;

  /// The whole message.
  static DotStuffing whole(OctetWriter out) {
    return new DotStuffing(out, Integer.MAX_VALUE);
  }

  /// The header, the empty line and so many lines of the body (RFC 1939 §7, TOP).
  static DotStuffing top(OctetWriter out, int bodyLines) {
    return new DotStuffing(out, bodyLines);
  }

  private DotStuffing(OctetWriter out, int maxBodyLines) {
    this.out = out;
    this.maxBodyLines = maxBodyLines;
  }

  /// Whether all that was asked for is written.
  boolean full() {
    return full;
  }

  void write(ByteString octets) throws IOException {
    byte[] array = octets.toByteArray();
    int length = maxBodyLines == Integer.MAX_VALUE ? array.length : wanted(array);
    stuff(array, length);
  }

  void end() throws IOException {
    if (at == At.BARE_LF_DOT || at == At.BARE_LF_DOT_CR) {
      // The CRLF that follows makes it the dangerous case.
      out.write('.').write('.');
      if (at == At.BARE_LF_DOT_CR) {
        out.write('\r');
      }
    }
    out.write(at == At.LINE_START ? END_AFTER_LINE : END);
  }

  /// How many of these octets belong to what TOP wants; header and body lines end at LF.
  private int wanted(byte[] octets) {
    if (full) {
      return 0;
    }
    for (int i = 0; i < octets.length; i++) {
      byte octet = octets[i];
      if (octet == '\n') {
        if (inBody) {
          bodyLines++;
        } else if (emptyLine) {
          inBody = true;
        }
        emptyLine = true;
        if (inBody && bodyLines == maxBodyLines) {
          full = true;
          return i + 1;
        }
      } else if (octet != '\r') {
        emptyLine = false;
      }
    }
    return octets.length;
  }

  /// Writes runs between the places where something may have to be added.
  private void stuff(byte[] octets, int length) throws IOException {
    int start = 0;
    for (int i = 0; i < length; i++) {
      byte octet = octets[i];
      switch (at) {
        case TEXT -> {
          while (octet != '\r' && octet != '\n' && i + 1 < length) {
            octet = octets[++i];
          }
          if (octet == '\r') {
            at = At.CR;
          } else if (octet == '\n') {
            at = At.BARE_LF;
          }
        }
        case CR -> {
          if (octet == '\n') {
            at = At.LINE_START;
          } else if (octet != '\r') {
            at = At.TEXT;
          }
        }
        case LINE_START -> {
          if (octet == '.') {
            out.write(octets, start, i - start);
            out.write('.');
            start = i;
          }
          at = after(octet);
        }
        case BARE_LF -> {
          if (octet == '.') {
            // Held back until what follows is known.
            out.write(octets, start, i - start);
            start = i + 1;
            at = At.BARE_LF_DOT;
          } else {
            at = after(octet);
          }
        }
        case BARE_LF_DOT -> {
          if (octet == '\r') {
            start = i + 1;
            at = At.BARE_LF_DOT_CR;
          } else {
            out.write('.');
            if (octet == '\n') {
              out.write('.');
            }
            start = i;
            at = after(octet);
          }
        }
        case BARE_LF_DOT_CR -> {
          out.write('.');
          if (octet == '\n') {
            out.write('.');
          }
          out.write('\r');
          start = i;
          at = octet == '\n' ? At.LINE_START : after(octet);
        }
      }
    }
    if (start < length) {
      out.write(octets, start, length - start);
    }
  }

  private static At after(byte octet) {
    return switch (octet) {
      case '\r' -> At.CR;
      case '\n' -> At.BARE_LF;
      default -> At.TEXT;
    };
  }
}
