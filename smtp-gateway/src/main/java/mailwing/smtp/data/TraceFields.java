package mailwing.smtp.data;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Makes the trace fields: Received for a message, Return-Path and Delivered-To for each recipient
/// (RFC 5321 §4.4). The date is formatted once a second for all sessions.
public final class TraceFields {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT);

  /// What Received tells of the session (RFC 5321 §4.4).
  ///
  /// @param helo what the client called itself; a domain or an address literal
  /// @param addressLiteral the client's address, after its name and a space where that is known:
  ///   `[192.0.2.1]`, `a.example [IPv6:2001:db8::1]`
  /// @param with the registered name of the protocol: ESMTPS, LMTP, UTF8SMTP (RFC 3848, RFC 6531
  ///   §4.3)
  /// @param tls the comment that names protocol and cipher, empty without TLS
  /// @param forRecipient the only recipient, else null: several would betray blind copies (RFC 5321
  ///   §7.6)
  /// @param priority the message's, told where it is not 0 (RFC 6710 §4.1)
  public record Hop(
      String helo,
      String addressLiteral,
      String with,
      String tls,
      String id,
      @Nullable String forRecipient,
      int priority) {}

  private record Second(long epochSecond, String text) {}

  private final String by;
  private volatile Second second = new Second(Long.MIN_VALUE, "");

  public TraceFields(String host) {
    this.by = "\r\n\tby " + host + " (Mailwing) with ";
  }

  /// The Received field with its CRLF.
  public byte[] received(Hop hop, Instant now) {
    StringBuilder out = new StringBuilder(256);
    out.append("Received: from ").append(hop.helo).append(" (").append(hop.addressLiteral);
    out.append(')').append(by).append(hop.with);
    if (!hop.tls.isEmpty()) {
      out.append(" (").append(hop.tls).append(')');
    }
    out.append("\r\n\tid ").append(hop.id);
    if (hop.forRecipient != null) {
      out.append("\r\n\tfor <").append(hop.forRecipient).append('>');
    }
    if (hop.priority != 0) {
      out.append("\r\n\tpriority ").append(hop.priority);
    }
    out.append(";\r\n\t").append(date(now)).append("\r\n");
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// Return-Path and Delivered-To with their CRLFs; paths in SMTP's grammar, without angle
  /// brackets.
  public static byte[] delivery(String reversePath, String recipient) {
    return ("Return-Path: <" + reversePath + ">\r\nDelivered-To: " + recipient + "\r\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /// A date-time of RFC 5322 §3.3, in UTC.
  public String date(Instant now) {
    Second cached = second;
    if (cached.epochSecond != now.getEpochSecond()) {
      cached =
          new Second(
              now.getEpochSecond(), DATE.format(ZonedDateTime.ofInstant(now, ZoneOffset.UTC)));
      second = cached;
    }
    return cached.text;
  }
}
