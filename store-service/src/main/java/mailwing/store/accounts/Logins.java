package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import mailwing.store.Address;
import mailwing.store.Referral;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.AliasRows;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;

/// Who may log in: the one place where a login succeeds or fails.
///
/// Users log in with their whole address, in any case and in either form of the domain.
public final class Logins {
  private static final int MAX_IDENTITY = 1024;

  /// As many as have their turn at a hash within the patience, and not many more.
  private static final int RUSH_FOR_EACH_HASH = 500;

  /// So that a rush of logins leaves connections to the database to everybody else.
  private static final int LOOKUPS_AT_ONCE = 8;

  private final DirectoryStore directory;
  private final AliasRows aliases;
  private final DomainRules domains;
  private final PasswordChecks checks;
  private final Tokens tokens;
  private final Semaphore rush;
  private final Turns lookups = new Turns(LOOKUPS_AT_ONCE, Passwords.PATIENCE);
  private final Optional<AccessTokens> accessTokens;
  private final Optional<UserCertificates> userCertificates;
  private final byte[] decoyKey;

  public Logins(
      DirectoryStore directory,
      AliasRows aliases,
      DomainRules domains,
      CredentialStore credentials,
      Passwords passwords,
      Tokens tokens,
      StoreConfig.Logins config) {
    this.directory = directory;
    this.aliases = aliases;
    this.domains = domains;
    this.checks =
        new PasswordChecks(passwords::matches, new RememberedPasswords(config.rememberPassword()));
    this.tokens = tokens;
    this.rush = new Semaphore(config.concurrentHashes() * RUSH_FOR_EACH_HASH);
    this.accessTokens = config.oauth().map(AccessTokens::new);
    this.userCertificates = config.certificates().map(UserCertificates::new);
    // Shared and lasting: an unknown user's salt must not change with the store that is asked.
    this.decoyKey =
        credentials
            .sharedSecret("scram-decoy", () -> ByteString.copyFrom(tokens.randomOctets(32)))
            .toByteArray();
  }

