package mailwing.store.domain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.QueueNoticeRows.Notice;
import mailwing.store.persistence.QueueNoticeRows.Told;
import mailwing.store.persistence.QueueRows;

/// The text of a delivery status notification: multipart/report around an explanation, the fields
/// for programs and the message or its header (RFC 3461 §6, RFC 3464, RFC 6522, RFC 6533).
///
/// What comes from outside (addresses, replies) is put in so that it cannot end a line.
final class StatusNotice {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final int MOST_REPLY = 2000;

  private final Notice notice;
  private final String boundary;
  private final boolean whole;
  private final boolean global;

  /// @param boundary does not occur in the message
  /// @param whole the message is returned, else its header
  StatusNotice(Notice notice, String boundary, boolean whole) {
    this.notice = notice;
    this.boundary = boundary;
    this.whole = whole;
    this.global =
        (notice.content() & NewQueued.EIGHT_BIT_HEADER) != 0
            || !isAscii(notice.reversePath())
            || notice.recipients().stream().anyMatch(told -> !isAscii(told.path()));
  }

  /// Does it hold what only SMTPUTF8 can carry?
  boolean isGlobal() {
    return global;
  }

  /// All that stands before the returned octets.
  String head(String from, Instant now) {
    StringBuilder out = new StringBuilder(2048);
    line(out, "From: Mail Delivery System <" + from + ">");
    line(out, "To: <" + clean(notice.reversePath()) + ">");
    line(out, "Subject: " + subject());
    line(out, "Date: " + DATE.format(now));
    line(out, "Message-ID: <" + notice.id() + "@" + clean(notice.reportingMta()) + ">");
    line(out, "Auto-Submitted: auto-replied");
    line(out, "MIME-Version: 1.0");
    line(out, "Content-Type: multipart/report; report-type=delivery-status;");
    line(out, "\tboundary=\"" + boundary + "\"");
    line(out, "Content-Transfer-Encoding: " + (eightBit() ? "8bit" : "7bit"));
    line(out, "");
    line(out, "--" + boundary);
    line(out, "Content-Type: text/plain; charset=utf-8");
    line(out, "Content-Transfer-Encoding: " + (global ? "8bit" : "7bit"));
    line(out, "");
    explanation(out);
    line(out, "--" + boundary);
    line(out, "Content-Type: message/" + (global ? "global-delivery-status" : "delivery-status"));
    if (global) {
      line(out, "Content-Transfer-Encoding: 8bit");
    }
    line(out, "");
    fields(out);
    line(out, "--" + boundary);
    line(out, "Content-Type: " + returnedType());
    if (eightBit()) {
      line(out, "Content-Transfer-Encoding: 8bit");
    }
    line(out, "");
    return out.toString();
  }

  /// All that stands behind them.
  String tail() {
    return "\r\n--" + boundary + "--\r\n";
  }

  private String returnedType() {
    if (global) {
      return whole ? "message/global" : "message/global-headers";
    }
    return whole ? "message/rfc822" : "text/rfc822-headers";
  }

  boolean eightBit() {
    return global || (whole && (notice.content() & NewQueued.EIGHT_BIT_BODY) != 0);
  }

  private String subject() {
    return switch (notice.kind()) {
      case QueueRows.DSN_DELAYED -> "Your message is delayed";
      case QueueRows.DSN_RELAYED -> "Your message was handed on";
      case QueueRows.DSN_DELIVERED, QueueRows.DSN_EXPANDED -> "Your message was delivered";
      default -> "Your message could not be delivered";
    };
  }

  private String action() {
    return switch (notice.kind()) {
      case QueueRows.DSN_DELAYED -> "delayed";
      case QueueRows.DSN_RELAYED -> "relayed";
      case QueueRows.DSN_DELIVERED -> "delivered";
      case QueueRows.DSN_EXPANDED -> "expanded";
      default -> "failed";
    };
  }

  private void explanation(StringBuilder out) {
    switch (notice.kind()) {
      case QueueRows.DSN_DELAYED -> {
        line(out, "Your message has not reached the recipients below yet. It is tried");
        line(out, "again and again; you need not send it once more.");
      }
      case QueueRows.DSN_RELAYED -> {
        line(out, "Your message was handed on for the recipients below to a host that does");
        line(out, "not tell what becomes of it there.");
      }
      case QueueRows.DSN_DELIVERED ->
          line(out, "Your message was delivered to the recipients below.");
      case QueueRows.DSN_EXPANDED -> {
        line(out, "Your message was delivered to the recipients below, each of which stands");
        line(out, "for several others. What becomes of it there is told if it fails.");
      }
      default -> {
        line(out, "Your message could not be delivered to the recipients below, and will");
        line(out, "not be tried again.");
      }
    }
    for (Told told : notice.recipients()) {
      line(out, "");
      line(out, "<" + clean(told.path()) + ">");
      if (!told.remoteHost().isEmpty()) {
        line(out, "    " + clean(told.remoteHost()) + " said:");
      }
      for (String reply : told.reply().split("\n", -1)) {
        if (!reply.isBlank()) {
          line(out, "    " + plain(reply));
        }
      }
    }
    line(out, "");
  }

