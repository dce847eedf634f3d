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

  /// OK, with the highest modseq once all was told (RFC 7162 §3.2.7).
  static Reply okWithModSeq(String text) {
    return ok(new ResponseCode.HighestModSeq(0), text);
  }

  /// Fills in what [#okWithModSeq] left open.
  Reply withModSeq(long modSeq) {
    return code instanceof ResponseCode.HighestModSeq
        ? new Reply(status, new ResponseCode.HighestModSeq(modSeq), text)
        : this;
  }

  static Reply bad(ResponseCode code, String text) {
    return new Reply(Status.BAD, code, text);
  }

  static Reply bad(String text) {
    return new Reply(Status.BAD, null, text);
  }
}
