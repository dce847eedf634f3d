package mailwing.pop3;

import java.time.Duration;
import java.util.List;
import mailwing.service.Key;
import mailwing.service.Settings;

/// How maildrops are kept and given out.
///
/// @param markSeen whether QUIT sets \Seen on messages that were retrieved whole and stay
/// @param hold how long a silent session keeps its maildrop from others; zero: a maildrop may have
///   several sessions
/// @param loginDelay the least time from login to login (RFC 2449 §6.5); zero: none
/// @param refuseUtf8 whether a message with 8-bit octets in its header is refused to who has not
///   said UTF8 (RFC 6856 §2.1)
public record MaildropRules(
    boolean markSeen, Duration hold, Duration loginDelay, boolean refuseUtf8) {
  private static final Key<Boolean> MARK_SEEN =
      Key.flag("mark-seen", true, "QUIT marks retrieved messages as seen.");
  private static final Key<Duration> HOLD =
      Key.duration(
          "maildrop.hold",
          "1m",
          "How long a silent session keeps its maildrop from another login, at most 1h; 0s: a maildrop may have several sessions.");
  private static final Key<Duration> LOGIN_DELAY =
      Key.duration(
          "maildrop.login-delay",
          "0s",
          "The least time from one login of an account to its next, at most 24h; 0s: none.");
  private static final Key<Boolean> REFUSE_UTF8 =
      Key.flag(
          "maildrop.refuse-utf8",
          false,
          "Refuses messages with 8-bit headers to clients that have not said UTF8.");
  private static final Duration LONGEST_HOLD = Duration.ofHours(1);
  private static final Duration LONGEST_DELAY = Duration.ofDays(1);

  /// The documented defaults.
  public static final MaildropRules DEFAULTS =
      new MaildropRules(true, Duration.ofMinutes(1), Duration.ZERO, false);

  public MaildropRules {
    if (hold.compareTo(LONGEST_HOLD) > 0 || loginDelay.compareTo(LONGEST_DELAY) > 0) {
      throw new IllegalArgumentException("maildrop.hold is at most 1h, maildrop.login-delay 24h");
    }
  }

  static List<Key<?>> keys() {
    return List.of(MARK_SEEN, HOLD, LOGIN_DELAY, REFUSE_UTF8);
  }

  static MaildropRules read(Settings settings) {
    return new MaildropRules(
        settings.get(MARK_SEEN),
        settings.get(HOLD),
        settings.get(LOGIN_DELAY),
        settings.get(REFUSE_UTF8));
  }

  /// Is there anything that the store has to know of a login?
  boolean holds() {
    return !hold.isZero() || !loginDelay.isZero();
  }
}
