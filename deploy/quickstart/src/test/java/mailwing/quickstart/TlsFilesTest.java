package mailwing.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
  private static final List<String> NAMES = List.of("localhost", "127.0.0.1", "::1");
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  @TempDir Path directory;

  @Test
  void theServerCertificateIsGoodForTheNamesAndComesFromTheAuthority() throws Exception {
    var files = at(NOW);
    assertThat(files.prepare(NAMES)).isTrue();
    var leaf = read(files.chain());
    assertThat(names(leaf)).containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
    validate(files, NOW.plus(Duration.ofDays(300)));
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(read(files.authority()).getBasicConstraints()).isZero();
  }

  @Test
  void aSecondLookChangesNothing() throws Exception {
    at(NOW).prepare(NAMES);
    var before = Files.readString(at(NOW).chain());
    assertThat(at(NOW.plus(Duration.ofDays(300))).prepare(NAMES)).isFalse();
    assertThat(Files.readString(at(NOW).chain())).isEqualTo(before);
  }

  @Test
  void itIsRenewedBeforeItsEndUnderTheSameAuthority() throws Exception {
    at(NOW).prepare(NAMES);
    var authority = Files.readString(at(NOW).authority());
    var later = NOW.plus(Duration.ofDays(380));
    assertThat(at(later).prepare(NAMES)).isTrue();
    assertThat(Files.readString(at(NOW).authority())).isEqualTo(authority);
    validate(at(later), later.plus(Duration.ofDays(300)));
  }

  @Test
  void aNewNameMakesANewCertificate() throws Exception {
    at(NOW).prepare(NAMES);
    assertThat(at(NOW).prepare(List.of("localhost", "192.0.2.7", "mail.example.test"))).isTrue();
    assertThat(names(read(at(NOW).chain()))).contains("192.0.2.7", "mail.example.test");
  }

  @Test
  void theAuthorityIsRenewedBeforeItWouldEnd() throws Exception {
    at(NOW).prepare(NAMES);
    var later = NOW.plus(Duration.ofDays(3400));
    assertThat(at(later).prepare(NAMES)).isTrue();
    validate(at(later), later.plus(Duration.ofDays(300)));
  }

  @Test
  void keysAreReadableByTheirOwnerAlone() throws Exception {
    at(NOW).prepare(NAMES);
    for (var name : List.of("ca-key.pem", "server-key.pem")) {
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
          .isEqualTo("rw-------");
    }
  }

  private TlsFiles at(Instant instant) {
    return new TlsFiles(directory, Clock.fixed(instant, ZoneOffset.UTC));
  }

  private static void validate(TlsFiles files, Instant when) throws Exception {
    var parameters = new PKIXParameters(Set.of(new TrustAnchor(read(files.authority()), null)));
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(when));
    var path =
        CertificateFactory.getInstance("X.509").generateCertPath(List.of(read(files.chain())));
    CertPathValidator.getInstance("PKIX").validate(path, parameters);
  }

  private static List<String> names(X509Certificate certificate) throws Exception {
    return certificate.getSubjectAlternativeNames().stream()
        .map(name -> String.valueOf(name.get(1)))
        .toList();
  }

  private static X509Certificate read(Path file) throws Exception {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }
}
