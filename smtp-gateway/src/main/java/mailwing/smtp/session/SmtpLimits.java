package mailwing.smtp.session;

import java.time.Duration;

/// What a client may ask for, beside what [mailwing.gateway.SessionLimits] says for all protocols.
///
/// @param messageOctets the largest message; announced by SIZE
/// @param recipients recipients of one message; at least 100 (RFC 5321 §4.5.3.1.8)
/// @param commandLine the longest command line without its CRLF; RFC 5321 §4.5.3.1.4 asks for 512,
///   extensions for more
/// @param authLine the longest AUTH command or response; RFC 4954 §4 asks for 12,288
/// @param received Received fields beyond which a message loops (RFC 5321 §6.3)
/// @param bareLineEnds take messages with CR or LF that are not CRLF, and keep them; else 550 5.6.0
/// @param dataTime how long to wait for more of a message
/// @param messageTime how long one message may take to be sent
public record SmtpLimits(
    long messageOctets,
    int recipients,
    int commandLine,
    int authLine,
    int received,
    boolean bareLineEnds,
    Duration dataTime,
    Duration messageTime) {

  /// The documented defaults.
  public static final SmtpLimits DEFAULTS =
      new SmtpLimits(
          50L * 1024 * 1024,
          1000,
          2048,
          12_288,
          50,
          false,
          Duration.ofMinutes(5),
          Duration.ofHours(1));
}
