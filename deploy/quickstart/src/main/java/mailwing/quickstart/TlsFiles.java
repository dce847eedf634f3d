package mailwing.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import mailwing.cli.pki.CertificateAuthority;
import mailwing.cli.pki.PemFiles;

/// The system's own authority and the server certificate it signs, as PEM files in one directory.
///
/// `ca.pem` is what a mail client is told to trust; `server.pem` (leaf first) and `server-key.pem`
/// are what the listeners use. Keys have mode 0600. The server certificate is made anew when fewer
/// than thirty days are left or a name is missing, the authority when it would end before a server
/// certificate does.
final class TlsFiles {
  // Apple's mail clients take no certificate for longer than 398 days.
  private static final Duration SERVER_LIFE = Duration.ofDays(397);
  private static final Duration RENEW_BEFORE = Duration.ofDays(30);

  private final Path directory;
  private final Clock clock;

  TlsFiles(Path directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /// What mail clients trust.
  Path authority() {
    return directory.resolve("ca.pem");
  }

  /// The server's chain, leaf first.
  Path chain() {
    return directory.resolve("server.pem");
  }

  /// The server's key, PKCS #8.
  Path key() {
    return directory.resolve("server-key.pem");
  }

  /// Makes or renews what is missing or about to end; true if a certificate was made.
  ///
  /// @param names host names and addresses that the server certificate must be good for
  boolean prepare(List<String> names) throws IOException, GeneralSecurityException {
    Files.createDirectories(directory);
    var authorityKey = directory.resolve("ca-key.pem");
    if (Files.exists(authority())
        && CertificateAuthority.readCertificate(authority())
            .getNotAfter()
            .toInstant()
            .isBefore(clock.instant().plus(SERVER_LIFE))) {
      Files.delete(authority());
    }
    var authority = CertificateAuthority.openOrCreate(authority(), authorityKey, clock);
    if (Files.exists(chain())
        && Files.exists(key())
        && authority.isCurrent(
            CertificateAuthority.readCertificate(chain()), names, RENEW_BEFORE)) {
      return false;
    }
    var made = authority.issue("Mailwing", names, SERVER_LIFE);
    // The key first: whoever reloads between the two keeps what it has until both fit.
    PemFiles.writePrivate(key(), made.keyPem());
    PemFiles.writePublic(chain(), made.certificatePem() + authority.certificatePem());
    return true;
  }
}
