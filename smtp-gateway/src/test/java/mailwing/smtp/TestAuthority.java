package mailwing.smtp;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A certification authority of a test's own.
final class TestAuthority {
  private static final X500Principal NAME = new X500Principal("CN=Test authority");

  private final KeyPair keys = keys();
  private final X509Certificate certificate;

  /// A host's certificate with its key, shown with the authority's own after it.
  record Identity(X509Certificate certificate, SSLContext context) {
    /// TLSA data: selector 0 the certificate, 1 its key; matching 0 whole, 1 SHA-256, 2 SHA-512.
    String data(int selector, int matching) {
      return TestAuthority.data(certificate, selector, matching);
    }
  }

  TestAuthority() {
    certificate = certificate(NAME, keys, true, Duration.ofDays(30));
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate certificate(
      X500Principal name, KeyPair of, boolean authority, Duration life, String... hosts) {
    try {
      Instant now = Instant.now();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              NAME,
              new BigInteger(64, new SecureRandom()),
              Date.from(now.minus(Duration.ofDays(60))),
              Date.from(now.plus(life)),
              name,
              of.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (hosts.length > 0) {
        GeneralName[] names = new GeneralName[hosts.length];
        for (int i = 0; i < hosts.length; i++) {
          names[i] = new GeneralName(GeneralName.dNSName, hosts[i]);
        }
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// For these hosts, valid.
  Identity identity(String... hosts) {
    return identity(Duration.ofDays(10), hosts);
  }

  Identity expired(String... hosts) {
    return identity(Duration.ofDays(-1), hosts);
  }

  private Identity identity(Duration life, String... hosts) {
    try {
      KeyPair own = keys();
      X509Certificate made =
          certificate(new X500Principal("CN=" + hosts[0]), own, false, life, hosts);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "host", own.getPrivate(), new char[0], new X509Certificate[] {made, certificate});
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(factory.getKeyManagers(), null, null);
      return new Identity(made, context);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  String data(int selector, int matching) {
    return data(certificate, selector, matching);
  }

  private static String data(X509Certificate certificate, int selector, int matching) {
    try {
      byte[] whole =
          selector == 0 ? certificate.getEncoded() : certificate.getPublicKey().getEncoded();
      return HexFormat.of()
          .formatHex(
              switch (matching) {
                case 1 -> MessageDigest.getInstance("SHA-256").digest(whole);
                case 2 -> MessageDigest.getInstance("SHA-512").digest(whole);
                default -> whole;
              });
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The authority's certificate as a PEM file.
  Path write(Path directory) throws IOException {
    try {
      return Files.writeString(
          directory.resolve("authority.pem"),
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'})
                  .encodeToString(certificate.getEncoded())
              + "\n-----END CERTIFICATE-----\n");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
