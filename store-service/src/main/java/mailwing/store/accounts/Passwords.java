package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import com.ibm.icu.text.StringPrep;
import com.ibm.icu.text.StringPrepParseException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.LongAdder;
import mailwing.store.StoreException;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator.BlockPool;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator.FixedBlockPool;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/// Argon2id hashes (RFC 9106) of passwords prepared by SASLprep (RFC 4013), and the SCRAM verifiers
/// made beside them.
///
/// At most so many hashes are computed at a time: each needs 19 MiB, and logins must not exhaust
/// memory. Those octets are used again by the next: as garbage of each login they would make the
/// collector stop the whole process every few logins. A collection that comes anyway takes them
/// where no hash is computed. Who waits longer than [#PATIENCE] for its turn gets UNAVAILABLE:
/// after a restart all clients come at once, a thousand of them take twenty seconds of two
/// processors, and clients wait for half a minute or a minute before they give up.
///
/// SASLprep knows Unicode 3.2: code points unassigned there (emoji, say) are let through as they
/// are.
public final class Passwords {
  static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final int MAX_OCTETS = 1024;
  private static final int MEMORY_KIB = 19 * 1024;
  private static final int PASSES = 2;
  private static final int LANES = 1;
  private static final int HASH_OCTETS = 32;
  private static final StringPrep SASLPREP = StringPrep.getInstance(StringPrep.RFC4013_SASLPREP);

  private final SecureRandom random = new SecureRandom();
  private final Turns turns;
  private final ConcurrentLinkedDeque<WeakReference<BlockPool>> memories =
      new ConcurrentLinkedDeque<>();
  private final LongAdder hashes = new LongAdder();
  private final String decoy;

  public Passwords(int concurrentHashes) {
    this.turns = new Turns(concurrentHashes, PATIENCE);
    this.decoy = hash(new byte[16]);
  }

  /// What is kept of a new password. INVALID_ARGUMENT for one that is empty, too long, not UTF-8,
  /// or that SASLprep forbids.
  public Verifiers verifiersOf(byte[] password) {
    byte[] prepared =
        prepare(password)
            .orElseThrow(
                () ->
                    new StoreException(
                        ErrorCode.INVALID_ARGUMENT,
                        "a password is 1 to 1024 octets of UTF-8 without control characters"));
    try {
      byte[] salt = new byte[16];
      random.nextBytes(salt);
      Scram.Keys keys = Scram.keys(prepared, salt, Scram.ITERATIONS);
      return new Verifiers(
          hash(prepared),
          ByteString.copyFrom(salt),
          Scram.ITERATIONS,
          keys.storedKey(),
          keys.serverKey());
    } finally {
      Arrays.fill(prepared, (byte) 0);
    }
  }

  /// Is it the password? Costs one hash in every case: without verifiers (unknown user, no
  /// password) a decoy's.
  public boolean matches(byte[] password, @Nullable Verifiers verifiers) {
    Optional<byte[]> prepared = prepare(password);
    String phc = verifiers == null ? decoy : verifiers.argon2id();
    boolean equal = check(prepared.orElseGet(() -> new byte[] {0}), phc);
    prepared.ifPresent(p -> Arrays.fill(p, (byte) 0));
    return equal && prepared.isPresent() && verifiers != null;
  }

  /// How many hashes were computed: for the metrics, and for the test of equal work.
  public long hashes() {
    return hashes.sum();
  }

  static Optional<byte[]> prepare(byte[] password) {
    if (password.length == 0 || password.length > MAX_OCTETS) {
      return Optional.empty();
    }
    try {
      CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(password));
      String prepared = SASLPREP.prepare(chars.toString(), StringPrep.ALLOW_UNASSIGNED);
      return prepared.isEmpty()
          ? Optional.empty()
          : Optional.of(prepared.getBytes(StandardCharsets.UTF_8));
    } catch (CharacterCodingException | StringPrepParseException e) {
      return Optional.empty();
    }
  }

  private String hash(byte[] prepared) {
    byte[] salt = new byte[16];
    random.nextBytes(salt);
    byte[] hash = argon2id(prepared, salt, MEMORY_KIB, PASSES, LANES, HASH_OCTETS);
    Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
    return "$argon2id$v=19$m="
        + MEMORY_KIB
        + ",t="
        + PASSES
        + ",p="
        + LANES
        + "$"
        + base64.encodeToString(salt)
        + "$"
        + base64.encodeToString(hash);
  }

  /// The parameters are those of the stored hash, so that they can be raised later.
  private boolean check(byte[] prepared, String phc) {
    String[] parts = phc.split("\\$", -1);
    if (parts.length != 6 || !parts[1].equals("argon2id") || !parts[2].equals("v=19")) {
      throw new StoreException(ErrorCode.INTERNAL, "a stored password hash is not readable");
    }
    int[] mtp =
        Arrays.stream(parts[3].split(",", -1))
            .mapToInt(p -> Integer.parseInt(p.substring(2)))
            .toArray();
    byte[] expected = Base64.getDecoder().decode(parts[5]);
    byte[] salt = Base64.getDecoder().decode(parts[4]);
    return MessageDigest.isEqual(
        expected, argon2id(prepared, salt, mtp[0], mtp[1], mtp[2], expected.length));
  }

  /// The last that was given back, if the collector has left it.
  private BlockPool takeMemory() {
    for (WeakReference<BlockPool> kept = memories.poll(); kept != null; kept = memories.poll()) {
      BlockPool memory = kept.get();
      if (memory != null) {
        return memory;
      }
    }
    return new FixedBlockPool(MEMORY_KIB);
  }

  private byte[] argon2id(
      byte[] prepared, byte[] salt, int memoryKib, int passes, int lanes, int octets) {
    return turns.take(
        () -> {
          hashes.increment();
          BlockPool memory = takeMemory();
          Argon2BytesGenerator generator = new Argon2BytesGenerator();
          generator.init(
              new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                  .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                  .withSalt(salt)
                  .withMemoryAsKB(memoryKib)
                  .withIterations(passes)
                  .withParallelism(lanes)
                  .withBlockPool(memory)
                  .build());
          byte[] out = new byte[octets];
          generator.generateBytes(prepared, out);
          memories.addFirst(new WeakReference<>(memory));
          return out;
        });
  }
}
