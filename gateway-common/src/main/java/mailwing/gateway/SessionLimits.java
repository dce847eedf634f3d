package mailwing.gateway;

import java.time.Duration;
import java.util.List;
import mailwing.service.Key;
import mailwing.service.Settings;

/// What a session may do before it is shown out.
///
/// @param unauthenticatedTime time until a login must have succeeded
/// @param idleTime how long the client may be silent
/// @param maxBadCommands commands that fail as unknown, malformed or out of place
/// @param maxLoginFailures failed logins
/// @param maxWithoutProgress commands in a row that do nothing (NOOP, RSET, CAPA, ...)
/// @param delay the first delay after a failed login or many bad commands; doubles up to 8 s. Not
///   for trusted networks
public record SessionLimits(
    Duration unauthenticatedTime,
    Duration idleTime,
    int maxBadCommands,
    int maxLoginFailures,
    int maxWithoutProgress,
    Duration delay) {

  /// The keys, with the protocol's own default for the idle time.
  public static final class Keys {
    private final Key<Duration> unauthenticatedTime =
        Key.duration("limits.unauthenticated-time", "3m", "Time until a login must succeed.");
    private final Key<Duration> idleTime;
    private final Key<Integer> maxBadCommands =
        Key.integer("limits.bad-commands", 1, 1_000_000, 50, "Bad commands a session.");
    private final Key<Integer> maxLoginFailures =
        Key.integer("limits.login-failures", 1, 1000, 5, "Failed logins a session.");
    private final Key<Integer> maxWithoutProgress =
        Key.integer(
            "limits.commands-without-progress",
            1,
            1_000_000,
            1000,
            "Commands in a row that do nothing.");
    private final Key<Duration> delay =
        Key.duration("limits.failure-delay", "1s", "First delay after a failure; doubles to 8 s.");

    public Keys(String idleTime) {
      this.idleTime =
          Key.duration("limits.idle-time", idleTime, "How long the client may be silent.");
    }

    public List<Key<?>> keys() {
      return List.of(
          unauthenticatedTime,
          idleTime,
          maxBadCommands,
          maxLoginFailures,
          maxWithoutProgress,
          delay);
    }

    public SessionLimits read(Settings settings) {
      return new SessionLimits(
          settings.get(unauthenticatedTime),
          settings.get(idleTime),
          settings.get(maxBadCommands),
          settings.get(maxLoginFailures),
          settings.get(maxWithoutProgress),
          settings.get(delay));
    }
  }

  /// The documented defaults with this idle time.
  public static SessionLimits defaults(Duration idleTime) {
    return new SessionLimits(Duration.ofMinutes(3), idleTime, 50, 5, 1000, Duration.ofSeconds(1));
  }
}
