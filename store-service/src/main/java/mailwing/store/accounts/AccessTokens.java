package mailwing.store.accounts;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.text.ParseException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Access tokens of one issuer: JWTs signed by its keys (RFC 9068, RFC 7519, RFC 8725).
///
/// What a token says never decides where keys come from: they are the issuer's that is configured,
/// fetched when one is needed that is not known, at most every 30 seconds, and kept while the
/// issuer is away. A key's algorithm is asymmetric, so that nobody signs with what is public.
final class AccessTokens {
  private static final Logger LOG = LoggerFactory.getLogger(AccessTokens.class);

  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);
  private static final Duration KEYS_FRESH = Duration.ofMinutes(15);
  private static final Duration KEYS_KEPT = Duration.ofHours(24);
  private static final Duration FETCH_PAUSE = Duration.ofSeconds(30);
  private static final Duration FETCH_PATIENCE = Duration.ofSeconds(15);

  private final StoreConfig.Oauth config;
  private final IssuerKeys keys;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  AccessTokens(StoreConfig.Oauth config) {
    this.config = config;
    this.keys = new IssuerKeys(config);
    JWKSource<SecurityContext> source =
        JWKSourceBuilder.create(keys)
            .cache(KEYS_FRESH.toMillis(), FETCH_PATIENCE.toMillis())
            .refreshAheadCache(false)
            .rateLimited(FETCH_PAUSE.toMillis())
            .outageTolerant(KEYS_KEPT.toMillis())
            .build();
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            Set.copyOf(config.audiences()),
            new JWTClaimsSet.Builder().issuer(config.issuer()).build(),
            Set.of("exp", config.userClaim()),
            Set.of());
    claims.setMaxClockSkew((int) config.clockSkew().toSeconds());
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, source));
    processor.setJWTClaimsSetVerifier(claims);
  }

  /// The address of the user that a good token is of; empty for any other token. UNAVAILABLE while
  /// the issuer's keys cannot be had.
  Optional<String> user(String token) {
    try {
      JWTClaimsSet claims = processor.process(token, null);
      if (!verified(claims) || !inScope(claims)) {
        LOG.info("event=access-token-refused reason=claims");
        return Optional.empty();
      }
      return Optional.ofNullable(claims.getStringClaim(config.userClaim()));
    } catch (RateLimitReachedException e) {
      if (keys.known()) {
        return refused(e);
      }
      throw unavailable(e);
    } catch (KeySourceException e) {
      throw unavailable(e);
    } catch (BadJOSEException | JOSEException | ParseException e) {
      return refused(e);
    }
  }

  /// The reason's kind alone: its text may hold what the token says.
  private static Optional<String> refused(Exception reason) {
    LOG.info("event=access-token-refused reason={}", reason.getClass().getSimpleName());
    return Optional.empty();
  }

  private static StoreException unavailable(Exception reason) {
    LOG.warn("event=issuer-keys-unavailable reason={}", reason.getMessage());
    return new StoreException(ErrorCode.UNAVAILABLE, "the issuer's keys cannot be had now");
  }

  /// An address that the issuer says it has not verified could be anybody's.
  private boolean verified(JWTClaimsSet claims) {
    Object verified = claims.getClaim("email_verified");
    return !config.userClaim().equals("email")
        || verified == null
        || verified.toString().equals("true");
  }

  /// `scope` of RFC 9068, or `scp` as some issuers call it.
  private boolean inScope(JWTClaimsSet claims) {
    return config
        .scope()
        .map(scope -> has(claims.getClaim("scope"), scope) || has(claims.getClaim("scp"), scope))
        .orElse(true);
  }

  private static boolean has(@Nullable Object scopes, String scope) {
    return switch (scopes) {
      case String text -> Arrays.asList(text.split(" ")).contains(scope);
      case List<?> list -> list.contains(scope);
      case null, default -> false;
    };
  }

  /// The error of OAUTHBEARER (RFC 7628 §3.2.2).
  String error() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("status", "invalid_token");
    config.scope().ifPresent(scope -> error.put("scope", scope));
    keys.discoveryDocument().ifPresent(url -> error.put("openid-configuration", url));
    return JSONObjectUtils.toJSONString(error);
  }

  /// The error of XOAUTH2.
  String olderError() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("status", "401");
    error.put("schemes", "bearer");
    config.scope().ifPresent(scope -> error.put("scope", scope));
    return JSONObjectUtils.toJSONString(error);
  }
}
