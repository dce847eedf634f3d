package mailwing.gateway;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import mailwing.service.ConfigException;
import mailwing.service.HttpEndpoint;
import mailwing.service.Key;
import mailwing.service.Metrics;
import mailwing.service.ServiceMain;
import mailwing.service.Settings;
import mailwing.service.TlsMaterial;

/// Runs one gateway as a process: what all of them need (HTTP endpoint, TLS, the store) and then
/// the gateway itself.
public final class GatewayMain {
  /// Starts the gateway; closing what it returns drains it.
  @FunctionalInterface
  public interface Starter {
    AutoCloseable start(
        Settings settings, StoreClient store, Optional<TlsMaterial> tls, Metrics metrics)
        throws Exception;
  }

  private static final Key<String> HTTP_ADDRESS =
      Key.text("http.address", "0.0.0.0", "Address of /health and /metrics.");
  private static final Key<Integer> HTTP_PORT =
      Key.port("http.port", 8080, "Port of /health and /metrics.");
  private static final Key<Path> CERTIFICATE =
      Key.path("tls.certificate", null, "Certificate chain shown to clients, PEM, leaf first.");
  private static final Key<Path> KEY = Key.path("tls.key", null, "Its private key, PEM.");

  private GatewayMain() {}

  /// The keys every gateway has; see docs for the whole file.
  public static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(List.of(HTTP_ADDRESS, HTTP_PORT, CERTIFICATE, KEY));
    keys.addAll(StoreClientConfig.keys());
    return keys;
  }

  /// Runs until the process is told to end.
  public static void run(
      String service, String[] args, Collection<? extends Key<?>> ownKeys, Starter starter) {
    run(service, args, ownKeys, settings -> Map.of(), starter);
  }

  /// Runs until the process is told to end.
  ///
  /// @param pages texts that are served beside /health, by path
  public static void run(
      String service,
      String[] args,
      Collection<? extends Key<?>> ownKeys,
      Function<Settings, Map<String, String>> pages,
      Starter starter) {
    List<Key<?>> keys = new ArrayList<>(keys());
    keys.addAll(ownKeys);
    ServiceMain.run(service, args, keys, settings -> start(service, settings, pages, starter));
  }

  private static AutoCloseable start(
      String service,
      Settings settings,
      Function<Settings, Map<String, String>> pages,
      Starter starter)
      throws Exception {
    Optional<TlsMaterial> tls = tls(settings);
    Metrics metrics = new Metrics();
    StoreClient store = StoreClient.connect(StoreClientConfig.read(settings));
    HttpEndpoint http =
        HttpEndpoint.start(
            settings.get(HTTP_ADDRESS), settings.get(HTTP_PORT), metrics, pages.apply(settings));
    AutoCloseable gateway = starter.start(settings, store, tls, metrics);
    http.readyWhen(service + "-store", store::reachable);
    http.started();
    return () -> {
      http.draining();
      gateway.close();
      store.close();
      http.close();
    };
  }

  private static Optional<TlsMaterial> tls(Settings settings) {
    Optional<Path> certificate = settings.find(CERTIFICATE);
    Optional<Path> key = settings.find(KEY);
    if (certificate.isPresent() != key.isPresent()) {
      throw new ConfigException("tls.certificate and tls.key must be set together");
    }
    return certificate.map(chain -> TlsMaterial.load(chain, key.orElseThrow()));
  }
}
