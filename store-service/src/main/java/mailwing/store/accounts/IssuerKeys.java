package mailwing.store.accounts;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mailwing.service.ConfigException;
import mailwing.store.StoreConfig;
import org.jspecify.annotations.Nullable;

/// Fetches an issuer's keys (RFC 7517): from a file, from a URL, or from where its discovery
/// document (OpenID Connect Discovery 1.0 §4) says.
///
/// By https, or by http from this machine itself. Redirects are not followed; an answer has at most
/// 512 KiB and ten seconds.
final class IssuerKeys implements JWKSetSource<SecurityContext> {
  private static final int MAX_OCTETS = 512 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

  private final String issuer;
  private final Optional<Path> file;
  private final Optional<URI> url;
  private final HttpClient http =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(PATIENCE)
          .build();
  private volatile boolean known;

  /// ConfigException.
  IssuerKeys(StoreConfig.Oauth config) {
    this.issuer = config.issuer();
    uri(issuer);
    if (config.audiences().isEmpty()) {
      throw new ConfigException("oauth.issuer needs oauth.audiences");
    }
    boolean isUrl = config.keys().map(keys -> keys.contains("://")).orElse(false);
    this.url = config.keys().filter(_ -> isUrl).map(IssuerKeys::uri);
    this.file = config.keys().filter(_ -> !isUrl).map(Path::of);
  }

  private static URI uri(String text) {
    try {
      return checked(text);
    } catch (IOException e) {
      throw new ConfigException("oauth: " + e.getMessage());
    }
  }

  private static URI checked(String text) throws IOException {
    URI uri;
    try {
      uri = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IOException("not a URL: " + text, e);
    }
    String host = uri.getHost();
    boolean safe =
        "https".equals(uri.getScheme())
            || ("http".equals(uri.getScheme()) && host != null && THIS_MACHINE.contains(host));
    if (!safe || host == null || uri.getUserInfo() != null) {
      throw new IOException("not a URL of https: " + text);
    }
    return uri;
  }

  /// Whether keys have been had once.
  boolean known() {
    return known;
  }

  /// Where clients learn of the issuer, which RFC 7628 wants to be of https.
  Optional<String> discoveryDocument() {
    return Optional.of(discovery()).filter(document -> document.startsWith("https:"));
  }

  private String discovery() {
    return (issuer.endsWith("/") ? issuer : issuer + "/") + ".well-known/openid-configuration";
  }

  @Override
  public JWKSet getJWKSet(
      JWKSetCacheRefreshEvaluator refresh, long now, @Nullable SecurityContext context)
      throws JWKSetRetrievalException {
    try {
      JWKSet keys = JWKSet.parse(file.isPresent() ? Files.readString(file.get()) : get(where()));
      known = true;
      return keys;
    } catch (IOException | ParseException e) {
      throw new JWKSetRetrievalException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JWKSetRetrievalException("interrupted", e);
    }
  }

  private URI where() throws IOException, ParseException, InterruptedException {
    if (url.isPresent()) {
      return url.get();
    }
    var document = JSONObjectUtils.parse(get(checked(discovery())));
    if (!issuer.equals(document.get("issuer"))) {
      throw new IOException("the discovery document is of another issuer");
    }
    return checked(String.valueOf(document.get("jwks_uri")));
  }

  private String get(URI from) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(from).header("Accept", "application/json").timeout(PATIENCE).build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            HttpResponse.BodyHandlers.limiting(
                HttpResponse.BodyHandlers.ofByteArray(), MAX_OCTETS));
    try {
      HttpResponse<byte[]> response = answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new IOException(from + " answered " + response.statusCode());
      }
      return new String(response.body(), StandardCharsets.UTF_8);
    } catch (ExecutionException e) {
      throw new IOException(from + " cannot be had: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IOException(from + " took too long", e);
    } finally {
      answer.cancel(true);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
