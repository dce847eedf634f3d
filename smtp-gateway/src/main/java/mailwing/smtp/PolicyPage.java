package mailwing.smtp;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import mailwing.service.Key;
import mailwing.service.PublishedPolicy;
import mailwing.service.Settings;

/// What we publish of MTA-STS for our own domains, on the port of /health.
final class PolicyPage {
  private static final Key<PublishedPolicy.Mode> MODE =
      Key.choice(
          "mta-sts.mode",
          PublishedPolicy.Mode.class,
          null,
          "Serve an MTA-STS policy of this mode at /.well-known/mta-sts.txt; else none is served.");
  private static final Key<List<String>> HOSTS =
      Key.list(
          "mta-sts.hosts", List.of(), "Hosts that the policy names; by default host-name alone.");
  private static final Key<Duration> MAX_AGE =
      Key.duration("mta-sts.max-age", "7d", "How long senders keep the policy.");

  private PolicyPage() {}

  static List<Key<?>> keys() {
    return List.of(MODE, HOSTS, MAX_AGE);
  }

  /// Its path and text; nothing where none is configured.
  ///
  /// @param host the gateway's name
  static Map<String, String> read(Settings settings, String host) {
    List<String> hosts = settings.get(HOSTS);
    return settings
        .find(MODE)
        .map(
            mode ->
                Map.of(
                    PublishedPolicy.PATH,
                    new PublishedPolicy(
                            mode, hosts.isEmpty() ? List.of(host) : hosts, settings.get(MAX_AGE))
                        .text()))
        .orElse(Map.of());
  }
}
