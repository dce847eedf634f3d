package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import mailwing.store.StoreException;
import mailwing.store.persistence.ApiKeyRow;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.v1.ErrorCode;

/// API keys: mwk_ and 256 random bits, of which the database has the SHA-256 alone.
///
/// A key that was good is remembered for a few seconds: that long it may outlive its removal by
/// another store.
public final class ApiKeys {
  private static final String PREFIX = "mwk_";
  private static final Duration REMEMBERED = Duration.ofSeconds(5);
  private static final int MAX_REMEMBERED = 10_000;

  private record Known(ApiKeyRow row, long until) {}

  private final CredentialStore store;
  private final SecureRandom random = new SecureRandom();
  private final Map<ByteString, Known> known = new ConcurrentHashMap<>();

  public ApiKeys(CredentialStore store) {
    this.store = store;
  }

  /// Makes a key and tells its secret, this once.
  public String make(String name, List<String> scopes, long accountId) {
    byte[] octets = new byte[32];
    random.nextBytes(octets);
    String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    store.addApiKey(name, hash(secret), scopes, accountId);
    return secret;
  }

  /// The key with this secret. CREDENTIAL_INVALID; CREDENTIAL_REVOKED once its account is disabled.
  public ApiKeyRow verify(String secret) {
    ByteString hash = hash(secret);
    long now = System.nanoTime();
    Known remembered = known.get(hash);
    if (remembered != null && remembered.until - now > 0) {
      return remembered.row;
    }
    Optional<ApiKeyRow> row = store.apiKey(hash);
    if (row.isEmpty()) {
      known.remove(hash);
      throw new StoreException(ErrorCode.CREDENTIAL_INVALID, "unknown API key");
    }
    if (!row.get().usable()) {
      known.remove(hash);
      throw new StoreException(ErrorCode.CREDENTIAL_REVOKED, "the key's account is disabled");
    }
    if (known.size() >= MAX_REMEMBERED) {
      known.clear();
    }
    known.put(hash, new Known(row.get(), now + REMEMBERED.toNanos()));
    return row.get();
  }

  public boolean remove(String name) {
    boolean removed = store.removeApiKey(name);
    forget();
    return removed;
  }

  /// To be called after an account has been changed.
  public void forget() {
    known.clear();
  }

  private static ByteString hash(String secret) {
    return ByteString.copyFrom(Hmac.digest(secret.getBytes(StandardCharsets.UTF_8)));
  }
}