  /// The account whose password this is. AUTHENTICATION_FAILED, alike for an unknown user and a
  /// wrong password; ACCOUNT_DISABLED and ACCOUNT_ELSEWHERE only where the password is right.
  /// UNAVAILABLE where too many come at a time, or where it would take too long.
  public AccountRow byPassword(String authorizationId, String authenticationId, byte[] password) {
    if (!rush.tryAcquire()) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "too many logins at a time");
    }
    try {
      return admit(ofPassword(authenticationId, password), authorizationId);
    } finally {
      rush.release();
    }
  }

  private AccountRow ofPassword(String authenticationId, byte[] password) {
    Optional<AccountRow> account = lookups.take(() -> find(authenticationId));
    if (account.filter(a -> checks.remembers(a, password)).isPresent()) {
      return account.get();
    }
    if (!checks.right(authenticationId, account, password)) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "wrong user or password");
    }
    // It may have waited for long: what counts is what the account is now.
    return lookups
        .take(() -> find(authenticationId))
        .filter(now -> same(now, account.orElseThrow()))
        .orElseThrow(
            () ->
                new StoreException(
                    ErrorCode.AUTHENTICATION_FAILED, "the password was changed meanwhile"));
  }

  private static boolean same(AccountRow now, AccountRow before) {
    return now.accountId() == before.accountId()
        && now.credentialVersion() == before.credentialVersion();
  }

  /// How many passwords are checked, or wait to be: different ones, those that are the same once.
  public int passwordsInCheck() {
    return checks.running();
  }

  /// The server's side of an exchange. INVALID_ARGUMENT for a mechanism that is not offered here.
  ///
  /// @param bindings channel binding data by name; empty if no -PLUS was offered
  /// @param certificates the client's, DER, its own first
  public SaslExchange exchange(
      String mechanism, Map<String, ByteString> bindings, List<ByteString> certificates) {
    return switch (mechanism) {
      case Scram.NAME, Scram.PLUS -> {
        String nonce = Base64.getEncoder().withoutPadding().encodeToString(tokens.randomOctets(18));
        yield new Scram(mechanism, bindings, this::find, this::decoy, nonce);
      }
      case Bearer.OAUTHBEARER, Bearer.XOAUTH2 ->
          new Bearer(mechanism, offered(accessTokens), this::find, this::itself);
      case "EXTERNAL" -> {
        UserCertificates known = offered(userCertificates);
        yield message -> external(known.users(certificates), message);
      }
      default -> throw notOffered();
    };
  }

  private static <T> T offered(Optional<T> part) {
    return part.orElseThrow(Logins::notOffered);
  }

  private static StoreException notOffered() {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, "no such mechanism here");
  }

  /// EXTERNAL (RFC 4422 appendix A): the message is whom the client wants to act as. A certificate
  /// may name several users.
  private SaslExchange.Step external(List<String> users, ByteString message) {
    if (message.size() > MAX_IDENTITY || !message.isValidUtf8()) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "not a message of EXTERNAL");
    }
    String authorizationId = message.toStringUtf8();
    List<AccountRow> accounts = users.stream().flatMap(user -> find(user).stream()).toList();
    AccountRow account =
        accounts.stream()
            .filter(a -> itself(a, authorizationId))
            .findFirst()
            .orElseThrow(
                () ->
                    new StoreException(
                        ErrorCode.AUTHENTICATION_FAILED, "no user of this certificate"));
    return new SaslExchange.Proven(account, authorizationId, ByteString.EMPTY);
  }

  /// The account that a finished exchange has proved. As [#byPassword] for its errors.
  public AccountRow bySasl(SaslExchange.Proven proven) {
    return admit(proven.account(), proven.authorizationId());
  }

  /// The account of a token whose session still lives. CREDENTIAL_REVOKED once its password has
  /// changed or it was disabled, removed or moved to another site.
  public AccountRow renew(Tokens.Claims claims) {
    return directory
        .account(claims.accountId())
        .filter(a -> a.enabled() && a.homeSite().isEmpty())
        .filter(a -> a.credentialVersion() == claims.credentialVersion())
        .orElseThrow(
            () ->
                new StoreException(
                    ErrorCode.CREDENTIAL_REVOKED,
                    "the password was changed or the account is disabled, removed or moved"));
  }

  /// Addresses that the account may send from besides its own: aliases that lead to it, and all of
  /// them in the aliases of their domains.
  public List<String> senderAddresses(AccountRow account) {
    Optional<Address> own = Address.parse(account.address());
    if (own.isEmpty()) {
      return List.of();
    }
    List<String> addresses = new ArrayList<>(aliases.aliasesTo(own.get()));
    List<String> canonical = new ArrayList<>(addresses);
    canonical.add(account.address());
    for (String address : canonical) {
      Address.parse(address)
          .ifPresent(
              parsed ->
                  domains
                      .aliasesOf(parsed.domain())
                      .forEach(alias -> addresses.add(parsed.withDomain(alias).spelling())));
    }
    return addresses;
  }

  private Optional<AccountRow> find(String name) {
    // A shared account is nobody's to log in to, whatever a token or a certificate says.
    return Address.parse(name).flatMap(directory::account).filter(account -> !account.shared());
  }

  private AccountRow admit(AccountRow account, String authorizationId) {
    if (!itself(account, authorizationId)) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "the user may act as itself only");
    }
    if (!account.enabled()) {
      throw new StoreException(ErrorCode.ACCOUNT_DISABLED, "the account is disabled");
    }
    if (!account.homeSite().isEmpty()) {
      throw StoreException.elsewhere(new Referral(account.homeSite(), account.address()));
    }
    return account;
  }

  private boolean itself(AccountRow account, String authorizationId) {
    return authorizationId.isEmpty()
        || find(authorizationId).filter(a -> a.accountId() == account.accountId()).isPresent();
  }

  private Verifiers decoy(String name) {
    byte[] user = name.getBytes(StandardCharsets.UTF_8);
    byte[] made = Hmac.sha256(decoyKey, user);
    return new Verifiers(
        "",
        ByteString.copyFrom(Arrays.copyOf(made, 16)),
        Scram.ITERATIONS,
        ByteString.copyFrom(Hmac.sha256(decoyKey, made)),
        ByteString.copyFrom(made));
  }
}
