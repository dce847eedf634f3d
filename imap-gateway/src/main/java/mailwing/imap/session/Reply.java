package mailwing.imap.session;

import mailwing.imap.protocol.ResponseCode;
import org.jspecify.annotations.Nullable;

/// What a command's tagged response says (RFC 9051 §7.1).
record Reply(Status status, @Nullable ResponseCode code, String text) {
  enum Status {
    OK,
    NO,
    BAD,
    /// Nothing is said any more: the connection ends.
    SILENT_END,
    /// The tagged response was written already.
    ANSWERED,
    /// LOGOUT: OK is said last, and the connection ends.
    LOGOUT
  }

  static Reply ok(String text) {
    return new Reply(Status.OK, null, text);
  }

  static Reply ok(ResponseCode code, String text) {
    return new Reply(Status.OK, code, text);
  }

  static Reply no(String text) {
    return new Reply(Status.NO, null, text);
  }

  static Reply no(ResponseCode code, String text) {
    return new Reply(Status.NO, code, text);
  }

  static Reply bad(String text) {
    return new Reply(Status.BAD, null, text);
  }
}
