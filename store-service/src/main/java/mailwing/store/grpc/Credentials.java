package mailwing.store.grpc;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import mailwing.service.Secret;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.accounts.ApiKeys;
import mailwing.store.accounts.Tokens;
import mailwing.store.grpc.Caller.Role;
import mailwing.store.persistence.ApiKeyRow;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// From what a call carries to who makes it.
public final class Credentials {
  private static final String BEARER = "Bearer ";

  private record Service(Secret secret, Caller caller) {}

  private final List<Service> services;
  private final List<Service> admins;
  private final Tokens tokens;
  private final ApiKeys apiKeys;

  public Credentials(StoreConfig.Credentials config, Tokens tokens, ApiKeys apiKeys) {
    this.services =
        java.util.stream.Stream.of(
                services(config.smtp(), Role.SMTP),
                services(config.pop3(), Role.POP3),
                services(config.imap(), Role.IMAP))
            .flatMap(List::stream)
            .toList();
    this.admins = config.admin().stream().map(s -> new Service(s, Caller.admin())).toList();
    this.tokens = tokens;
    this.apiKeys = apiKeys;
  }

  private static List<Service> services(List<Secret> secrets, Role role) {
    return secrets.stream().map(s -> new Service(s, Caller.service(role))).toList();
  }

  /// The caller behind the value of `authorization`. CREDENTIAL_INVALID, CREDENTIAL_EXPIRED,
  /// CREDENTIAL_REVOKED.
  Caller caller(@Nullable String authorization) {
    if (authorization == null
        || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      throw new StoreException(
          ErrorCode.CREDENTIAL_INVALID, "a call needs metadata authorization: Bearer CREDENTIAL");
    }
    String credential = authorization.substring(BEARER.length()).strip();
    return switch (credential.length() < 4 ? "" : credential.substring(0, 4)) {
      case "mwt_" -> session(credential);
      case "mws_" -> configured(services, credential);
      case "mwa_" -> configured(admins, credential);
      case "mwk_" -> apiKey(apiKeys.verify(credential));
      default -> throw invalid();
    };
  }

  /// The session behind a token that one query of a call carries. CREDENTIAL_INVALID,
  /// CREDENTIAL_EXPIRED.
  public Caller session(String token) {
    Tokens.Claims claims = tokens.verify(token);
    return Caller.session(claims.accountId(), scopes(claims.scopes()));
  }

  /// All are compared, each in constant time.
  private static Caller configured(List<Service> known, String credential) {
    byte[] given = credential.getBytes(StandardCharsets.UTF_8);
    Caller found = null;
    for (Service service : known) {
      if (MessageDigest.isEqual(service.secret.revealOctets(), given)) {
        found = service.caller;
      }
    }
    if (found == null) {
      throw invalid();
    }
    return found;
  }

  private static Caller apiKey(ApiKeyRow row) {
    return Caller.apiKey(
        row.accountId(),
        row.scopes().stream()
            .flatMap(s -> Scope.of(s).stream())
            .collect(Collectors.toUnmodifiableSet()));
  }

  /// What a login by a gateway of this role may do: one that submits mail reads none.
  static int sessionScopes(@Nullable Role role) {
    return role == Role.SMTP ? 0 : bits(EnumSet.of(Scope.MAIL_READ, Scope.MAIL_WRITE));
  }

  private static int bits(Set<Scope> scopes) {
    return scopes.stream().mapToInt(Scope::bit).reduce(0, (a, b) -> a | b);
  }

  private static Set<Scope> scopes(int bits) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (Scope scope : Scope.values()) {
      if ((bits & scope.bit()) != 0) {
        scopes.add(scope);
      }
    }
    return scopes;
  }

  private static StoreException invalid() {
    return new StoreException(ErrorCode.CREDENTIAL_INVALID, "unknown credential");
  }
}
