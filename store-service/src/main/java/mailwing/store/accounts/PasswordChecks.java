package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Whether a password is right, for all who ask at the same time.
///
/// A client opens several connections at once, and after a restart all clients do: the same name
/// with the same password is computed once, and all who have come meanwhile get that answer. This
/// is so for names that nobody has as well, which therefore take as long. What is right is
/// remembered before its computing counts as ended, so that nobody in between computes it again.
final class PasswordChecks {
  /// Is it the password? Takes the same work without verifiers.
  private final BiPredicate<byte[], @Nullable Verifiers> check;

  private final RememberedPasswords remembered;
  private final byte[] key = new byte[32];

  /// By an HMAC over the name as it was given, the account as it was found, and the password.
  private final Map<ByteString, CompletableFuture<Boolean>> running = new ConcurrentHashMap<>();

  PasswordChecks(BiPredicate<byte[], @Nullable Verifiers> check, RememberedPasswords remembered) {
    this.check = check;
    this.remembered = remembered;
    new SecureRandom().nextBytes(key);
  }

  /// It was right a short time ago.
  boolean remembers(AccountRow account, byte[] password) {
    return remembered.knows(account.accountId(), account.credentialVersion(), password);
  }

  /// UNAVAILABLE where the turn to compute it did not come.
  ///
  /// @param account whose name it is, if anybody's
  boolean right(String name, Optional<AccountRow> account, byte[] password) {
    ByteString attempt = attempt(name, account, password);
    CompletableFuture<Boolean> mine = new CompletableFuture<>();
    CompletableFuture<Boolean> theirs = running.putIfAbsent(attempt, mine);
    if (theirs != null) {
      return answerOf(theirs);
    }
    try {
      mine.complete(compute(account, password));
    } catch (RuntimeException | Error e) {
      mine.completeExceptionally(e);
    } finally {
      running.remove(attempt, mine);
    }
    return answerOf(mine);
  }

  /// How many different ones are computed, or wait to be.
  int running() {
    return running.size();
  }

  private boolean compute(Optional<AccountRow> account, byte[] password) {
    if (account.filter(a -> remembers(a, password)).isPresent()) {
      return true;
    }
    boolean right = check.test(password, account.map(AccountRow::verifiers).orElse(null));
    if (right) {
      account.ifPresent(a -> remembered.remember(a.accountId(), a.credentialVersion(), password));
    }
    return right;
  }

  private static boolean answerOf(CompletableFuture<Boolean> computed) {
    try {
      return computed.join();
    } catch (CompletionException e) {
      ErrorCode code =
          e.getCause() instanceof StoreException failure ? failure.code() : ErrorCode.INTERNAL;
      throw new StoreException(code, "the password could not be checked", e);
    }
  }

  private ByteString attempt(String name, Optional<AccountRow> account, byte[] password) {
    byte[] octets = name.getBytes(StandardCharsets.UTF_8);
    byte[] bound =
        ByteBuffer.allocate(20)
            .putLong(account.map(AccountRow::accountId).orElse(0L))
            .putLong(account.map(AccountRow::credentialVersion).orElse(0L))
            .putInt(octets.length)
            .array();
    return ByteString.copyFrom(Hmac.sha256(key, bound, octets, password));
  }
}
