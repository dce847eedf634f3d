package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.X509TrustManager;
import mailwing.service.TlsMaterial;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Certificates by which users log in (RFC 4422 appendix A): issued by one of the configured
/// authorities, for clients, valid now.
///
/// That the client holds the key was proved to the gateway in the TLS handshake.
final class UserCertificates {
  private static final int MAX_CHAIN = 10;
  private static final Integer RFC822_NAME = 1;
  private static final Map<String, String> EMAIL_ADDRESS =
      Map.of("1.2.840.113549.1.9.1", "EMAILADDRESS");

  private final X509TrustManager authorities;
  private final StoreConfig.Certificates.Identity identity;

  UserCertificates(StoreConfig.Certificates config) {
    this.authorities = TlsMaterial.trustOnly(config.authorities());
    this.identity = config.identity();
  }

  /// The addresses that the certificate names. AUTHENTICATION_FAILED.
  ///
  /// @param chain DER, the user's own first
  List<String> users(List<ByteString> chain) {
    if (chain.isEmpty() || chain.size() > MAX_CHAIN) {
      throw refused();
    }
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      X509Certificate[] certificates = new X509Certificate[chain.size()];
      for (int i = 0; i < certificates.length; i++) {
        certificates[i] = (X509Certificate) factory.generateCertificate(chain.get(i).newInput());
      }
      authorities.checkClientTrusted(certificates, certificates[0].getPublicKey().getAlgorithm());
      return switch (identity) {
        case SAN_EMAIL -> alternativeNames(certificates[0]);
        case SUBJECT_EMAIL -> subject(certificates[0], "EMAILADDRESS");
        case COMMON_NAME -> subject(certificates[0], "CN");
      };
    } catch (CertificateException | InvalidNameException e) {
      throw refused();
    }
  }

  private static List<String> alternativeNames(X509Certificate certificate)
      throws CertificateException {
    List<String> names = new ArrayList<>();
    Collection<List<?>> all = certificate.getSubjectAlternativeNames();
    if (all != null) {
      for (List<?> name : all) {
        if (RFC822_NAME.equals(name.get(0)) && name.get(1) instanceof String address) {
          names.add(address);
        }
      }
    }
    return names;
  }

  private static List<String> subject(X509Certificate certificate, String type)
      throws InvalidNameException {
    List<String> values = new ArrayList<>();
    String name = certificate.getSubjectX500Principal().getName("RFC2253", EMAIL_ADDRESS);
    for (Rdn part : new LdapName(name).getRdns()) {
      if (part.getType().equalsIgnoreCase(type) && part.getValue() instanceof String value) {
        values.add(value);
      }
    }
    return values;
  }

  private static StoreException refused() {
    return new StoreException(ErrorCode.AUTHENTICATION_FAILED, "the certificate is not taken");
  }
}
