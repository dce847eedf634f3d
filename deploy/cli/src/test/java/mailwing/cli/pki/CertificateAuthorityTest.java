package mailwing.cli.pki;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final List<String> NAMES = List.of("localhost", "127.0.0.1", "::1");

  @TempDir private Path directory = Path.of("");

  @Test
  void anIssuedCertificateChainsToTheAuthorityAndNamesItsHosts() throws Exception {
    CertificateAuthority authority = open(Clock.systemUTC());
    X509Certificate issued = authority.issue("localhost", NAMES, Duration.ofDays(90)).certificate();

    issued.verify(authority.certificate().getPublicKey());
    assertThat(
            issued.getSubjectAlternativeNames().stream().map(entry -> String.valueOf(entry.get(1))))
        .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
    assertThat(issued.getBasicConstraints()).isEqualTo(-1);
    assertThat(authority.certificate().getBasicConstraints()).isZero();
  }

  @Test
  void theAuthorityIsMadeOnceAndItsKeyIsForItsOwnerAlone() throws Exception {
    X509Certificate first = open(Clock.systemUTC()).certificate();
    assertThat(open(Clock.systemUTC()).certificate()).isEqualTo(first);
    assertThat(Files.getPosixFilePermissions(directory.resolve("ca-key.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void aCertificateIsCurrentForItsNamesUntilTheMarginBeforeItsEnd() throws Exception {
    CertificateAuthority authority = open(Clock.systemUTC());
    X509Certificate issued = authority.issue("localhost", NAMES, Duration.ofDays(90)).certificate();

    assertThat(authority.isCurrent(issued, NAMES, Duration.ofDays(60))).isTrue();
    assertThat(authority.isCurrent(issued, List.of("mail.example.org"), Duration.ofDays(60)))
        .isFalse();
    assertThat(authority.isCurrent(issued, NAMES, Duration.ofDays(100))).isFalse();
    Clock later =
        Clock.fixed(Clock.systemUTC().instant().plus(Duration.ofDays(91)), ZoneOffset.UTC);
    assertThat(open(later).isCurrent(issued, NAMES, Duration.ZERO)).isFalse();
  }

  @Test
  void serviceSecretsAreMadeOnceAndEachServiceHasItsOwn() throws Exception {
    ServiceSecrets.Owners nobody = new ServiceSecrets.Owners(65534, 65534);
    ServiceSecrets.make(directory, NAMES, "chosen", nobody, Clock.systemUTC());
    String imap = Files.readString(directory.resolve("imap-gateway/credential"));
    byte[] certificate = Files.readAllBytes(directory.resolve("imap-gateway/server-cert.pem"));
    ServiceSecrets.make(directory, NAMES, "another", nobody, Clock.systemUTC());

    assertThat(imap)
        .startsWith("mws_")
        .isEqualTo(Files.readString(directory.resolve("store-service/imap-credential")));
    assertThat(imap).isNotEqualTo(Files.readString(directory.resolve("smtp-gateway/credential")));
    assertThat(Files.readString(directory.resolve("store-service/postgres-password")))
        .isEqualTo("chosen\n");
    assertThat(Files.readAllBytes(directory.resolve("imap-gateway/server-cert.pem")))
        .isEqualTo(certificate);
    assertThat(directory.resolve("imap-gateway/ca-key.pem")).doesNotExist();
  }

  private CertificateAuthority open(Clock clock) throws Exception {
    return CertificateAuthority.openOrCreate(
        directory.resolve("ca.pem"), directory.resolve("ca-key.pem"), clock);
  }
}
