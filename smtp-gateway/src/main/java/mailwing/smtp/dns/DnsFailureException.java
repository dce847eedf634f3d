package mailwing.smtp.dns;

import java.io.IOException;

/// The DNS does not answer now, or answers that it cannot: the same question may be answered later.
public final class DnsFailureException extends IOException {
  public DnsFailureException(String message) {
    super(message);
  }
}
