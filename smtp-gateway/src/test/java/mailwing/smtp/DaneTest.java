package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import mailwing.store.v1.QueuedRecipient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// DANE by the sender (RFC 7672): zones that DNSSEC vouches for, and those it does not.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DaneTest {
  private TlsHouse house;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    house = new TlsHouse(directory, "mta-sts.both.test", "mta-sts.both2.test");
  }

  @AfterAll
  void stop() throws IOException {
    house.close();
  }

  /// A host of a signed domain with a certificate, and what its TLSA records say.
  private Sink host(String domain, TestAuthority.Identity identity, String... records)
      throws IOException {
    house.gateway.zone.sign(domain);
    Sink sink = house.sink(domain, 10, "mx." + domain);
    sink.manners.tls = identity.context();
    for (String record : records) {
      house.gateway.zone.add(house.tlsa("mx." + domain), "TLSA", record);
    }
    return sink;
  }

  @Test
  void theHostsOwnRecordVouchesWhateverNameAndDatesAre() throws IOException {
    TestAuthority.Identity identity = new TestAuthority().expired("nobody.test");
    host("key.test", identity, "3 1 1 " + identity.data(1, 1));
    assertThat(house.delivered("carol@key.test")).endsWith(" DANE");
    host("cert.test", identity, "3 0 2 " + identity.data(0, 2));
    assertThat(house.delivered("carol@cert.test")).endsWith(" DANE");
    host("whole.test", identity, "3 0 0 " + identity.data(0, 0));
    assertThat(house.delivered("carol@whole.test")).endsWith(" DANE");
  }

  @Test
  void anotherKeyPutsOff() throws IOException {
    TestAuthority.Identity identity = house.authority.identity("mx.wrong.test");
    Sink sink = host("wrong.test", identity, "3 1 1 " + house.authority.data(1, 1));
    QueuedRecipient waiting = house.deferred("carol@wrong.test");
    assertThat(waiting.getStatus()).isEqualTo("4.7.5");
    assertThat(waiting.getReply()).contains("no TLSA record is for the certificate");
    sink.manners.tls = null;
    assertThat(house.deferred("dave@wrong.test").getStatus()).isEqualTo("4.7.10");
    assertThat(sink.taken).isEmpty();
  }

  @Test
  void anAuthoritysRecordNeedsTheNameToo() throws IOException {
    TestAuthority own = new TestAuthority();
    host("ta.test", own.identity("mx.ta.test"), "2 0 1 " + own.data(0, 1));
    assertThat(house.delivered("carol@ta.test")).endsWith(" DANE");
    // The domain's own name does as well (RFC 7672 §3.2.2).
    host("tad.test", own.identity("tad.test"), "2 1 2 " + own.data(1, 2));
    assertThat(house.delivered("carol@tad.test")).endsWith(" DANE");
    Sink other = host("tan.test", own.identity("mx.other.test"), "2 0 1 " + own.data(0, 1));
    assertThat(house.deferred("carol@tan.test").getReply()).contains("is not for");
    Sink old = host("tao.test", own.expired("mx.tao.test"), "2 0 1 " + own.data(0, 1));
    house.deferred("carol@tao.test");
    TestAuthority.Identity leaf = own.identity("mx.tal.test");
    Sink itself = host("tal.test", leaf, "2 0 1 " + leaf.data(0, 1));
    house.deferred("carol@tal.test");
    assertThat(other.taken).isEmpty();
    assertThat(old.taken).isEmpty();
    assertThat(itself.taken).isEmpty();
  }

  @Test
  void theStrongestDigestCounts() throws IOException {
    TestAuthority.Identity identity = house.authority.identity("mx.agile.test");
    host(
        "agile.test",
        identity,
        "3 1 1 " + identity.data(1, 1),
        "3 1 2 " + house.authority.data(1, 2));
    house.deferred("carol@agile.test");
  }

  @Test
  void recordsOfWhichNoneCanBeUsedAskForTlsAlone() throws IOException {
    TestAuthority.Identity identity = new TestAuthority().expired("nobody.test");
    Sink sink = host("unusable.test", identity, "1 1 1 " + identity.data(1, 1), "3 1 9 00");
    assertThat(house.delivered("carol@unusable.test")).startsWith("TLSv1.").doesNotContain("DANE");
    sink.manners.tls = null;
    // The connection is kept for a while.
    Sink clear = host("unusable2.test", identity, "0 0 1 00");
    clear.manners.tls = null;
    assertThat(house.deferred("carol@unusable2.test").getStatus()).isEqualTo("4.7.10");
    assertThat(clear.taken).isEmpty();
  }

  @Test
  void aHostWhoseRecordsAreNotToldIsPassedOver() throws IOException {
    Sink first = host("bogus.test", house.authority.identity("mx.bogus.test"));
    house.gateway.zone.fail(house.tlsa("mx.bogus.test"), "TLSA");
    assertThat(house.deferred("carol@bogus.test").getStatus()).isEqualTo("4.4.3");
    Sink second = house.sink("bogus.test", 20, "mx2.bogus.test");
    house.delivered("dave@bogus.test");
    assertThat(first.connections.get()).isZero();
    assertThat(second.taken).hasSize(1);
  }

  @Test
  void whatDnssecDoesNotVouchForCountsForNothing() throws IOException {
    TestAuthority.Identity identity = house.authority.identity("mx.unsigned.test");
    Sink sink = house.sink("unsigned.test", 10, "mx.unsigned.test");
    sink.manners.tls = identity.context();
    house.gateway.zone.add(
        house.tlsa("mx.unsigned.test"), "TLSA", "3 1 1 " + house.authority.data(1, 1));
    assertThat(house.delivered("carol@unsigned.test")).doesNotContain("DANE");
    // The domain is signed, its host's zone is not; that is not even asked.
    house.gateway.zone.sign("half.test");
    house.sink("half.test", 10, "mx.foreign.test");
    house.gateway.zone.fail(house.tlsa("mx.foreign.test"), "TLSA");
    assertThat(house.delivered("carol@half.test")).isEmpty();
  }

  @Test
  void recordsAreFoundWhereAnAliasLeadsAndAtTheAlias() throws IOException {
    TestAuthority.Identity identity = house.authority.identity("any.test");
    house.gateway.zone.sign("alias.test").sign("real.test");
    Sink sink = house.sink("alias.test", 10, "host.real.test");
    sink.manners.tls = identity.context();
    house
        .gateway
        .zone
        .remove("alias.test", "MX")
        .add("alias.test", "MX", "10 mx.alias.test")
        .add("mx.alias.test", "CNAME", "host.real.test")
        .add(house.tlsa("host.real.test"), "TLSA", "3 1 1 " + identity.data(1, 1));
    assertThat(house.delivered("carol@alias.test")).endsWith(" DANE");
    // What the alias leads to is not signed: the alias itself may have records.
    house.gateway.zone.sign("alias2.test");
    Sink unsigned = house.sink("alias2.test", 10, "host.provider.test");
    unsigned.manners.tls = identity.context();
    house
        .gateway
        .zone
        .remove("alias2.test", "MX")
        .add("alias2.test", "MX", "10 mx.alias2.test")
        .add("mx.alias2.test", "CNAME", "host.provider.test")
        .add(house.tlsa("mx.alias2.test"), "TLSA", "3 1 1 " + identity.data(1, 1))
        .fail(house.tlsa("host.provider.test"), "TLSA");
    assertThat(house.delivered("carol@alias2.test")).endsWith(" DANE");
  }

  @Test
  void aDomainThatIsItsOwnHostMayHaveRecords() throws IOException {
    TestAuthority.Identity identity = house.authority.identity("any.test");
    house.gateway.zone.sign("itself.test");
    Sink sink = house.sink("itself.test", 10, "itself.test");
    house
        .gateway
        .zone
        .remove("itself.test", "MX")
        .add(house.tlsa("itself.test"), "TLSA", "3 1 1 " + identity.data(1, 1));
    sink.manners.tls = identity.context();
    assertThat(house.delivered("carol@itself.test")).endsWith(" DANE");
  }

  @Test
  void daneGoesBeforeStsAndIsNotMadeUpForByIt() throws IOException {
    TestAuthority.Identity identity = new TestAuthority().identity("nobody.test");
    host("both.test", identity, "3 1 1 " + identity.data(1, 1));
    house.policy("both.test", "1", TlsHouse.enforce("mx.elsewhere.test"));
    assertThat(house.delivered("carol@both.test")).endsWith(" DANE");
    house.gateway.zone.sign("both2.test");
    Sink second = house.sink("both2.test", 10, "mx.both2.test");
    second.manners.tls = house.authority.identity("mx.both2.test").context();
    house.gateway.zone.add(house.tlsa("mx.both2.test"), "TLSA", "3 1 1 " + identity.data(1, 1));
    house.policy("both2.test", "1", TlsHouse.enforce("mx.both2.test"));
    house.deferred("carol@both2.test");
    assertThat(second.taken).isEmpty();
  }
}
