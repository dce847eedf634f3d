package mailwing.smtp.queue;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Settings;
import mailwing.service.TlsMaterial;

/// What holds for the TLS of next hosts.
///
/// @param sts policies of MTA-STS are followed
/// @param authorities a PEM file of those that certificates come from; empty: those of Java
/// @param policyPort where policy hosts listen
/// @param reports how sessions are reported to the domains that ask for it; empty: they are not
public record TlsRules(
    boolean sts, Optional<Path> authorities, int policyPort, Optional<Reports> reports) {
  private static final int HTTPS = 443;

  /// How sessions are reported.
  ///
  /// @param contact the address that reports come from
  /// @param organization who sends them
  /// @param flush after so long the store knows a session
  /// @param look so often is looked for what is due
  public record Reports(String contact, String organization, Duration flush, Duration look) {
    /// The contact's domain.
    public String domain() {
      return contact.substring(contact.lastIndexOf('@') + 1);
    }
  }

  private static final Key<Boolean> STS =
      Key.flag("outbound.mta-sts", true, "Follow MTA-STS policies of the domains mail is for.");
  private static final Key<Path> AUTHORITIES =
      Key.path(
          "outbound.authorities",
          null,
          "PEM file of the authorities that next hosts' certificates come from; else Java's.");
  private static final Key<String> CONTACT =
      Key.text(
          "outbound.tls-report-contact",
          null,
          "Address that daily TLS reports come from; without it none are sent.");
  private static final Key<String> ORGANIZATION =
      Key.text(
          "outbound.tls-report-organization",
          null,
          "Who sends TLS reports; by default the contact's domain.");

  static List<Key<?>> keys() {
    return List.of(STS, AUTHORITIES, CONTACT, ORGANIZATION);
  }

  static TlsRules defaults() {
    return new TlsRules(true, Optional.empty(), HTTPS, Optional.empty());
  }

  static TlsRules read(Settings settings) {
    return new TlsRules(
        settings.get(STS),
        settings.find(AUTHORITIES),
        HTTPS,
        settings.find(CONTACT).map(contact -> reports(contact, settings.find(ORGANIZATION))));
  }

  private static Reports reports(String contact, Optional<String> organization) {
    if (!contact.matches("[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}")) {
      throw new ConfigException("outbound.tls-report-contact is no address: " + contact);
    }
    return new Reports(
        contact,
        organization.orElse(contact.substring(contact.lastIndexOf('@') + 1)),
        Duration.ofSeconds(30),
        Duration.ofMinutes(5));
  }

  /// Those whom certificates have to come from.
  X509ExtendedTrustManager roots() {
    if (authorities.isPresent()) {
      return extended(TlsMaterial.trustOnly(authorities.get()));
    }
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      return extended(factory.getTrustManagers());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509ExtendedTrustManager extended(TrustManager... managers) {
    for (TrustManager manager : managers) {
      if (manager instanceof X509ExtendedTrustManager extended) {
        return extended;
      }
    }
    throw new IllegalStateException("no X.509 trust manager");
  }
}
