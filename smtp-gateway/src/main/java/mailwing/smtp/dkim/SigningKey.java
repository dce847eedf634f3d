package mailwing.smtp.dkim;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;

/// A key that signs for a domain.
///
/// @param domain an A-label form
public record SigningKey(String domain, String selector, Kind kind, PrivateKey key) {
  /// What the key is of (RFC 8301 §3.1, RFC 8463 §3).
  public enum Kind {
    RSA("RSA", "rsa-sha256"),
    ED25519("Ed25519", "ed25519-sha256");

    private final String family;
    private final String algorithm;

    Kind(String family, String algorithm) {
      this.family = family;
      this.algorithm = algorithm;
    }

    /// `a=`.
    String algorithm() {
      return algorithm;
    }
  }

  /// IllegalArgumentException for octets that are no such key.
  ///
  /// @param octets PKCS #8
  public static SigningKey read(String domain, String selector, Kind kind, byte[] octets) {
    try {
      return new SigningKey(
          domain,
          selector,
          kind,
          KeyFactory.getInstance(kind.family).generatePrivate(new PKCS8EncodedKeySpec(octets)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("no key for " + kind.algorithm);
    }
  }

  /// Of a header's canonical octets. Ed25519 signs their hash (RFC 8463 §3).
  byte[] sign(byte[] canonical) {
    try {
      boolean rsa = kind == Kind.RSA;
      Signature signer = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
      signer.initSign(key);
      signer.update(rsa ? canonical : MessageDigest.getInstance("SHA-256").digest(canonical));
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return selector + "._domainkey." + domain;
  }
}
