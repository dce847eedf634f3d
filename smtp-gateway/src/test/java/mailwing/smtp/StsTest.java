package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import mailwing.store.v1.QueuedRecipient;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// MTA-STS by the sender (RFC 8461): what policies ask for is done, and what fails them is put off
/// or reported.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StsTest {
  private TlsHouse house;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    house =
        new TlsHouse(
            directory,
            "mta-sts.good.test",
            "mta-sts.name.test",
            "mta-sts.old.test",
            "mta-sts.self.test",
            "mta-sts.clear.test",
            "mta-sts.mx.test",
            "mta-sts.testing.test",
            "mta-sts.none.test",
            "mta-sts.change.test",
            "mta-sts.moved.test",
            "mta-sts.html.test",
            "mta-sts.large.test",
            "mta-sts.bad.test");
  }

  @AfterAll
  void stop() throws IOException {
    house.close();
  }

  @Test
  void aHostThatThePolicyNamesIsVerified() throws IOException {
    Sink sink = house.sink("good.test", 10, "mx1.hosts.good.test");
    sink.manners.tls = house.authority.identity("*.hosts.good.test").context();
    house.policy("good.test", "1", TlsHouse.enforce("*.hosts.good.test"));
    assertThat(house.delivered("carol@good.test")).startsWith("TLSv1.").endsWith(" MTA-STS");
    house.delivered("dave@good.test");
    assertThat(house.policies.asked)
        .filteredOn(asked -> asked.startsWith("mta-sts.good.test/"))
        .hasSize(1);
  }

  @Test
  void anotherHostsCertificatePutsOff() throws IOException {
    Sink sink = house.sink("name.test", 10, "mx.name.test");
    sink.manners.tls = house.authority.identity("other.name.test").context();
    house.policy("name.test", "1", TlsHouse.enforce("mx.name.test"));
    QueuedRecipient waiting = house.deferred("carol@name.test");
    assertThat(waiting.getStatus()).isEqualTo("4.7.5");
    assertThat(waiting.getReply()).contains("the certificate is not for [mx.name.test]");
    assertThat(sink.taken).isEmpty();
  }

  @Test
  void anExpiredCertificatePutsOffAndTheNextHostIsTried() throws IOException {
    Sink first = house.sink("old.test", 5, "mx1.old.test");
    first.manners.tls = house.authority.expired("mx1.old.test").context();
    Sink second = house.sink("old.test", 10, "mx2.old.test");
    second.manners.tls = house.authority.identity("mx2.old.test").context();
    house.policy("old.test", "1", TlsHouse.enforce("*.old.test"));
    house.delivered("carol@old.test");
    assertThat(first.taken).isEmpty();
    assertThat(second.taken).hasSize(1);
  }

  @Test
  void anUnknownAuthorityPutsOff() throws IOException {
    Sink sink = house.sink("self.test", 5, "mx.self.test");
    sink.manners.tls = new TestAuthority().identity("mx.self.test").context();
    house.policy("self.test", "1", TlsHouse.enforce("mx.self.test"));
    assertThat(house.deferred("carol@self.test").getStatus()).isEqualTo("4.7.5");
    sink.manners.tls = TestTls.shared().material().sslContext();
    assertThat(house.deferred("dave@self.test").getStatus()).isEqualTo("4.7.5");
    assertThat(sink.taken).isEmpty();
  }

  @Test
  void nothingGoesInTheClear() throws IOException {
    Sink sink = house.sink("clear.test", 5, "mx.clear.test");
    house.policy("clear.test", "1", TlsHouse.enforce("mx.clear.test"));
    assertThat(house.deferred("carol@clear.test").getStatus()).isEqualTo("4.7.10");
    sink.manners.tls = house.authority.identity("mx.clear.test").context();
    sink.manners.brokenTls = true;
    assertThat(house.deferred("dave@clear.test").getStatus()).isEqualTo("4.7.5");
    assertThat(sink.taken).isEmpty();
  }

  @Test
  void aHostThatThePolicyDoesNotNameIsNotUsed() throws IOException {
    Sink sink = house.sink("mx.test", 5, "mail.elsewhere.test");
    sink.manners.tls = house.authority.identity("mail.elsewhere.test").context();
    house.policy("mx.test", "1", TlsHouse.enforce("*.mx.test", "elsewhere.test"));
    assertThat(house.deferred("carol@mx.test").getReply()).contains("does not name the host");
    assertThat(sink.connections.get()).isZero();
  }

  @Test
  void underTestingAllIsDelivered() throws IOException {
    Sink sink = house.sink("testing.test", 5, "mx.testing.test");
    sink.manners.tls = house.authority.identity("other.test").context();
    house.policy("testing.test", "1", TlsHouse.page("testing", "mx.testing.test"));
    assertThat(house.delivered("carol@testing.test")).startsWith("TLSv1.").doesNotContain("STS");
    house.policy("testing.test", "2", TlsHouse.page("testing", "mx.nothing.test"));
    assertThat(house.delivered("dave@testing.test")).startsWith("TLSv1.");
  }

  @Test
  void aPolicyOfNoneAsksForNothing() throws IOException {
    house.sink("none.test", 5, "mx.none.test");
    house.policy("none.test", "1", TlsHouse.page("none"));
    assertThat(house.delivered("carol@none.test")).isEmpty();
  }

  @Test
  void aPolicyHoldsWhateverHappensToItsHostAndForOtherGateways(@TempDir Path own)
      throws IOException {
    try (TlsHouse two = new TlsHouse(own, "mta-sts.kept.test")) {
      Sink sink = two.sink("kept.test", 5, "mx.kept.test");
      sink.manners.tls = two.authority.identity("mx.kept.test").context();
      two.policy("kept.test", "1", TlsHouse.enforce("mx.kept.test"));
      two.delivered("carol@kept.test");
      two.policies.pages.remove("mta-sts.kept.test");
      two.gateway.zone.remove("_mta-sts.kept.test", "TXT");
      // The connection that was kept is over.
      Awaitility.await().until(() -> sink.open() == 0);
      sink.manners.tls = two.authority.identity("evil.test").context();
      two.deferred("dave@kept.test");
      two.gateway.zone.fail("_mta-sts.kept.test", "TXT");
      two.deferred("erin@kept.test");
      String address = two.gateway.zone.text("mx.kept.test", "A");
      two.replaceGateway();
      two.gateway.zone.add("kept.test", "MX", "5 mx.kept.test").add("mx.kept.test", "A", address);
      two.deferred("frank@kept.test");
      assertThat(sink.taken).hasSize(1);
    }
  }

  @Test
  void aNewPolicyTakesThePlaceOfTheOldOne() throws IOException {
    house.sink("change.test", 5, "mx.change.test");
    house.policy("change.test", "1", TlsHouse.enforce("mx.change.test"));
    String id = house.submit("carol@change.test");
    house.queue.await(id, QueuedRecipient.State.WAITING, 1);
    house.policy("change.test", "2", TlsHouse.page("none"));
    house.queue.flush(id);
    house.queue.await(id, QueuedRecipient.State.DELIVERED, 2);
  }

  @Test
  void whatIsNoPolicyAsksForNothing() throws IOException {
    house.sink("moved.test", 5, "mx.moved.test");
    house.policy(
        "moved.test",
        "1",
        new PolicyServer.Page(
            302, "text/plain", "https://mta-sts.good.test/.well-known/mta-sts.txt"));
    assertThat(house.delivered("carol@moved.test")).isEmpty();
    house.sink("html.test", 5, "mx.html.test");
    house.policy(
        "html.test",
        "1",
        new PolicyServer.Page(200, "text/html", TlsHouse.enforce("mx.html.test").text()));
    assertThat(house.delivered("carol@html.test")).isEmpty();
    house.sink("large.test", 5, "mx.large.test");
    house.policy(
        "large.test",
        "1",
        new PolicyServer.Page(
            200,
            "text/plain",
            TlsHouse.enforce("mx.large.test").text() + "x: y\r\n".repeat(20_000)));
    assertThat(house.delivered("carol@large.test")).isEmpty();
    house.sink("bad.test", 5, "mx.bad.test");
    house.policy("bad.test", "1", PolicyServer.Page.of("version: STSv1", "mode: enforce"));
    assertThat(house.delivered("carol@bad.test")).isEmpty();
    // The policy host's certificate is not for this name.
    house.sink("pki.test", 5, "mx.pki.test");
    house.policy("pki.test", "1", TlsHouse.enforce("mx.pki.test"));
    assertThat(house.delivered("carol@pki.test")).isEmpty();
    assertThat(house.policies.asked).noneMatch(asked -> asked.contains("pki.test"));
  }
}
