package mailwing.smtp.dkim;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// A key record, read (RFC 6376 §3.6.1, RFC 8463 §4).
///
/// @param key empty where it was revoked
/// @param strict the identity's domain has to be `d=` itself
record DkimKey(String type, Optional<PublicKey> key, boolean strict) {
  /// RFC 8301 §3.2: shorter ones do not count.
  static final int RSA_BITS = 1024;

  private static final String ED25519 = "ed25519";
  private static final int ED25519_OCTETS = 32;
  private static final byte[] ED25519_PREFIX = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
  };

  /// Empty where the record is no key, or not for signatures of mail with SHA-256.
  static Optional<DkimKey> read(String record) {
    TagList tags = TagList.parse(record);
    if (tags == null
        || tags.get("p").isEmpty()
        || tags.get("v").filter(v -> !v.equals("DKIM1") || !tags.isFirst("v")).isPresent()
        || !allows(tags, "h", List.of("sha256"))
        || !allows(tags, "s", List.of("*", "email"))) {
      return Optional.empty();
    }
    String type = tags.get("k").orElse("rsa");
    boolean strict =
        tags.compact("t").filter(t -> List.of(t.split(":", -1)).contains("s")).isPresent();
    String encoded = tags.compact("p").orElse("");
    if (encoded.isEmpty()) {
      return Optional.of(new DkimKey(type, Optional.empty(), strict));
    }
    try {
      byte[] octets = Base64.getDecoder().decode(encoded);
      return switch (type) {
        case "rsa" -> Optional.of(new DkimKey(type, Optional.of(rsa(octets)), strict));
        case ED25519 ->
            octets.length == ED25519_OCTETS
                ? Optional.of(new DkimKey(type, Optional.of(ed25519(octets)), strict))
                : Optional.empty();
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static boolean allows(TagList tags, String name, List<String> wanted) {
    return tags.compact(name)
        .map(value -> List.of(value.split(":", -1)).stream().anyMatch(wanted::contains))
        .orElse(true);
  }

  private static PublicKey rsa(byte[] octets) throws GeneralSecurityException {
    return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(octets));
  }

  private static PublicKey ed25519(byte[] octets) throws GeneralSecurityException {
    byte[] encoded = Arrays.copyOf(ED25519_PREFIX, ED25519_PREFIX.length + octets.length);
    System.arraycopy(octets, 0, encoded, ED25519_PREFIX.length, octets.length);
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  /// Shorter than RFC 8301 §3.2 allows?
  boolean isWeak() {
    return key.filter(k -> k instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < RSA_BITS)
        .isPresent();
  }

  /// Does the signature fit the header's canonical octets?
  ///
  /// @param hash their SHA-256, which is what Ed25519 signs (RFC 8463 §3)
  boolean fits(byte[] canonical, byte[] hash, byte[] signature) {
    try {
      boolean rsa = type.equals("rsa");
      Signature verifier = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
      verifier.initVerify(key.orElseThrow());
      verifier.update(rsa ? canonical : hash);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
