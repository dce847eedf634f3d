package mailwing.store.persistence;

import mailwing.store.v1.ErrorCode;

/// What became of a message that was to be stored.
///
/// @param error ERROR_CODE_UNSPECIFIED where it is stored, now or by an earlier call
public record Stored(
    ErrorCode error, long mailboxId, long uidValidity, long uid, long modseq, boolean repeated) {
  static Stored failed(ErrorCode error) {
    return new Stored(error, 0, 0, 0, 0, false);
  }

  public boolean done() {
    return error == ErrorCode.ERROR_CODE_UNSPECIFIED;
  }
}
