package mailwing.testkit;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import mailwing.store.StoreConfig;

/// An issuer of access tokens on loopback: a discovery document, keys, and tokens signed by them.
public final class TestIssuer implements AutoCloseable {
  /// How it answers.
  public enum Mood {
    WELL,
    /// With 500.
    DOWN,
    /// By a redirect to where the keys are.
    REDIRECTING,
    /// With more than anyone should read.
    ENDLESS
  }

  public static final String AUDIENCE = "mail";
  public static final String SCOPE = "imap";

  private final HttpServer server;
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Mood mood = Mood.WELL;
  private volatile ECKey key;

  private TestIssuer(HttpServer server) {
    this.server = server;
    this.key = newKey("first");
  }

  public static TestIssuer start() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      TestIssuer issuer = new TestIssuer(server);
      server.createContext(
          "/.well-known/openid-configuration",
          exchange ->
              issuer.answer(
                  exchange,
                  "{\"issuer\":\""
                      + issuer.url()
                      + "\",\"jwks_uri\":\""
                      + issuer.url()
                      + "/keys\"}"));
      server.createContext("/keys", issuer::keys);
      server.createContext(
          "/moved", exchange -> issuer.answer(exchange, new JWKSet(issuer.key).toString()));
      server.start();
      return issuer;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// How often its keys were asked for.
  public int asked() {
    return asked.get();
  }

  public void mood(Mood next) {
    mood = next;
  }

  /// Signs by another key from now on, and tells of that one alone.
  public void newKey() {
    key = newKey("key-" + System.nanoTime());
  }

  private static ECKey newKey(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What a store is told of it.
  public StoreConfig.Oauth config() {
    return new StoreConfig.Oauth(
        url(),
        Optional.empty(),
        List.of(AUDIENCE),
        Optional.of(SCOPE),
        "email",
        Duration.ofSeconds(60));
  }

  /// The claims of a token that is good for ten minutes.
  public JWTClaimsSet.Builder claims(String address) {
    return new JWTClaimsSet.Builder()
        .issuer(url())
        .subject("1234")
        .audience(List.of("other", AUDIENCE))
        .claim("scope", "openid " + SCOPE)
        .claim("email", address)
        .claim("email_verified", true)
        .expirationTime(Date.from(Instant.now().plusSeconds(600)));
  }

  public String token(JWTClaimsSet claims) {
    return token(claims, Map.of());
  }

  /// A token of these claims.
  ///
  /// @param header fields beside alg, kid and typ
  public String token(JWTClaimsSet claims, Map<String, Object> header) {
    try {
      SignedJWT token =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256)
                  .keyID(key.getKeyID())
                  .type(new JOSEObjectType("at+jwt"))
                  .customParams(header)
                  .build(),
              claims);
      token.sign(new ECDSASigner(key));
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A client's message of OAUTHBEARER in base64.
  public static String bearer(String user, String token) {
    return base64(
        (user.isEmpty() ? "n,," : "n,a=" + user + ",")
            + "\1host=localhost\1port=143\1auth=Bearer "
            + token
            + "\1\1");
  }

  /// A client's message of XOAUTH2 in base64.
  public static String older(String user, String token) {
    return base64("user=" + user + "\1auth=Bearer " + token + "\1\1");
  }

  private static String base64(String message) {
    return Base64.getEncoder().encodeToString(message.getBytes(StandardCharsets.UTF_8));
  }

  private void keys(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    switch (mood) {
      case WELL -> answer(exchange, new JWKSet(key).toString());
      case DOWN -> {
        exchange.sendResponseHeaders(500, -1);
        exchange.close();
      }
      case REDIRECTING -> {
        exchange.getResponseHeaders().add("Location", url() + "/moved");
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
      }
      case ENDLESS -> answer(exchange, new JWKSet(key) + " ".repeat(1 << 20));
    }
  }

  private void answer(HttpExchange exchange, String text) throws IOException {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, octets.length);
    exchange.getResponseBody().write(octets);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
