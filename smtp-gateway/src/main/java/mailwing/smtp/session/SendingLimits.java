package mailwing.smtp.session;

import java.time.Duration;

/// How far senders may go with what they ask of their messages' way.
///
/// @param longestHold for which a submission may be held (RFC 4865); zero: none is
/// @param shortestTime in which a message has to be delivered, else come back (RFC 2852 §3)
/// @param highestPriority of users who have logged in (RFC 6710)
public record SendingLimits(Duration longestHold, Duration shortestTime, int highestPriority) {
  /// The documented defaults.
  public static final SendingLimits DEFAULTS =
      new SendingLimits(Duration.ofDays(30), Duration.ofMinutes(1), 4);
}
