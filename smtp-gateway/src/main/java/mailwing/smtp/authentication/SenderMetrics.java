package mailwing.smtp.authentication;

import mailwing.service.Metrics;
import mailwing.smtp.arc.ArcResult;
import mailwing.smtp.dkim.DkimResult;
import mailwing.smtp.dmarc.DmarcResult;
import mailwing.smtp.spf.SpfResult;

/// What the checks have found.
public final class SenderMetrics {
  final Metrics.By<SpfResult, Metrics.Counter> spf;
  final Metrics.By<DkimResult, Metrics.Counter> dkim;
  final Metrics.By<ArcResult, Metrics.Counter> arc;
  final Metrics.By<DmarcResult, Metrics.Counter> dmarc;

  public SenderMetrics(Metrics metrics) {
    this.spf = metrics.counter("mail_smtp_spf_total", "Senders.", "result", SpfResult.class);
    this.dkim = metrics.counter("mail_smtp_dkim_total", "Signatures.", "result", DkimResult.class);
    this.arc = metrics.counter("mail_smtp_arc_total", "Chains.", "result", ArcResult.class);
    this.dmarc = metrics.counter("mail_smtp_dmarc_total", "Messages.", "result", DmarcResult.class);
  }
}
