package mailwing.smtp.signing;

import mailwing.service.Metrics;

/// What became of messages that were to be signed.
public final class SigningMetrics {
  /// One message.
  public enum Result {
    SIGNED,
    /// The author's domain has no keys, or there is no one domain.
    NO_KEYS,
    /// It has keys, and the DNS shows none of them.
    NOT_IN_DNS,
    /// Others would read the header section otherwise.
    UNSOUND
  }

  final Metrics.By<Result, Metrics.Counter> messages;

  public SigningMetrics(Metrics metrics) {
    this.messages =
        metrics.counter("mail_smtp_signed_total", "Messages to be signed.", "result", Result.class);
  }
}
