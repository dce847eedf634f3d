package mailwing.smtp.client;

import java.time.Duration;

/// How long a host may take (RFC 5321 §4.5.3.2).
///
/// @param connect for the TCP connection, of each address
/// @param greeting for the 220 and the answers to EHLO, STARTTLS and AUTH
/// @param command for the answers to MAIL and RCPT
/// @param dataBegin for the 354
/// @param dataBlock to take a block of the message
/// @param dataEnd for the answer to the final dot
public record ClientTimes(
    Duration connect,
    Duration greeting,
    Duration command,
    Duration dataBegin,
    Duration dataBlock,
    Duration dataEnd) {
  public static final ClientTimes DEFAULTS =
      new ClientTimes(
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofMinutes(5),
          Duration.ofMinutes(2),
          Duration.ofMinutes(3),
          Duration.ofMinutes(10));

  /// The same for every step; for tests.
  public static ClientTimes all(Duration time) {
    return new ClientTimes(time, time, time, time, time, time);
  }
}
