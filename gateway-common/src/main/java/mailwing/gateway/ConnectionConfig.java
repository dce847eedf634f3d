package mailwing.gateway;

import java.time.Duration;
import java.util.List;
import mailwing.service.Key;
import mailwing.service.Networks;
import mailwing.service.Settings;

/// What holds for all connections of a gateway.
///
/// @param maxConnections connections at once, over all listeners; further ones are refused in the
///   protocol's grammar
/// @param maxPerAddress connections at once from one IPv4 address or IPv6 /64
/// @param trusted networks that may log in without TLS and are exempt from limits and bans
/// @param proxies addresses a PROXY header is taken from
/// @param handshakeTime time for a TLS handshake, and for a PROXY header
/// @param writeTime how long one write may wait for a client that does not read
/// @param drainTime how long sessions may go on once the gateway was told to end
/// @param backlog connections the system holds that were not accepted yet
public record ConnectionConfig(
    int maxConnections,
    int maxPerAddress,
    Networks trusted,
    Networks proxies,
    Duration handshakeTime,
    Duration writeTime,
    Duration drainTime,
    int backlog) {

  private static final Key<Integer> MAX_CONNECTIONS =
      Key.integer("connections.max", 1, 1_000_000, 10_000, "Connections at once.");
  private static final Key<Integer> MAX_PER_ADDRESS =
      Key.integer(
          "connections.max-per-address",
          1,
          1_000_000,
          100,
          "Connections at once from one IPv4 address or IPv6 /64.");
  private static final Key<Networks> TRUSTED =
      Key.networks(
          "trusted-networks",
          List.of(),
          "Networks that may log in without TLS and are exempt from limits and bans.");
  private static final Key<Networks> PROXIES =
      Key.networks("proxy-networks", List.of(), "Addresses that PROXY headers are taken from.");
  private static final Key<Duration> HANDSHAKE_TIME =
      Key.duration(
          "connections.handshake-time", "30s", "Time for a TLS handshake or a PROXY header.");
  private static final Key<Duration> WRITE_TIME =
      Key.duration(
          "connections.write-time", "2m", "How long a write may wait for a client to read.");
  private static final Key<Duration> DRAIN_TIME =
      Key.duration("connections.drain-time", "20s", "How long sessions may go on at the end.");
  private static final Key<Integer> BACKLOG =
      Key.integer("connections.backlog", 1, 65535, 1024, "Connections waiting to be accepted.");

  public static List<Key<?>> keys() {
    return List.of(
        MAX_CONNECTIONS,
        MAX_PER_ADDRESS,
        TRUSTED,
        PROXIES,
        HANDSHAKE_TIME,
        WRITE_TIME,
        DRAIN_TIME,
        BACKLOG);
  }

  public static ConnectionConfig read(Settings settings) {
    return new ConnectionConfig(
        settings.get(MAX_CONNECTIONS),
        settings.get(MAX_PER_ADDRESS),
        settings.get(TRUSTED),
        settings.get(PROXIES),
        settings.get(HANDSHAKE_TIME),
        settings.get(WRITE_TIME),
        settings.get(DRAIN_TIME),
        settings.get(BACKLOG));
  }

  /// The documented defaults, trusting `trusted`.
  public static ConnectionConfig defaults(Networks trusted) {
    return new ConnectionConfig(
        10_000,
        100,
        trusted,
        Networks.none(),
        Duration.ofSeconds(30),
        Duration.ofMinutes(2),
        Duration.ofSeconds(20),
        1024);
  }
}
