package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;

/// The server's side of one SCRAM-SHA-256 or SCRAM-SHA-256-PLUS exchange (RFC 5802 §5, RFC 7677).
///
/// An unknown user gets a salt of its own that never changes, and fails at the proof, as a wrong
/// password does.
public final class Scram implements SaslExchange {
  public static final String NAME = "SCRAM-SHA-256";
  public static final String PLUS = "SCRAM-SHA-256-PLUS";
  static final int ITERATIONS = 65_536;

  /// StoredKey and ServerKey (RFC 5802 §3).
  record Keys(ByteString storedKey, ByteString serverKey) {}

  private record First(
      AccountRow account,
      boolean known,
      String authorizationId,
      ByteString channelInput,
      String nonce,
      String authMessageStart,
      Verifiers verifiers) {}

  private final boolean plus;
  private final Map<String, ByteString> bindings;
  private final Function<String, Optional<AccountRow>> accounts;
  private final Function<String, Verifiers> decoys;
  private final String serverNonce;
  private Optional<First> first = Optional.empty();

  /// @param bindings the connection's channel binding data by name; empty if the gateway offered no
  ///   -PLUS
  /// @param accounts finds an account by the name that the client gives
  /// @param decoys what an unknown user's verifiers look like
  Scram(
      String mechanism,
      Map<String, ByteString> bindings,
      Function<String, Optional<AccountRow>> accounts,
      Function<String, Verifiers> decoys,
      String serverNonce) {
    this.plus = mechanism.equals(PLUS);
    this.bindings = Map.copyOf(bindings);
    this.accounts = accounts;
    this.decoys = decoys;
    this.serverNonce = serverNonce;
  }

  @Override
  public Step next(ByteString message) {
    return first.isPresent() ? last(message) : new Challenge(first(message));
  }

  /// client-first-message in, server-first-message out.
  public ByteString first(ByteString message) {
    String text = text(message);
    int comma1 = text.indexOf(',');
    int comma2 = text.indexOf(',', comma1 + 1);
    if (comma1 < 0 || comma2 < 0) {
      throw malformed();
    }
    String flag = text.substring(0, comma1);
    String authzid = text.substring(comma1 + 1, comma2);
    byte[] binding = binding(flag);
    String gs2 = text.substring(0, comma2 + 1);
    byte[] header = gs2.getBytes(StandardCharsets.UTF_8);
    byte[] channelInput = new byte[header.length + binding.length];
    System.arraycopy(header, 0, channelInput, 0, header.length);
    System.arraycopy(binding, 0, channelInput, header.length, binding.length);

    String bare = text.substring(comma2 + 1);
    String[] attributes = bare.split(",", -1);
    if (attributes.length < 2
        || !attributes[0].startsWith("n=")
        || !attributes[1].startsWith("r=")
        || attributes[1].length() < 10) {
      throw malformed(); // also m=, which asks for an extension that nobody has
    }
    String name = unescape(attributes[0].substring(2));
    String authorizationId = "";
    if (!authzid.isEmpty()) {
      if (!authzid.startsWith("a=")) {
        throw malformed();
      }
      authorizationId = unescape(authzid.substring(2));
    }
    Optional<AccountRow> found = accounts.apply(name);
    Verifiers stored = found.map(AccountRow::verifiers).orElse(null);
    Verifiers verifiers = stored == null ? decoys.apply(name) : stored;
    String nonce = attributes[1].substring(2) + serverNonce;
    String serverFirst =
        "r="
            + nonce
            + ",s="
            + Base64.getEncoder().encodeToString(verifiers.scramSalt().toByteArray())
            + ",i="
            + verifiers.scramIterations();
    first =
        Optional.of(
            new First(
                found.orElse(new AccountRow(0, "", false, 0, false, "", false, null)),
                stored != null,
                authorizationId,
                ByteString.copyFrom(channelInput),
                nonce,
                bare + "," + serverFirst,
                verifiers));
    return ByteString.copyFromUtf8(serverFirst);
  }

  /// client-final-message in; AUTHENTICATION_FAILED unless the proof is right.
  public Proven last(ByteString message) {
    First first = this.first.orElseThrow(Scram::malformed);
    this.first = Optional.empty();
    String text = text(message);
    int proofAt = text.lastIndexOf(",p=");
    if (proofAt < 0) {
      throw malformed();
    }
    String withoutProof = text.substring(0, proofAt);
    String[] attributes = withoutProof.split(",", -1);
    if (attributes.length < 2 || !attributes[0].startsWith("c=")) {
      throw malformed();
    }
    boolean sameChannel =
        MessageDigest.isEqual(decode(attributes[0].substring(2)), first.channelInput.toByteArray());
    boolean sameNonce = attributes[1].equals("r=" + first.nonce);
    byte[] proof = decode(text.substring(proofAt + 3));
    byte[] authMessage =
        (first.authMessageStart + "," + withoutProof).getBytes(StandardCharsets.UTF_8);
    byte[] storedKey = first.verifiers.scramStoredKey().toByteArray();
    byte[] clientKey = Hmac.sha256(storedKey, authMessage);
    boolean rightLength = proof.length == clientKey.length;
    for (int i = 0; rightLength && i < clientKey.length; i++) {
      clientKey[i] ^= proof[i];
    }
    boolean proven = MessageDigest.isEqual(Hmac.digest(clientKey), storedKey);
    if (!(proven && rightLength && sameChannel && sameNonce && first.known)) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "wrong user or password");
    }
    byte[] signature = Hmac.sha256(first.verifiers.scramServerKey().toByteArray(), authMessage);
    return new Proven(
        first.account,
        first.authorizationId,
        ByteString.copyFromUtf8("v=" + Base64.getEncoder().encodeToString(signature)));
  }

  /// The binding data that the gs2 flag names (RFC 5802 §6); fails on a downgrade.
  private byte[] binding(String flag) {
    if (flag.startsWith("p=")) {
      ByteString data = bindings.get(flag.substring(2));
      if (!plus || data == null) {
        throw new StoreException(
            ErrorCode.AUTHENTICATION_FAILED, "no such channel binding on this connection");
      }
      return data.toByteArray();
    }
    if (!flag.equals("n") && !flag.equals("y")) {
      throw malformed();
    }
    if (plus || (flag.equals("y") && !bindings.isEmpty())) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "channel binding was refused");
    }
    return new byte[0];
  }

  static Keys keys(byte[] prepared, byte[] salt, int iterations) {
    try {
      char[] password = new String(prepared, StandardCharsets.UTF_8).toCharArray();
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(password, salt, iterations, 256))
              .getEncoded();
      byte[] clientKey = Hmac.sha256(salted, "Client Key".getBytes(StandardCharsets.US_ASCII));
      byte[] serverKey = Hmac.sha256(salted, "Server Key".getBytes(StandardCharsets.US_ASCII));
      return new Keys(ByteString.copyFrom(Hmac.digest(clientKey)), ByteString.copyFrom(serverKey));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(ByteString message) {
    if (message.size() > 2048 || !message.isValidUtf8()) {
      throw malformed();
    }
    return message.toStringUtf8();
  }

  private static String unescape(String name) {
    if (name.isEmpty() || name.replace("=2C", "").replace("=3D", "").contains("=")) {
      throw malformed();
    }
    return name.replace("=2C", ",").replace("=3D", "=");
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw malformed();
    }
  }

  private static StoreException malformed() {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, "not a SCRAM message");
  }
}
