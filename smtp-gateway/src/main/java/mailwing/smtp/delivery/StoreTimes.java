package mailwing.smtp.delivery;

import java.time.Duration;

/// How long the store may take with a message.
///
/// @param deliver from a message's last octet to the store's answer; RFC 5321 §4.5.3.2.6 lets the
///   client wait ten minutes
/// @param retry for how long a delivery is tried again while the store is away, before 451
public record StoreTimes(Duration deliver, Duration retry) {
  /// The documented defaults.
  public static final StoreTimes DEFAULTS =
      new StoreTimes(Duration.ofMinutes(1), Duration.ofSeconds(20));
}
