package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mailwing.store.v1.QueuedRecipient;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// REQUIRETLS and TLS-Required on the way to others (RFC 8689).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RequireTlsTest {
  private static final List<String> KNOWS = List.of("PIPELINING", "8BITMIME", "REQUIRETLS");

  private TlsHouse house;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    house = new TlsHouse(directory, "mta-sts.sts.test", "mta-sts.broken.test");
  }

  @AfterAll
  void stop() throws IOException {
    house.close();
  }

  private QueuedRecipient required(String recipient, QueuedRecipient.State state)
      throws IOException {
    return house.queue.await(house.submit(" REQUIRETLS RET=FULL", "", recipient), state, 1);
  }

  @Test
  void aHostThatIsVerifiedAndKnowsItGetsIt() throws IOException {
    Sink sts = house.sink("sts.test", 5, "mx.sts.test");
    sts.manners.tls = house.authority.identity("mx.sts.test").context();
    sts.manners.extensions = KNOWS;
    house.policy("sts.test", "1", TlsHouse.page("testing", "mx.sts.test"));
    required("carol@sts.test", QueuedRecipient.State.DELIVERED);
    assertThat(sts.taken.getFirst().mail()).endsWith(" REQUIRETLS");
    TestAuthority.Identity identity = new TestAuthority().identity("nobody.test");
    house.gateway.zone.sign("dane.test");
    Sink dane = house.sink("dane.test", 5, "mx.dane.test");
    dane.manners.tls = identity.context();
    dane.manners.extensions = KNOWS;
    house.gateway.zone.add(house.tlsa("mx.dane.test"), "TLSA", "3 1 1 " + identity.data(1, 1));
    required("carol@dane.test", QueuedRecipient.State.DELIVERED);
    assertThat(dane.taken.getFirst().mail()).endsWith(" REQUIRETLS");
    // DNSSEC vouches for the MX record, and PKIX for the host.
    house.gateway.zone.sign("pkix.test");
    Sink pkix = house.sink("pkix.test", 5, "mx.pkix.test");
    pkix.manners.tls = house.authority.identity("mx.pkix.test").context();
    pkix.manners.extensions = KNOWS;
    required("carol@pkix.test", QueuedRecipient.State.DELIVERED);
    assertThat(pkix.taken.getFirst().mail()).endsWith(" REQUIRETLS");
  }

  @Test
  void anotherHostIsTriedAndWhereNoneKnowsItTheMessageComesBack() throws IOException {
    house.gateway.zone.sign("two.test").sign("ignorant.test");
    Sink first = house.sink("two.test", 5, "mx1.two.test");
    first.manners.tls = house.authority.identity("mx1.two.test").context();
    Sink second = house.sink("two.test", 10, "mx2.two.test");
    second.manners.tls = house.authority.identity("mx2.two.test").context();
    second.manners.extensions = KNOWS;
    required("carol@two.test", QueuedRecipient.State.DELIVERED);
    assertThat(first.taken).isEmpty();
    assertThat(second.taken).hasSize(1);
    Sink ignorant = house.sink("ignorant.test", 5, "mx.ignorant.test");
    ignorant.manners.tls = house.authority.identity("mx.ignorant.test").context();
    assertThat(required("carol@ignorant.test", QueuedRecipient.State.FAILED).getStatus())
        .isEqualTo("5.7.30");
    assertThat(ignorant.taken).isEmpty();
    // RET=FULL does not hold (§5).
    assertThat(house.inbox("carol@ignorant.test"))
        .contains("Status: 5.7.30\r\n")
        .contains("Content-Type: text/rfc822-headers")
        .doesNotContain("secret text");
  }

  @Test
  void aNameThatNobodyVouchesForOrNoTlsDoesNotDo() throws IOException {
    Sink unsigned = house.sink("unsigned.test", 5, "mx.unsigned.test");
    unsigned.manners.tls = house.authority.identity("mx.unsigned.test").context();
    unsigned.manners.extensions = KNOWS;
    assertThat(required("carol@unsigned.test", QueuedRecipient.State.FAILED).getStatus())
        .isEqualTo("5.7.10");
    house.gateway.zone.sign("clear.test").sign("wrong.test");
    Sink clear = house.sink("clear.test", 5, "mx.clear.test");
    clear.manners.extensions = KNOWS;
    assertThat(required("carol@clear.test", QueuedRecipient.State.FAILED).getStatus())
        .isEqualTo("5.7.10");
    Sink wrong = house.sink("wrong.test", 5, "mx.wrong.test");
    wrong.manners.tls = house.authority.identity("mx.other.test").context();
    wrong.manners.extensions = KNOWS;
    assertThat(required("carol@wrong.test", QueuedRecipient.State.FAILED).getStatus())
        .isEqualTo("5.7.10");
    // A host that cannot be reached may do later.
    house.gateway.zone.sign("dead.test");
    house
        .gateway
        .zone
        .add("dead.test", "MX", "5 mx.dead.test")
        .add("mx.dead.test", "A", "127.0.0.98");
    required("carol@dead.test", QueuedRecipient.State.WAITING);
    assertThat(unsigned.taken).isEmpty();
    assertThat(clear.taken).isEmpty();
    assertThat(wrong.taken).isEmpty();
  }

  @Test
  void aMessageThatAsksForNoTlsGoesWhateverThePolicyIs() throws IOException {
    Sink sink = house.sink("broken.test", 5, "mx.broken.test");
    sink.manners.tls = house.authority.expired("mx.broken.test").context();
    house.policy("broken.test", "1", TlsHouse.enforce("mx.broken.test"));
    house.queue.await(
        house.submit("", "TLS-Required: No\r\n", "carol@broken.test"),
        QueuedRecipient.State.DELIVERED,
        1);
    // Its connection is not good for others.
    house.deferred("dave@broken.test");
    assertThat(sink.taken).hasSize(1);
    // With REQUIRETLS the field counts for nothing (§4.1).
    String id = house.submit(" REQUIRETLS", "TLS-Required: No\r\n", "erin@broken.test");
    house.queue.await(id, QueuedRecipient.State.FAILED, 1);
    Awaitility.await().until(() -> sink.open() == 0);
    assertThat(sink.taken).hasSize(1);
  }
}
