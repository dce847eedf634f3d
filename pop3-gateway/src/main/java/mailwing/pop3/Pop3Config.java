package mailwing.pop3;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.service.Key;
import mailwing.service.Settings;

/// The POP3 gateway's configuration.
///
/// @param listeners where it listens
/// @param connections what holds for all connections
/// @param session what a session may do before it is shown out
/// @param mechanisms what AUTH offers, in this order
/// @param maildrops how maildrops are kept and given out
/// @param bodyCache octets of bodies kept, outside of the heap
public record Pop3Config(
    List<ListenerConfig> listeners,
    ConnectionConfig connections,
    SessionLimits session,
    List<Mechanism> mechanisms,
    MaildropRules maildrops,
    long bodyCache) {

  private static final List<ListenerConfig.Keys> LISTENERS =
      List.of(
          new ListenerConfig.Keys("pop3", Optional.of(2110), Encryption.STARTTLS, false),
          new ListenerConfig.Keys("pop3s", Optional.of(2995), Encryption.IMPLICIT, false),
          new ListenerConfig.Keys("proxied-pop3", Optional.empty(), Encryption.STARTTLS, true),
          new ListenerConfig.Keys("proxied-pop3s", Optional.empty(), Encryption.IMPLICIT, true));
  // RFC 1939 §3: at least ten minutes.
  private static final SessionLimits.Keys SESSION = new SessionLimits.Keys("10m");

  /// Octets of bodies that a gateway keeps unless it is told otherwise.
  private static final long BODIES = 32L << 20;

  private static final Key<Long> BODY_CACHE =
      Key.size(
          "cache.bodies",
          "32 MiB",
          "Bodies kept that were read, in memory outside of the Java heap; 0: none.");

  public Pop3Config {
    listeners = List.copyOf(listeners);
    mechanisms = List.copyOf(mechanisms);
  }

  public static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(ListenerConfig.Keys.all(LISTENERS));
    keys.addAll(ConnectionConfig.keys());
    keys.addAll(SESSION.keys());
    keys.add(Mechanism.KEY);
    keys.addAll(MaildropRules.keys());
    keys.add(BODY_CACHE);
    return keys;
  }

  public static Pop3Config read(Settings settings) {
    List<ListenerConfig> listeners = new ArrayList<>();
    LISTENERS.forEach(keys -> keys.read(settings).ifPresent(listeners::add));
    return new Pop3Config(
        listeners,
        ConnectionConfig.read(settings),
        SESSION.read(settings),
        Mechanism.read(settings),
        MaildropRules.read(settings),
        settings.get(BODY_CACHE));
  }

  /// The documented defaults, for a gateway in a process with others.
  public static Pop3Config defaults(List<ListenerConfig> listeners, ConnectionConfig connections) {
    return new Pop3Config(
        listeners,
        connections,
        SessionLimits.defaults(Duration.ofMinutes(10)),
        Mechanism.DEFAULTS,
        MaildropRules.DEFAULTS,
        BODIES);
  }
}
