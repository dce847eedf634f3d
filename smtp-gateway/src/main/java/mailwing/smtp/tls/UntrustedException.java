package mailwing.smtp.tls;

import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/// A certificate that is not the one to be met.
public final class UntrustedException extends CertificateException {
  private final TlsFailure failure;

  public UntrustedException(TlsFailure failure, String message) {
    super(message);
    this.failure = failure;
  }

  UntrustedException(TlsFailure failure, String message, Throwable cause) {
    super(message, cause);
    this.failure = failure;
  }

  public TlsFailure failure() {
    return failure;
  }

  /// The one that a handshake failed by, if it was for that.
  public static @Nullable UntrustedException in(@Nullable Throwable thrown) {
    Throwable at = thrown;
    for (int i = 0; at != null && i < 20; i++) {
      if (at instanceof UntrustedException found) {
        return found;
      }
      at = at.getCause();
    }
    return null;
  }
}
