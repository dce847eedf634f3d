package mailwing.smtp.sts;

import java.io.IOException;
import mailwing.smtp.tls.TlsFailure;

/// A policy that was announced cannot be had, or is none.
public final class StsException extends IOException {
  private final TlsFailure failure;
  private final String reason;

  StsException(TlsFailure failure, String reason) {
    super(reason);
    this.failure = failure;
    this.reason = reason;
  }

  static StsException invalid(String why) {
    return new StsException(TlsFailure.STS_POLICY_INVALID, why);
  }

  /// What a report says of it.
  public TlsFailure failure() {
    return failure;
  }

  public String reason() {
    return reason;
  }
}
