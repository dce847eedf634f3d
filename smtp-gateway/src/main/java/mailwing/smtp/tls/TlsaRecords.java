package mailwing.smtp.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import mailwing.smtp.dns.Dns;

/// The TLSA records of a host, and what they say of a certificate chain (RFC 6698, RFC 7671, RFC
/// 7672 §3).
public final class TlsaRecords {
  private static final int TRUST_ANCHOR = 2;
  private static final int END_ENTITY = 3;
  private static final int WHOLE = 0;
  private static final int SHA_256 = 1;
  private static final int SHA_512 = 2;

  private final List<Dns.Association> all;
  private final List<Dns.Association> usable;

  public TlsaRecords(List<Dns.Association> records) {
    this.all = List.copyOf(records);
    List<Dns.Association> known = all.stream().filter(TlsaRecords::isUsable).toList();
    this.usable = known.stream().filter(one -> !isOutdone(one, known)).toList();
  }

  /// Of the usages that need no authority beside the DNS (RFC 7672 §3.1.3), with a selector and a
  /// matching type that are known, and data of that type's length.
  private static boolean isUsable(Dns.Association record) {
    int octets = record.data().length() / 2;
    return (record.usage() == TRUST_ANCHOR || record.usage() == END_ENTITY)
        && (record.selector() == 0 || record.selector() == 1)
        && switch (record.matching()) {
          case WHOLE -> octets > 0;
          case SHA_256 -> octets == 32;
          case SHA_512 -> octets == 64;
          default -> false;
        };
  }

  /// Digest agility (RFC 7671 §9): of the digests of one usage and selector the strongest counts.
  private static boolean isOutdone(Dns.Association record, List<Dns.Association> known) {
    return record.matching() == SHA_256
        && known.stream()
            .anyMatch(
                other ->
                    other.matching() == SHA_512
                        && other.usage() == record.usage()
                        && other.selector() == record.selector());
  }

  /// Is there one by which a certificate can be judged? Where not, TLS is to be used all the same
  /// (RFC 7672 §2.2).
  public boolean areUsable() {
    return !usable.isEmpty();
  }

  /// As a report shows them (RFC 8460 §4.5).
  public List<String> text() {
    return all.stream()
        .map(
            one ->
                one.usage()
                    + " "
                    + one.selector()
                    + " "
                    + one.matching()
                    + " "
                    + one.data().toUpperCase(Locale.ROOT))
        .sorted()
        .toList();
  }

  /// @param names one of which the certificate is to be for, where an authority vouches for it; its
  ///   own record vouches whatever its names and dates are (RFC 7672 §3.1.1)
  void check(List<X509Certificate> chain, List<String> names) throws UntrustedException {
    UntrustedException why =
        new UntrustedException(
            TlsFailure.VALIDATION_FAILURE, "no TLSA record is for the certificate");
    for (Dns.Association record : usable) {
      if (record.usage() == END_ENTITY) {
        if (matches(record, chain.getFirst())) {
          return;
        }
        continue;
      }
      for (X509Certificate anchor : anchors(record, chain)) {
        try {
          issued(anchor, chain);
          if (CertificateNames.match(chain.getFirst(), names, true)) {
            return;
          }
          why =
              new UntrustedException(
                  TlsFailure.CERTIFICATE_HOST_MISMATCH, "the certificate is not for " + names);
        } catch (UntrustedException e) {
          why = e;
        }
      }
    }
    throw why;
  }

  /// The authorities that a record names: in the chain, above the host's own certificate (RFC 7672
  /// §3.1.2), or in the record itself.
  private static List<X509Certificate> anchors(
      Dns.Association record, List<X509Certificate> chain) {
    List<X509Certificate> anchors = new ArrayList<>();
    for (X509Certificate certificate : chain.subList(1, chain.size())) {
      if (matches(record, certificate)) {
        anchors.add(certificate);
      }
    }
    if (anchors.isEmpty() && record.matching() == WHOLE && record.selector() == 0) {
      try {
        anchors.add(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(
                        new ByteArrayInputStream(HexFormat.of().parseHex(record.data()))));
      } catch (CertificateException e) {
        // It names nobody.
        return List.of();
      }
    }
    return anchors;
  }

  private static boolean matches(Dns.Association record, X509Certificate certificate) {
    try {
      byte[] selected =
          record.selector() == 0
              ? certificate.getEncoded()
              : certificate.getPublicKey().getEncoded();
      byte[] found =
          switch (record.matching()) {
            case SHA_256 -> MessageDigest.getInstance("SHA-256").digest(selected);
            case SHA_512 -> MessageDigest.getInstance("SHA-512").digest(selected);
            default -> selected;
          };
      return MessageDigest.isEqual(found, HexFormat.of().parseHex(record.data()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    } catch (CertificateEncodingException e) {
      return false;
    }
  }

  /// PKIX from the certificate up to this anchor, and no further.
  private static void issued(X509Certificate anchor, List<X509Certificate> chain)
      throws UntrustedException {
    try {
      X509CertSelector leaf = new X509CertSelector();
      leaf.setCertificate(chain.getFirst());
      PKIXBuilderParameters parameters =
          new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), leaf);
      parameters.setRevocationEnabled(false);
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
      CertPathBuilder.getInstance("PKIX").build(parameters);
    } catch (CertPathBuilderException e) {
      throw new UntrustedException(
          HostTrust.isAboutTime(e)
              ? TlsFailure.CERTIFICATE_EXPIRED
              : TlsFailure.CERTIFICATE_NOT_TRUSTED,
          String.valueOf(e.getMessage()),
          e);
    } catch (GeneralSecurityException e) {
      throw new UntrustedException(
          TlsFailure.CERTIFICATE_NOT_TRUSTED, String.valueOf(e.getMessage()), e);
    }
  }
}
