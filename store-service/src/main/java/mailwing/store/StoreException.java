package mailwing.store;

import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A call that the store refuses or cannot do, by the code that the caller sees.
///
/// The message is for the caller's operator: it holds no secret and no content. Only INTERNAL keeps
/// a stack trace; the others are answers, not faults.
public final class StoreException extends RuntimeException {
  private final ErrorCode code;
  private final @Nullable Referral referral;

  public StoreException(ErrorCode code, String message) {
    this(code, message, null);
  }

  public StoreException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, cause, null);
  }

  private StoreException(
      ErrorCode code, String message, @Nullable Throwable cause, @Nullable Referral referral) {
    super(message, cause, false, code == ErrorCode.INTERNAL);
    this.code = code;
    this.referral = referral;
  }

  /// ACCOUNT_ELSEWHERE.
  public static StoreException elsewhere(Referral referral) {
    return new StoreException(
        ErrorCode.ACCOUNT_ELSEWHERE, "the account lives on another site", null, referral);
  }

  public ErrorCode code() {
    return code;
  }

  /// Of ACCOUNT_ELSEWHERE; null for other codes.
  public @Nullable Referral referral() {
    return referral;
  }
}
