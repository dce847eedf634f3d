package mailwing.cli.pki;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/// Makes what separate services need to trust each other: one CA, a certificate for each, and
/// credentials, in a folder for each service that it alone is given. Made once; certificates are
/// made anew when they are due or the host name changed.
public final class ServiceSecrets {
  private static final Duration VALIDITY = Duration.ofDays(825);
  private static final Duration RENEW_BEFORE = Duration.ofDays(60);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final CertificateAuthority authority;

  private ServiceSecrets(Path directory, CertificateAuthority authority) {
    this.directory = directory;
    this.authority = authority;
  }

  /// Who owns the files of a folder: numeric user ids, since names differ between images.
  public record Owners(int services, int kafka) {}

  /// Makes all that is missing below `directory`.
  ///
  /// @param hostNames DNS names and addresses that mail clients connect to
  /// @param postgresPassword empty: a random one
  /// @param owners set only where this process runs as root
  public static void make(
      Path directory, List<String> hostNames, String postgresPassword, Owners owners, Clock clock)
      throws IOException, GeneralSecurityException {
    Path ca = directory.resolve("ca");
    CertificateAuthority authority =
        CertificateAuthority.openOrCreate(ca.resolve("ca.pem"), ca.resolve("ca-key.pem"), clock);
    ServiceSecrets secrets = new ServiceSecrets(directory, authority);
    secrets.postgres(postgresPassword);
    secrets.kafka();
    secrets.services(hostNames);
    secrets.hand(owners);
  }

  private void postgres(String chosen) throws IOException, GeneralSecurityException {
    Path password = directory.resolve("postgres/password");
    if (!Files.exists(password)) {
      PemFiles.writePrivate(password, (chosen.isEmpty() ? random() : chosen) + "\n");
    }
    certificate("postgres", "cert.pem", "key.pem", List.of("postgres"));
  }

  private void kafka() throws IOException, GeneralSecurityException {
    certificate("kafka", "cert.pem", "key.pem", List.of("kafka"));
    keyWithCertificate("kafka");
  }

  private void services(List<String> hostNames) throws IOException, GeneralSecurityException {
    certificate("store-service", "cert.pem", "key.pem", List.of("store-service", "localhost"));
    keyWithCertificate("store-service");
    copy("postgres/password", "store-service/postgres-password");
    credential("store-service/admin-credential", "mwa_");
    for (String role : List.of("smtp", "pop3", "imap")) {
      String gateway = role + "-gateway";
      credential(gateway + "/credential", "mws_");
      copy(gateway + "/credential", "store-service/" + role + "-credential");
      certificate(gateway, "cert.pem", "key.pem", List.of(gateway));
      keyWithCertificate(gateway);
      certificate(gateway, "server-cert.pem", "server-key.pem", hostNames);
    }
  }

  private void certificate(
      String service, String certificateFile, String keyFile, List<String> names)
      throws IOException, GeneralSecurityException {
    Path folder = directory.resolve(service);
    Path certificate = folder.resolve(certificateFile);
    PemFiles.writePublic(folder.resolve("ca.pem"), authority.certificatePem());
    if (Files.exists(certificate)
        && Files.exists(folder.resolve(keyFile))
        && authority.isCurrent(
            CertificateAuthority.readCertificate(certificate), names, RENEW_BEFORE)) {
      return;
    }
    CertificateAuthority.Issued issued = authority.issue(names.getFirst(), names, VALIDITY);
    PemFiles.writePrivate(folder.resolve(keyFile), issued.keyPem());
    PemFiles.writePublic(certificate, issued.certificatePem());
  }

  /// Kafka reads a key and its certificates from one file.
  private void keyWithCertificate(String service) throws IOException {
    Path folder = directory.resolve(service);
    PemFiles.writePrivate(
        folder.resolve("kafka.pem"),
        Files.readString(folder.resolve("key.pem")) + Files.readString(folder.resolve("cert.pem")));
  }

  private void credential(String file, String prefix) throws IOException {
    Path path = directory.resolve(file);
    if (!Files.exists(path)) {
      PemFiles.writePrivate(path, prefix + random() + "\n");
    }
  }

  private void copy(String from, String to) throws IOException {
    PemFiles.writePrivate(directory.resolve(to), Files.readString(directory.resolve(from)));
  }

  private void hand(Owners owners) throws IOException {
    if ((int) Files.getAttribute(directory, "unix:uid") != 0) {
      return;
    }
    for (String service :
        List.of("store-service", "smtp-gateway", "pop3-gateway", "imap-gateway", "kafka")) {
      int owner = service.equals("kafka") ? owners.kafka() : owners.services();
      try (var files = Files.list(directory.resolve(service))) {
        for (Path file : files.toList()) {
          Files.setAttribute(file, "unix:uid", owner);
        }
      }
    }
  }

  private static String random() {
    byte[] octets = new byte[32];
    RANDOM.nextBytes(octets);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }
}
