package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;

/// Who may log in: the one place where a login succeeds or fails.
///
/// Users log in with their whole address, in any case and in either form of the domain.
public final class Logins {
  private final DirectoryStore directory;
  private final Passwords passwords;
  private final Tokens tokens;
  private final RememberedPasswords remembered;
  private final byte[] decoyKey;

  public Logins(
      DirectoryStore directory,
      CredentialStore credentials,
      Passwords passwords,
      Tokens tokens,
      StoreConfig.Logins config) {
    this.directory = directory;
    this.passwords = passwords;
    this.tokens = tokens;
    this.remembered = new RememberedPasswords(config.rememberPassword());
    // Shared and lasting: an unknown user's salt must not change with the store that is asked.
    this.decoyKey =
        credentials
            .sharedSecret("scram-decoy", () -> ByteString.copyFrom(tokens.randomOctets(32)))
            .toByteArray();
  }

  /// The account whose password this is. AUTHENTICATION_FAILED, alike for an unknown user and a
  /// wrong password; ACCOUNT_DISABLED only where the password is right.
  public AccountRow byPassword(String authorizationId, String authenticationId, byte[] password) {
    Optional<AccountRow> account = find(authenticationId);
    boolean right =
        account
            .map(a -> remembered.knows(a.accountId(), a.credentialVersion(), password))
            .orElse(false);
    if (!right) {
      right = passwords.matches(password, account.map(AccountRow::verifiers).orElse(null));
      if (right) {
        account.ifPresent(a -> remembered.remember(a.accountId(), a.credentialVersion(), password));
      }
    }
    if (!right || account.isEmpty()) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "wrong user or password");
    }
    return admit(account.get(), authorizationId);
  }

  /// The server's side of a SCRAM exchange.
  ///
  /// @param bindings channel binding data by name; empty if no -PLUS was offered
  public Scram scram(String mechanism, Map<String, ByteString> bindings) {
    if (!mechanism.equals(Scram.NAME) && !mechanism.equals(Scram.PLUS)) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such mechanism here");
    }
    String nonce = Base64.getEncoder().withoutPadding().encodeToString(tokens.randomOctets(18));
    return new Scram(mechanism, bindings, this::find, this::decoy, nonce);
  }

  /// The account that a finished exchange has proved. As [#byPassword] for its errors.
  public AccountRow bySasl(Scram.Proven proven) {
    return admit(proven.account(), proven.authorizationId());
  }

  /// The account of a token whose session still lives. CREDENTIAL_REVOKED once its password has
  /// changed or it was disabled or removed.
  public AccountRow renew(Tokens.Claims claims) {
    return directory
        .account(claims.accountId())
        .filter(a -> a.enabled() && a.credentialVersion() == claims.credentialVersion())
        .orElseThrow(
            () ->
                new StoreException(
                    ErrorCode.CREDENTIAL_REVOKED,
                    "the password was changed or the account is disabled or removed"));
  }

  /// Addresses that the account may send from besides its own.
  public List<String> senderAddresses(AccountRow account) {
    return Address.parse(account.address()).map(directory::aliasesTo).orElse(List.of());
  }

  private Optional<AccountRow> find(String name) {
    return Address.parse(name).flatMap(directory::account);
  }

  private AccountRow admit(AccountRow account, String authorizationId) {
    boolean itself =
        authorizationId.isEmpty()
            || Address.parse(authorizationId)
                .flatMap(directory::account)
                .filter(a -> a.accountId() == account.accountId())
                .isPresent();
    if (!itself) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "the user may act as itself only");
    }
    if (!account.enabled()) {
      throw new StoreException(ErrorCode.ACCOUNT_DISABLED, "the account is disabled");
    }
    return account;
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
