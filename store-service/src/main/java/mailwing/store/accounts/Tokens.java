package mailwing.store.accounts;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import mailwing.store.StoreException;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.CredentialStore.TokenKey;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Session tokens: mwt_ and base64url of {format, key, account, credential version, expiry, scopes,
/// HMAC-SHA-256}.
///
/// Any store verifies what any other has signed, without a statement: the keys are in the database
/// and in memory. The newest key signs; a token of a key that this store has not seen makes it read
/// the keys again.
public final class Tokens {
  /// What a token says.
  ///
  /// @param scopes bits, as the issuer chose them
  public record Claims(long accountId, long credentialVersion, long expiresAtSeconds, int scopes) {}

  /// How long after its expiry a token may still be renewed: a gateway outlives a store that is
  /// away for a while.
  public static final Duration RENEWAL_GRACE = Duration.ofHours(24);

  private static final String PREFIX = "mwt_";
  private static final byte FORMAT = 1;
  private static final int CLAIMS_OCTETS = 1 + 4 + 8 + 8 + 8 + 4;
  private static final int MAC_OCTETS = 32;

  // Base64 without padding.
  private static final int CLAIMS_CHARACTERS = CLAIMS_OCTETS / 3 * 4;
  private static final int TOKEN_CHARACTERS =
      PREFIX.length() + CLAIMS_CHARACTERS + (MAC_OCTETS * 8 + 5) / 6;
  private static final int MOST_VERIFIED = 10_000;
  private static final long RELOAD_PAUSE_NANOS = 1_000_000_000L;

  /// What a token said that was found signed, and the text of its HMAC.
  private record Verified(Claims claims, ByteString mac) {}

  /// The keys, and of tokens that they have signed some, by the text of their claims, which is no
  /// secret.
  private record Keys(
      TokenKey signing, Map<Integer, ByteString> byId, Map<String, Verified> verified) {
    static Keys of(List<TokenKey> keys) {
      return new Keys(
          keys.getLast(),
          keys.stream().collect(Collectors.toMap(TokenKey::id, TokenKey::secret)),
          new ConcurrentHashMap<>());
    }
  }

  private final CredentialStore store;
  private final InstantSource clock;
  private final Duration life;
  private final Duration keyLife;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock reloading = new ReentrantLock();
  private volatile Keys keys;
  private volatile long reloadedAt;

  public Tokens(CredentialStore store, InstantSource clock, Duration life, Duration keyLife) {
    this.store = store;
    this.clock = clock;
    this.life = life;
    this.keyLife = keyLife;
    this.keys = load();
    this.reloadedAt = System.nanoTime();
  }

  private Keys load() {
    store.rotateTokenKeys(
        keyLife, life.plus(RENEWAL_GRACE), () -> ByteString.copyFrom(randomOctets(32)));
    return Keys.of(store.tokenKeys());
  }

  /// Makes the next key when its time has come and reads what other stores have made. To be run now
  /// and then.
  public void rotate() {
    keys = load();
  }

  /// A token for this account, good for the configured time.
  public String issue(long accountId, long credentialVersion, int scopes) {
    Keys keys = this.keys;
    ByteBuffer token = ByteBuffer.allocate(CLAIMS_OCTETS + MAC_OCTETS);
    token
        .put(FORMAT)
        .putInt(keys.signing.id())
        .putLong(accountId)
        .putLong(credentialVersion)
        .putLong(expiry())
        .putInt(scopes);
    token.put(
        Hmac.sha256(
            keys.signing.secret().toByteArray(), Arrays.copyOf(token.array(), CLAIMS_OCTETS)));
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(token.array());
  }

  /// When a token issued now expires, in seconds since 1970.
  public long expiry() {
    return clock.instant().getEpochSecond() + life.toSeconds();
  }

  /// What a valid token says. CREDENTIAL_INVALID, CREDENTIAL_EXPIRED.
  public Claims verify(String token) {
    Claims claims = signed(token);
    if (claims.expiresAtSeconds <= clock.instant().getEpochSecond()) {
      throw new StoreException(ErrorCode.CREDENTIAL_EXPIRED, "the session token has expired");
    }
    return claims;
  }

  /// As [#verify], but takes a token that has expired lately.
  public Claims verifyForRenewal(String token) {
    Claims claims = signed(token);
    if (claims.expiresAtSeconds + RENEWAL_GRACE.toSeconds() <= clock.instant().getEpochSecond()) {
      throw new StoreException(ErrorCode.CREDENTIAL_EXPIRED, "the session token expired long ago");
    }
    return claims;
  }

  /// One session makes many calls with one token: its HMAC is made once, and compared each time.
  private Claims signed(String token) {
    if (token.length() != TOKEN_CHARACTERS || !token.startsWith(PREFIX)) {
      throw invalid();
    }
    Map<String, Verified> verified = keys.verified;
    String text = token.substring(PREFIX.length(), PREFIX.length() + CLAIMS_CHARACTERS);
    byte[] mac = token.substring(PREFIX.length() + CLAIMS_CHARACTERS).getBytes(UTF_8);
    Verified known = verified.get(text);
    if (known != null && MessageDigest.isEqual(known.mac.toByteArray(), mac)) {
      return known.claims;
    }
    Claims claims = checked(token);
    if (verified.size() >= MOST_VERIFIED) {
      verified.clear();
    }
    verified.put(text, new Verified(claims, ByteString.copyFrom(mac)));
    return claims;
  }

  private Claims checked(String token) {
    byte[] octets;
    try {
      octets = Base64.getUrlDecoder().decode(token.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      octets = new byte[0];
    }
    if (octets.length != CLAIMS_OCTETS + MAC_OCTETS || octets[0] != FORMAT) {
      throw invalid();
    }
    ByteBuffer buffer = ByteBuffer.wrap(octets, 1, CLAIMS_OCTETS - 1);
    ByteString key = key(buffer.getInt());
    if (key == null
        || !MessageDigest.isEqual(
            Arrays.copyOfRange(octets, CLAIMS_OCTETS, octets.length),
            Hmac.sha256(key.toByteArray(), Arrays.copyOf(octets, CLAIMS_OCTETS)))) {
      throw invalid();
    }
    return new Claims(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getInt());
  }

  private @Nullable ByteString key(int id) {
    ByteString key = keys.byId.get(id);
    if (key != null) {
      return key;
    }
    reloading.lock();
    try {
      if (!keys.byId.containsKey(id) && System.nanoTime() - reloadedAt > RELOAD_PAUSE_NANOS) {
        keys = Keys.of(store.tokenKeys());
        reloadedAt = System.nanoTime();
      }
      return keys.byId.get(id);
    } finally {
      reloading.unlock();
    }
  }

  byte[] randomOctets(int count) {
    byte[] octets = new byte[count];
    random.nextBytes(octets);
    return octets;
  }

  private static StoreException invalid() {
    return new StoreException(ErrorCode.CREDENTIAL_INVALID, "not a session token of this store");
  }
}