  /// RFC 3464 §2.2 and §2.3.
  private void fields(StringBuilder out) {
    line(out, "Reporting-MTA: dns; " + clean(notice.reportingMta()));
    if (!notice.envelopeId().isEmpty()) {
      line(out, "Original-Envelope-Id: " + plain(notice.envelopeId()));
    }
    if (!notice.origin().getHelo().isEmpty()) {
      line(out, "Received-From-MTA: dns; " + plain(notice.origin().getHelo()));
    }
    line(out, "Arrival-Date: " + DATE.format(Instant.ofEpochMilli(notice.createdAt())));
    if (notice.deliverBy() > 0) {
      line(out, "Deliver-By-Date: " + DATE.format(Instant.ofEpochMilli(notice.deliverBy())));
    }
    if (!notice.holdRequest().isEmpty()) {
      line(out, "Future-Release-Request: " + clean(notice.holdRequest()));
    }
    for (Told told : notice.recipients()) {
      line(out, "");
      originalRecipient(out, told);
      String type = isAscii(told.path()) ? "rfc822" : "utf-8";
      line(out, "Final-Recipient: " + type + "; " + clean(told.path()));
      line(out, "Action: " + action());
      line(out, "Status: " + (told.status().isEmpty() ? defaultStatus() : clean(told.status())));
      if (!told.remoteHost().isEmpty()) {
        line(out, "Remote-MTA: dns; " + clean(told.remoteHost()));
        line(out, "Diagnostic-Code: smtp; " + plain(told.reply()));
      }
      if (told.triedAt() > 0) {
        line(out, "Last-Attempt-Date: " + DATE.format(Instant.ofEpochMilli(told.triedAt())));
      }
      if (notice.kind() == QueueRows.DSN_DELAYED) {
        line(out, "Will-Retry-Until: " + DATE.format(Instant.ofEpochMilli(notice.expiresAt())));
      }
    }
    line(out, "");
  }

  private String defaultStatus() {
    return switch (notice.kind()) {
      case QueueRows.DSN_DELAYED -> "4.0.0";
      case QueueRows.DSN_RELAYED, QueueRows.DSN_DELIVERED, QueueRows.DSN_EXPANDED -> "2.0.0";
      default -> "5.0.0";
    };
  }

  /// RFC 3464 §2.3.1.
  private void originalRecipient(StringBuilder out, Told told) {
    int semicolon = told.originalRecipient().indexOf(';');
    if (semicolon > 0) {
      String type = told.originalRecipient().substring(0, semicolon);
      String address = told.originalRecipient().substring(semicolon + 1);
      boolean international = type.equalsIgnoreCase("utf-8");
      line(
          out,
          "Original-Recipient: "
              + plain(type)
              + "; "
              + (international && !global ? embedded(address) : plain(address)));
    }
  }

  /// What is not ASCII as `\\x{...}`: utf-8-addr-xtext (RFC 6533 §3).
  private static String embedded(String address) {
    StringBuilder out = new StringBuilder(address.length() + 16);
    address
        .codePoints()
        .forEach(
            c -> {
              if (c <= ' ' || c > 126 || c == '+' || c == '=' || c == '\\') {
                out.append("\\x{").append(String.format("%02X", c)).append('}');
              } else {
                out.append((char) c);
              }
            });
    return out.toString();
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 128);
  }

  /// In one line, and in ASCII where the notification is.
  private String plain(String text) {
    String cut = text.length() > MOST_REPLY ? text.substring(0, MOST_REPLY) : text;
    String one = clean(cut.replace('\n', ' '));
    return global ? one : one.replaceAll("[^\\x20-\\x7e]", "?");
  }

  private static String clean(String text) {
    return text.replaceAll("[\\x00-\\x1f\\x7f]", " ");
  }

  /// Lines of more than 998 octets are not for SMTP (RFC 5322 §2.1.1): long ones are folded.
  private static void line(StringBuilder out, String text) {
    int at = 0;
    while (text.length() - at > 300) {
      int space = text.lastIndexOf(' ', at + 300);
      int cut = space > at ? space : at + 300;
      out.append(text, at, cut).append("\r\n ");
      at = space > at ? cut + 1 : cut;
    }
    out.append(text, at, text.length()).append("\r\n");
  }
}
