package mailwing.store.domain;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How the outbound queue goes about time (RFC 5321 §4.5.4.1).
///
/// @param firstRetry after the first failed try; it doubles from try to try
/// @param longestRetry and grows no longer
/// @param expiry after so long a message is given up
/// @param delayNotice after so long its sender hears that it is still on its way
/// @param memory how long it is remembered what became of a message
/// @param heldPerAccount messages that one account may ask to be held at a time; 0: any number
/// @param reportsPerHour reports that strangers' mail may bring to one address in an hour
public record QueueRules(
    Duration firstRetry,
    Duration longestRetry,
    Duration expiry,
    Duration delayNotice,
    Duration memory,
    int heldPerAccount,
    int reportsPerHour) {
  public static final QueueRules DEFAULTS =
      new QueueRules(
          Duration.ofMinutes(5),
          Duration.ofHours(2),
          Duration.ofDays(5),
          Duration.ofHours(4),
          Duration.ofDays(30),
          1000,
          60);

  /// The pause after so many failed tries, a fifth more or less so that what failed together does
  /// not come back together.
  long retryMillis(int failed) {
    long pause =
        Math.min(
            longestRetry.toMillis(),
            firstRetry.toMillis() << Math.min(Math.max(failed - 1, 0), 20));
    long fifth = Math.max(pause / 5, 1);
    return Math.max(1, pause - fifth + ThreadLocalRandom.current().nextLong(2 * fifth));
  }
}
