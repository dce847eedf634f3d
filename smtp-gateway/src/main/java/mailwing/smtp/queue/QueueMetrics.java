package mailwing.smtp.queue;

import mailwing.service.Metrics;
import mailwing.store.v1.QueueResult;

/// What the workers count.
final class QueueMetrics {
  final Metrics.By<Result, Metrics.Counter> recipients;
  final Metrics.Timer jobs;

  /// What became of a recipient.
  enum Result {
    DELIVERED,
    TRANSIENT,
    PERMANENT,
    RELEASED;

    static Result of(QueueResult.Outcome outcome) {
      return switch (outcome) {
        case DELIVERED -> DELIVERED;
        case PERMANENT -> PERMANENT;
        case RELEASED -> RELEASED;
        case TRANSIENT, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> TRANSIENT;
      };
    }
  }

  QueueMetrics(Metrics metrics) {
    this.recipients =
        metrics.counter(
            "mail_smtp_sent_recipients_total",
            "Recipients elsewhere that were tried.",
            "result",
            Result.class);
    this.jobs = metrics.timer("mail_smtp_send_seconds", "From a job's turn to its results.");
  }
}
