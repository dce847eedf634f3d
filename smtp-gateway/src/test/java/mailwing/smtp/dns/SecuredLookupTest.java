package mailwing.smtp.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Master;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// What a resolver that validates says, over the wire.
final class SecuredLookupTest {
  /// An answer section as a zone file has it.
  private record Said(int code, boolean authentic, String records) {}

  private final Map<String, Said> answers = new ConcurrentHashMap<>();
  private DatagramSocket socket;
  private DnsResolver resolver;
  private volatile boolean asked;

  @BeforeEach
  void start() throws IOException {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::serve);
    resolver =
        new DnsResolver(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort())),
            Duration.ofSeconds(3),
            true);
  }

  @AfterEach
  void stop() {
    socket.close();
  }

  private void serve() {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        socket.receive(packet);
        Message question = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
        asked = question.getHeader().getFlag(Flags.AD);
        Record about = question.getQuestion();
        Said said =
            answers.getOrDefault(
                about.getName() + " " + Type.string(about.getType()),
                new Said(Rcode.NXDOMAIN, true, ""));
        Message answer = new Message(question.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setFlag(Flags.RA);
        answer.getHeader().setRcode(said.code());
        if (said.authentic()) {
          answer.getHeader().setFlag(Flags.AD);
        }
        answer.addRecord(about, Section.QUESTION);
        try (Master zone =
            new Master(
                new ByteArrayInputStream(said.records().getBytes(StandardCharsets.US_ASCII)),
                Name.root,
                60)) {
          for (Record one = zone.nextRecord(); one != null; one = zone.nextRecord()) {
            answer.addRecord(one, Section.ANSWER);
          }
        }
        byte[] octets = answer.toWire();
        socket.send(new DatagramPacket(octets, octets.length, packet.getSocketAddress()));
      }
    } catch (IOException e) {
      // Closed.
      return;
    }
  }

  private void says(String name, int type, boolean authentic, String records) {
    answers.put(name + " " + Type.string(type), new Said(Rcode.NOERROR, authentic, records));
  }

  @Test
  void theResolversWordIsAskedForAndBelieved() throws IOException {
    says("a.test.", Type.MX, true, "a.test. IN MX 20 y.test.\na.test. IN MX 10 x.test.\n");
    Dns.Secured<Dns.Exchange> found = resolver.securedExchanges("a.test");
    assertThat(asked).isTrue();
    assertThat(found.secure()).isTrue();
    assertThat(found.name()).isEqualTo("a.test");
    assertThat(found.records())
        .containsExactlyInAnyOrder(new Dns.Exchange(10, "x.test"), new Dns.Exchange(20, "y.test"));
    says("b.test.", Type.MX, false, "b.test. IN MX 10 x.test.\n");
    assertThat(resolver.securedExchanges("b.test").secure()).isFalse();
  }

  @Test
  void thatThereIsNothingMayBeSecureToo() throws IOException {
    assertThat(resolver.associations("_25._tcp.x.test"))
        .isEqualTo(new Dns.Secured<>(List.of(), true, "_25._tcp.x.test"));
  }

  @Test
  void tlsaRecordsAreRead() throws IOException {
    says(
        "_25._tcp.x.test.",
        Type.TLSA,
        true,
        "_25._tcp.x.test. IN CNAME shared.test.\nshared.test. IN TLSA 3 1 1 " + "AB".repeat(32));
    assertThat(resolver.associations("_25._tcp.x.test").records())
        .containsExactly(new Dns.Association(3, 1, 1, "ab".repeat(32)));
  }

  @Test
  void whatAnAliasLeadsToIsAskedForAndAllOfItHasToBeSecure() throws IOException {
    says("x.test.", Type.A, true, "x.test. IN CNAME y.test.\n");
    says("y.test.", Type.A, false, "y.test. IN CNAME z.test.\nz.test. IN A 192.0.2.1\n");
    Dns.Secured<InetAddress> found = resolver.securedAddresses("x.test", Dns.Family.IPV4);
    assertThat(found.records()).containsExactly(InetAddress.ofLiteral("192.0.2.1"));
    assertThat(found.secure()).isFalse();
    assertThat(found.name()).isEqualTo("z.test");
    says("x.test.", Type.CNAME, true, "x.test. IN CNAME y.test.\n");
    assertThat(resolver.isSecureAlias("x.test")).isTrue();
    assertThat(resolver.isSecureAlias("z.test")).isFalse();
  }

  @Test
  void whatIsBogusIsAFailure() {
    answers.put("a.test. MX", new Said(Rcode.SERVFAIL, false, ""));
    assertThatThrownBy(() -> resolver.securedExchanges("a.test"))
        .isInstanceOf(DnsFailureException.class);
    says("l.test.", Type.A, true, "l.test. IN CNAME m.test.\nm.test. IN CNAME l.test.\n");
    assertThatThrownBy(() -> resolver.securedAddresses("l.test", Dns.Family.IPV4))
        .isInstanceOf(DnsFailureException.class);
  }

  @Test
  void withoutAValidatingResolverNothingIsSecure() throws IOException {
    says("a.test.", Type.MX, true, "a.test. IN MX 10 x.test.\n");
    DnsResolver plain =
        new DnsResolver(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort())),
            Duration.ofSeconds(3),
            false);
    assertThat(plain.securedExchanges("a.test").secure()).isFalse();
    assertThat(plain.associations("a.test").records()).isEmpty();
  }
}
