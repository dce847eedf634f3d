package mailwing.smtp.client;

import java.io.IOException;

/// A host is not there, goes away, is too slow or does not speak SMTP.
public final class HostException extends IOException {
  private final String status;
  private final String why;

  /// @param status the enhanced status code of it (RFC 3463), 4yz
  public HostException(String status, String message) {
    super(message);
    this.status = status;
    this.why = message;
  }

  public HostException(String status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
    this.why = message;
  }

  public String status() {
    return status;
  }

  /// What happened, for people.
  public String why() {
    return why;
  }
}
