package mailwing.store;

import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A call that the store refuses or cannot do, by the code that the caller sees.
///
/// The message is for the caller's operator: it holds no secret and no content. Only INTERNAL keeps
/// a stack trace; the others are answers, not faults.
public final class StoreException extends RuntimeException {
  private final ErrorCode code;

  public StoreException(ErrorCode code, String message) {
    this(code, message, null);
  }

  public StoreException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause, false, code == ErrorCode.INTERNAL);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }
}
