package mailwing.smtp.queue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Secret;
import mailwing.service.Settings;
import mailwing.smtp.client.ClientTimes;

/// How mail leaves the house.
///
/// @param enabled false: nothing does, and recipients elsewhere are refused
/// @param port where the hosts that MX records name listen
/// @param loopback send to loopback addresses that DNS names
/// @param transports next hops by domain, lower case; `*` for all others
/// @param login for the hop of `*`
/// @param jobs messages sent at once
/// @param perDestination connections to one destination at once
/// @param perMinute messages a minute to one destination; 0: no limit
/// @param perConnection messages over one connection
/// @param idle how long a connection is kept for a next message
/// @param lease how long a job is taken for
/// @param tls what holds for next hosts that are not configured
public record OutboundConfig(
    boolean enabled,
    int port,
    boolean loopback,
    Map<String, Hop> transports,
    Optional<Login> login,
    int jobs,
    int perDestination,
    int perMinute,
    int perConnection,
    Duration idle,
    Duration lease,
    ClientTimes times,
    TlsRules tls) {

  /// Any other domain, in the transports.
  static final String ANY = "*";

  /// A next hop that is not looked up by MX.
  public record Hop(String host, int port, Tls tls) {}

  /// What is asked of a hop's TLS.
  public enum Tls {
    /// In the clear.
    NONE,
    /// As the policies of the host's domain want it; without one where it is offered, whatever the
    /// certificate.
    OPPORTUNISTIC,
    /// With a certificate that is valid for the host, or not at all.
    VERIFIED,
    /// As VERIFIED, from the first octet (port 465).
    IMPLICIT
  }

  public record Login(String user, Secret password) {}

  private static final Key<Boolean> ENABLED =
      Key.flag("outbound.enabled", false, "Send mail to other systems, for users who log in.");
  private static final Key<Integer> PORT =
      Key.integer("outbound.port", 1, 65535, 25, "Where hosts that MX records name listen.");
  private static final Key<Boolean> LOOPBACK =
      Key.flag("outbound.loopback", false, "Send to loopback addresses that DNS names; for tests.");
  private static final Key<List<String>> TRANSPORTS =
      Key.list(
          "outbound.transports",
          List.of(),
          "domain=host:port, each a next hop in place of the domain's MX.");
  private static final Key<String> SMARTHOST =
      Key.text("outbound.smarthost", null, "host:port that everything else goes to.");
  private static final Key<Tls> SMARTHOST_TLS =
      Key.choice("outbound.smarthost-tls", Tls.class, Tls.VERIFIED, "What its TLS has to be.");
  private static final Key<String> USER =
      Key.text("outbound.smarthost-user", null, "Who to log in as there.");
  private static final Key<Secret> PASSWORD =
      Key.secret("outbound.smarthost-password", "The password there.");
  private static final Key<Integer> JOBS =
      Key.integer("outbound.jobs", 1, 10_000, 100, "Messages sent at once.");
  private static final Key<Integer> PER_DESTINATION =
      Key.integer(
          "outbound.per-destination", 1, 1000, 8, "Connections to one destination at once.");
  private static final Key<Integer> PER_MINUTE =
      Key.integer(
          "outbound.per-minute", 0, 1_000_000, 0, "Messages a minute to one destination; 0: any.");
  private static final Key<Integer> PER_CONNECTION =
      Key.integer("outbound.per-connection", 1, 10_000, 100, "Messages over one connection.");
  private static final Key<Duration> IDLE =
      Key.duration("outbound.idle-time", "5s", "How long a connection waits for a next message.");
  private static final Key<Duration> LEASE =
      Key.duration("outbound.lease", "2m", "A worker that died loses its messages after this.");

  public OutboundConfig {
    transports = Map.copyOf(transports);
  }

  /// What DNS says shall not lead into this machine.
  boolean mayReach(InetAddress address) {
    return !address.isMulticastAddress()
        && !address.isAnyLocalAddress()
        && (loopback || !address.isLoopbackAddress());
  }

  /// Nothing leaves.
  public static OutboundConfig off() {
    return defaults(false);
  }

  /// The documented defaults.
  public static OutboundConfig defaults(boolean enabled) {
    return new OutboundConfig(
        enabled,
        25,
        false,
        Map.of(),
        Optional.empty(),
        100,
        8,
        0,
        100,
        Duration.ofSeconds(5),
        Duration.ofMinutes(2),
        ClientTimes.DEFAULTS,
        TlsRules.defaults());
  }

  public static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(TlsRules.keys());
    keys.addAll(
        List.of(
            ENABLED,
            PORT,
            LOOPBACK,
            TRANSPORTS,
            SMARTHOST,
            SMARTHOST_TLS,
            USER,
            PASSWORD,
            JOBS,
            PER_DESTINATION,
            PER_MINUTE,
            PER_CONNECTION,
            IDLE,
            LEASE));
    return keys;
  }

  public static OutboundConfig read(Settings settings) {
    Map<String, Hop> transports = new HashMap<>();
    for (String entry : settings.get(TRANSPORTS)) {
      int equals = entry.indexOf('=');
      if (equals < 1) {
        throw new ConfigException("outbound.transports holds domain=host:port, not " + entry);
      }
      transports.put(
          entry.substring(0, equals).strip().toLowerCase(Locale.ROOT),
          hop(entry.substring(equals + 1).strip(), Tls.OPPORTUNISTIC));
    }
    settings
        .find(SMARTHOST)
        .ifPresent(text -> transports.put(ANY, hop(text, settings.get(SMARTHOST_TLS))));
    Optional<Login> login =
        settings
            .find(USER)
            .map(
                user ->
                    new Login(
                        user,
                        settings
                            .find(PASSWORD)
                            .orElseThrow(
                                () ->
                                    new ConfigException(
                                        "outbound.smarthost-user needs"
                                            + " outbound.smarthost-password"))));
    return new OutboundConfig(
        settings.get(ENABLED),
        settings.get(PORT),
        settings.get(LOOPBACK),
        transports,
        login,
        settings.get(JOBS),
        settings.get(PER_DESTINATION),
        settings.get(PER_MINUTE),
        settings.get(PER_CONNECTION),
        settings.get(IDLE),
        settings.get(LEASE),
        ClientTimes.DEFAULTS,
        TlsRules.read(settings));
  }

  private static Hop hop(String text, Tls tls) {
    InetSocketAddress address = hostAndPort(text, tls == Tls.IMPLICIT ? 465 : 25);
    return new Hop(address.getHostString(), address.getPort(), tls);
  }

  /// Reads `host`, `host:port`, `[address]` or `[address]:port`; nothing is looked up.
  static InetSocketAddress hostAndPort(String text, int otherwise) {
    String host = text;
    String port = "";
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      host = end < 0 ? "" : text.substring(1, end);
      port = end < 0 || end + 1 == text.length() ? "" : text.substring(end + 2);
    } else if (colon >= 0 && text.indexOf(':') == colon) {
      host = text.substring(0, colon);
      port = text.substring(colon + 1);
    }
    if (host.isEmpty() || !port.matches("[0-9]{0,5}")) {
      throw new ConfigException("not host:port: " + text);
    }
    return InetSocketAddress.createUnresolved(
        host, port.isEmpty() ? otherwise : Integer.parseInt(port));
  }
}
