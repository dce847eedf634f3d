package mailwing.smtp.report;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import mailwing.store.v1.TlsReport;

/// A report as a message (RFC 8460 §5.3).
final class ReportMessage {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private ReportMessage() {}

  /// RFC 8460 §5.1.
  static String fileName(TlsReport report, String submitter) {
    return submitter
        + "!"
        + report.getDomain()
        + "!"
        + ReportText.begin(report).getEpochSecond()
        + "!"
        + ReportText.end(report).getEpochSecond()
        + "!"
        + report.getReportId().replace("-", "")
        + ".json.gz";
  }

  /// @param contact where it comes from
  /// @param submitter the contact's domain
  /// @param packed the report in JSON and gzip
  static byte[] of(
      TlsReport report, String contact, String submitter, String to, byte[] packed, Instant now) {
    String boundary = "=_" + report.getReportId();
    String file = fileName(report, submitter);
    return String.join(
            "\r\n",
            "From: <" + contact + ">",
            "To: <" + to + ">",
            "Date: " + DATE.format(now),
            "Message-ID: <"
                + report.getReportId()
                + "."
                + now.toEpochMilli()
                + "@"
                + submitter
                + ">",
            "Subject: Report Domain: " + report.getDomain(),
            " Submitter: " + submitter,
            " Report-ID: <" + report.getReportId() + "@" + submitter + ">",
            "TLS-Report-Domain: " + report.getDomain(),
            "TLS-Report-Submitter: " + submitter,
            "TLS-Required: No",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=\"tlsrpt\";",
            " boundary=\"" + boundary + "\"",
            "",
            "--" + boundary,
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "This is an aggregate TLS report from " + submitter,
            "for " + report.getDomain() + ".",
            "",
            "--" + boundary,
            "Content-Type: application/tlsrpt+gzip",
            "Content-Transfer-Encoding: base64",
            "Content-Disposition: attachment;",
            " filename=\"" + file + "\"",
            "",
            Base64.getMimeEncoder().encodeToString(packed),
            "--" + boundary + "--",
            "")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
