package mailwing.embedded;

import org.jspecify.annotations.Nullable;

/// A server could not be prepared or started; the message is one line that says what to do.
public final class EmbeddedServerException extends RuntimeException {
  /// A failure with no deeper cause than what the message says.
  public EmbeddedServerException(String message) {
    super(message);
  }

  /// A failure with the error beneath it.
  public EmbeddedServerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
