package mailwing.smtp.https;

import java.io.IOException;

/// An exchange that came to nothing.
public final class HttpsException extends IOException {
  private final boolean certificate;

  HttpsException(String message) {
    super(message);
    this.certificate = false;
  }

  HttpsException(String message, boolean certificate, Throwable cause) {
    super(message, cause);
    this.certificate = certificate;
  }

  /// Was it for the host's certificate?
  public boolean isAboutCertificate() {
    return certificate;
  }
}
