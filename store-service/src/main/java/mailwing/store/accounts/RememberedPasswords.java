package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Passwords that were right a short time ago, so that a client's next login costs no Argon2id.
///
/// What is kept is an HMAC under a random key of this process, salted, bound to the account and its
/// credential version. A wrong password is never remembered, and always costs the hash.
final class RememberedPasswords {
  private static final int MAX = 100_000;

  private record Mark(long credentialVersion, ByteString salt, ByteString mac, long until) {}

  private final SecureRandom random = new SecureRandom();
  private final byte[] key = new byte[32];
  private final Duration life;
  private final Map<Long, Mark> marks = new ConcurrentHashMap<>();

  RememberedPasswords(Duration life) {
    this.life = life;
    random.nextBytes(key);
  }

  boolean knows(long accountId, long credentialVersion, byte[] password) {
    Mark mark = marks.get(accountId);
    if (mark == null) {
      return false;
    }
    if (mark.until - System.nanoTime() <= 0 || mark.credentialVersion != credentialVersion) {
      marks.remove(accountId, mark);
      return false;
    }
    return MessageDigest.isEqual(
        mark.mac.toByteArray(),
        mac(accountId, credentialVersion, mark.salt.toByteArray(), password));
  }

  void remember(long accountId, long credentialVersion, byte[] password) {
    if (!life.isPositive()) {
      return;
    }
    if (marks.size() >= MAX) {
      long now = System.nanoTime();
      marks.values().removeIf(mark -> mark.until - now <= 0);
      if (marks.size() >= MAX) {
        marks.clear();
      }
    }
    byte[] salt = new byte[16];
    random.nextBytes(salt);
    marks.put(
        accountId,
        new Mark(
            credentialVersion,
            ByteString.copyFrom(salt),
            ByteString.copyFrom(mac(accountId, credentialVersion, salt, password)),
            System.nanoTime() + life.toNanos()));
  }

  private byte[] mac(long accountId, long credentialVersion, byte[] salt, byte[] password) {
    byte[] bound = ByteBuffer.allocate(16).putLong(accountId).putLong(credentialVersion).array();
    return Hmac.sha256(key, bound, salt, password);
  }
}
