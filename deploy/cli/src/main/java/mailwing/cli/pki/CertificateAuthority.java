package mailwing.cli.pki;

import java.io.IOException;
import java.io.Reader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A private certificate authority: EC P-256 keys, ECDSA with SHA-256 (RFC 5280, RFC 8446 section
/// 4.2.3).
public final class CertificateAuthority {
  private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3650);
  private static final Duration BACKDATED = Duration.ofHours(1);

  private final X509Certificate certificate;
  private final PrivateKey key;
  private final Clock clock;

  private CertificateAuthority(X509Certificate certificate, PrivateKey key, Clock clock) {
    this.certificate = certificate;
    this.key = key;
    this.clock = clock;
  }

  /// A certificate with its key.
  public record Issued(X509Certificate certificate, PrivateKey key) {
    /// The certificate in PEM.
    public String certificatePem() {
      return PemFiles.encode("CERTIFICATE", encoded(certificate));
    }

    /// The key in PEM, PKCS #8 (RFC 5958).
    public String keyPem() {
      return PemFiles.encode("PRIVATE KEY", key.getEncoded());
    }
  }

  /// Reads the authority kept in two files, or makes it and writes them (the key with mode 0600).
  public static CertificateAuthority openOrCreate(Path certificatePem, Path keyPem, Clock clock)
      throws IOException, GeneralSecurityException {
    if (Files.exists(certificatePem) && Files.exists(keyPem)) {
      return new CertificateAuthority(readCertificate(certificatePem), readKey(keyPem), clock);
    }
    KeyPair pair = newKeyPair();
    X500Principal name = new X500Principal("CN=Mailwing private CA " + newSerial().toString(36));
    X509v3CertificateBuilder builder = builder(name, name, pair, clock, AUTHORITY_VALIDITY);
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
      CertificateAuthority made =
          new CertificateAuthority(sign(builder, pair.getPrivate()), pair.getPrivate(), clock);
      PemFiles.writePrivate(keyPem, PemFiles.encode("PRIVATE KEY", pair.getPrivate().getEncoded()));
      PemFiles.writePublic(certificatePem, made.certificatePem());
      return made;
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /// Issues a certificate for a server and client: `names` are DNS names and textual IP addresses.
  public Issued issue(String commonName, List<String> names, Duration validity)
      throws IOException, GeneralSecurityException {
    KeyPair pair = newKeyPair();
    X509v3CertificateBuilder builder =
        builder(
            certificate.getSubjectX500Principal(),
            new X500Principal("CN=" + commonName),
            pair,
            clock,
            validity);
    JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage,
        false,
        new ExtendedKeyUsage(
            new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    builder.addExtension(
        Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(certificate));
    builder.addExtension(
        Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(pair.getPublic()));
    GeneralName[] alternatives =
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName, name))
            .toArray(GeneralName[]::new);
    if (alternatives.length > 0) {
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
    }
    try {
      return new Issued(sign(builder, key), pair.getPrivate());
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /// The authority's own certificate in PEM: what clients trust.
  public String certificatePem() {
    return PemFiles.encode("CERTIFICATE", encoded(certificate));
  }

  /// The authority's own certificate.
  public X509Certificate certificate() {
    return certificate;
  }

  /// Whether a kept certificate is this authority's, is for all of `names` and is valid for
  /// `margin` more.
  public boolean isCurrent(X509Certificate kept, List<String> names, Duration margin) {
    try {
      kept.verify(certificate.getPublicKey());
      kept.checkValidity(Date.from(clock.instant().plus(margin)));
      List<String> has =
          kept.getSubjectAlternativeNames() == null
              ? List.of()
              : kept.getSubjectAlternativeNames().stream()
                  .map(entry -> String.valueOf(entry.get(1)))
                  .toList();
      return names.stream().allMatch(name -> has.contains(canonical(name)));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /// Reads the first certificate of a PEM file.
  public static X509Certificate readCertificate(Path pem)
      throws IOException, GeneralSecurityException {
    try (var in = Files.newInputStream(pem)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static PrivateKey readKey(Path pem) throws IOException {
    try (Reader reader = Files.newBufferedReader(pem, StandardCharsets.US_ASCII);
        PEMParser parser = new PEMParser(reader)) {
      return new JcaPEMKeyConverter()
          .getPrivateKey(PrivateKeyInfo.getInstance(parser.readObject()));
    }
  }

  private static KeyPair newKeyPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair pair, Clock clock, Duration validity) {
    Instant now = clock.instant();
    return new JcaX509v3CertificateBuilder(
        issuer,
        newSerial(),
        Date.from(now.minus(BACKDATED)),
        Date.from(now.plus(validity)),
        subject,
        pair.getPublic());
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "a certificate that was just made or read cannot be encoded", e);
    }
  }

  private static boolean isAddress(String name) {
    return name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
  }

  private static String canonical(String name) {
    return name.equals("::1") ? "0:0:0:0:0:0:0:1" : name;
  }

  /// Positive and random (RFC 5280 section 4.1.2.2).
  private static BigInteger newSerial() {
    return new BigInteger(127, new SecureRandom()).add(BigInteger.ONE);
  }
}
