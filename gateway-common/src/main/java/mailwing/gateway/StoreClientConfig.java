package mailwing.gateway;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Secret;
import mailwing.service.Settings;
import mailwing.service.TlsMaterial;

/// How a gateway reaches the store.
///
/// @param target a gRPC target; a DNS name that has several addresses is balanced over them
/// @param credential the gateway's own (`mws_...`)
/// @param tls the gateway's certificate and the authorities the store's must come from; none: in
///   clear
/// @param callTime the deadline of a call that answers once; a login by password has twice that
/// @param streamTime the deadline of a call that streams
/// @param retryTime how long a call that may be repeated is, while the store is away
public record StoreClientConfig(
    String target,
    Secret credential,
    Optional<TlsMaterial> tls,
    Duration callTime,
    Duration streamTime,
    Duration retryTime) {

  private static final Key<String> TARGET =
      Key.text("store.target", "dns:///localhost:9090", "The store, as a gRPC target.");
  private static final Key<Secret> CREDENTIAL =
      Key.secret("store.credential", "The gateway's own credential (mws_...).");
  private static final Key<Path> CERTIFICATE =
      Key.path("store.certificate", null, "The gateway's certificate chain for mTLS, PEM.");
  private static final Key<Path> KEY = Key.path("store.key", null, "Its key, PEM.");
  private static final Key<Path> AUTHORITIES =
      Key.path("store.authorities", null, "Authorities of the store's certificate, PEM.");
  private static final Key<Duration> CALL_TIME =
      Key.duration(
          "store.call-time",
          "30s",
          "Deadline of a call that answers once; a login by password, which may have to wait for"
              + " its turn, has twice that.");
  private static final Key<Duration> STREAM_TIME =
      Key.duration("store.stream-time", "30m", "Deadline of a call that streams.");
  private static final Key<Duration> RETRY_TIME =
      Key.duration("store.retry-time", "5s", "How long calls are repeated with no store there.");

  public static List<Key<?>> keys() {
    return List.of(
        TARGET, CREDENTIAL, CERTIFICATE, KEY, AUTHORITIES, CALL_TIME, STREAM_TIME, RETRY_TIME);
  }

  public static StoreClientConfig read(Settings settings) {
    Optional<Path> certificate = settings.find(CERTIFICATE);
    Optional<Path> key = settings.find(KEY);
    Optional<Path> authorities = settings.find(AUTHORITIES);
    if (certificate.isPresent() != key.isPresent()
        || certificate.isPresent() != authorities.isPresent()) {
      throw new ConfigException(
          "store.certificate, store.key and store.authorities must be set together");
    }
    Optional<TlsMaterial> tls =
        certificate.map(
            chain -> TlsMaterial.load(chain, key.orElseThrow(), authorities.orElseThrow()));
    return new StoreClientConfig(
        settings.get(TARGET),
        settings.get(CREDENTIAL),
        tls,
        settings.get(CALL_TIME),
        settings.get(STREAM_TIME),
        settings.get(RETRY_TIME));
  }

  /// The documented defaults, for a channel that is there already.
  public static StoreClientConfig defaults(Secret credential) {
    return new StoreClientConfig(
        "",
        credential,
        Optional.empty(),
        Duration.ofSeconds(30),
        Duration.ofMinutes(30),
        Duration.ofSeconds(5));
  }
}
