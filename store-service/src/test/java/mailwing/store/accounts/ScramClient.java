package mailwing.store.accounts;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/// The client's side of SCRAM-SHA-256, written from RFC 5802 §3 apart from the server's.
public final class ScramClient {
  private ScramClient() {}

  /// client-final-message.
  public static String last(
      String gs2, String bare, String serverFirst, String password, String binding) {
    try {
      String[] server = serverFirst.split(",", -1);
      byte[] salt = Base64.getDecoder().decode(server[1].substring(2));
      int iterations = Integer.parseInt(server[2].substring(2));
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
              .getEncoded();
      String withoutProof =
          "c="
              + Base64.getEncoder().encodeToString((gs2 + binding).getBytes(StandardCharsets.UTF_8))
              + ","
              + server[0];
      byte[] message =
          (bare + "," + serverFirst + "," + withoutProof).getBytes(StandardCharsets.UTF_8);
      byte[] clientKey = Hmac.sha256(salted, "Client Key".getBytes(StandardCharsets.UTF_8));
      byte[] signature = Hmac.sha256(Hmac.digest(clientKey), message);
      byte[] proof = new byte[32];
      for (int i = 0; i < 32; i++) {
        proof[i] = (byte) (clientKey[i] ^ signature[i]);
      }
      return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
