package mailwing.imap.protocol;

import org.jspecify.annotations.Nullable;

/// Ends the reading of one command; never leaves this package, where [CommandParser] makes a
/// [Parsed.Refused] of it.
final class SyntaxError extends Exception {
  private static final long serialVersionUID = 1;

  private final boolean no;
  private final boolean close;
  private final transient @Nullable ResponseCode code;

  private SyntaxError(boolean no, @Nullable ResponseCode code, String text, boolean close) {
    super(text, null, false, false);
    this.no = no;
    this.code = code;
    this.close = close;
  }

  static SyntaxError bad(String text) {
    return new SyntaxError(false, null, text, false);
  }

  static SyntaxError bad(ResponseCode code, String text) {
    return new SyntaxError(false, code, text, false);
  }

  static SyntaxError no(ResponseCode code, String text) {
    return new SyntaxError(true, code, text, false);
  }

  /// The stream cannot be followed any further.
  static SyntaxError fatal(String text) {
    return new SyntaxError(false, null, text, true);
  }

  Parsed.Refused refused(@Nullable String tag) {
    String text = getMessage();
    return new Parsed.Refused(tag, no, code, text == null ? "Syntax error" : text, close);
  }

  boolean close() {
    return close;
  }
}
