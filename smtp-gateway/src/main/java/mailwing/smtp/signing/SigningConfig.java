package mailwing.smtp.signing;

import java.time.Duration;
import java.util.List;
import mailwing.service.Key;
import mailwing.service.Settings;

/// How mail is signed.
///
/// @param enabled what users submit is signed by their domain's keys, where it has some
/// @param life how long keys, and what the DNS shows of them, are remembered
public record SigningConfig(boolean enabled, Duration life) {
  private static final Key<Boolean> SIGN =
      Key.flag(
          "dkim.sign", true, "Sign what users submit by the keys of From's domain, if it has any.");
  private static final Key<Duration> LIFE =
      Key.duration("dkim.key-life", "1m", "How long keys, and that the DNS shows them, are known.");

  public static final SigningConfig DEFAULTS = new SigningConfig(true, Duration.ofMinutes(1));

  public static List<Key<?>> keys() {
    return List.of(SIGN, LIFE);
  }

  public static SigningConfig read(Settings settings) {
    return new SigningConfig(settings.get(SIGN), settings.get(LIFE));
  }
}
