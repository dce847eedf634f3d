package mailwing.smtp.session;

import mailwing.service.Metrics;
import mailwing.smtp.delivery.Refusal;

/// What the gateway counts.
public final class SmtpMetrics {
  final Metrics.By<Service, Metrics.Counter> connections;
  final Metrics.By<Service, Metrics.Counter> early;
  final Metrics.By<Service, Metrics.Counter> accepted;
  final Metrics.ByTwo<Service, Refusal, Metrics.Counter> refused;
  final Metrics.By<Service, Metrics.Counter> octets;
  final Metrics.By<Service, Metrics.Timer> store;
  final Metrics.ByTwo<Service, LoginResult, Metrics.Counter> logins;

  /// How a login ended.
  enum LoginResult {
    SUCCEEDED,
    FAILED
  }

  public SmtpMetrics(Metrics metrics) {
    this.connections =
        metrics.counter("mail_smtp_sessions_total", "Sessions begun.", "service", Service.class);
    this.early =
        metrics.counter(
            "mail_smtp_early_talkers_total",
            "Sessions that spoke before the greeting.",
            "service",
            Service.class);
    this.accepted =
        metrics.counter("mail_smtp_messages_total", "Messages stored.", "service", Service.class);
    this.refused =
        metrics.counter(
            "mail_smtp_refused_total",
            "Messages and recipients refused.",
            "service",
            Service.class,
            "reason",
            Refusal.class);
    this.octets =
        metrics.counter(
            "mail_smtp_received_bytes_total", "Octets of messages.", "service", Service.class);
    this.store =
        metrics.timer(
            "mail_smtp_store_seconds",
            "From a message's last octet to the store's answer.",
            "service",
            Service.class);
    this.logins =
        metrics.counter(
            "mail_smtp_logins_total",
            "Logins tried.",
            "service",
            Service.class,
            "result",
            LoginResult.class);
  }
}
