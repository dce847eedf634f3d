package mailwing.smtp.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/// The DNS names that a certificate is for (RFC 6125), compared as RFC 8461 §4.1 and RFC 7672
/// §3.2.3 want it: a wildcard is the whole first label, and stands for one label.
public final class CertificateNames {
  private static final Integer DNS_NAME = 2;

  private CertificateNames() {}

  /// Is it for one of these names?
  ///
  /// @param commonName its common name counts where it has no DNS name (RFC 7672 §3.2.3)
  static boolean match(X509Certificate certificate, Collection<String> names, boolean commonName) {
    List<String> presented = dnsNames(certificate);
    if (presented.isEmpty() && commonName) {
      presented = commonNames(certificate);
    }
    return presented.stream()
        .anyMatch(pattern -> names.stream().anyMatch(name -> matches(pattern, name)));
  }

  private static List<String> dnsNames(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      if (all != null) {
        for (List<?> one : all) {
          if (DNS_NAME.equals(one.get(0)) && one.get(1) instanceof String name) {
            names.add(name);
          }
        }
      }
    } catch (CertificateParsingException e) {
      // What cannot be read is for nobody.
      return List.of();
    }
    return names;
  }

  private static List<String> commonNames(X509Certificate certificate) {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .map(Rdn::getValue)
              .map(String::valueOf)
              .toList();
    } catch (InvalidNameException e) {
      return List.of();
    }
  }

  /// Does a name, or a wildcard and a domain, stand for this name?
  public static boolean matches(String pattern, String name) {
    String wanted = bare(name);
    String offered = bare(pattern);
    if (!offered.startsWith("*.")) {
      return offered.equals(wanted);
    }
    int dot = wanted.indexOf('.');
    return dot > 0 && offered.substring(1).equals(wanted.substring(dot));
  }

  private static String bare(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
