package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mailwing.gateway.StoreClient;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.store.v1.QueuedRecipient;
import mailwing.testkit.Inbox;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;

/// A store and a gateway that sends, with an authority, hosts and policies that are a test's own.
final class TlsHouse implements AutoCloseable {
  private static final String USER = "alice@example.test";
  static final String CONTACT = "tls@example.test";
  static final String POLICY_ADDRESS = "127.0.0.9";

  final TestAuthority authority = new TestAuthority();
  final TestStore store = TestStore.start();
  final PolicyServer policies;
  GatewayFixture gateway;
  final QueueWatch queue = new QueueWatch(store);
  private final StoreClient reader = store.client(TestStore.Role.IMAP);
  private final Path directory;
  private final List<Sink> sinks = new ArrayList<>();
  private final AtomicInteger lastAddress = new AtomicInteger(120);
  private final int port;

  /// @param directory for what has to be a file
  /// @param policyNames the names that the policy server is asked as
  TlsHouse(Path directory, String... policyNames) throws IOException {
    this.directory = directory;
    store.addUser("alice");
    policies = new PolicyServer(POLICY_ADDRESS, 0, authority.identity(policyNames).context());
    try (Sink first = new Sink("first", "127.0.0.2", 0)) {
      port = first.port();
    }
    gateway = newGateway();
  }

  /// Another gateway in place of this one: it knows what the store knows, and has an empty zone.
  void replaceGateway() throws IOException {
    gateway.close();
    gateway = newGateway();
  }

  private GatewayFixture newGateway() throws IOException {
    return new GatewayFixture(
        store.channel(),
        store.clientConfig(TestStore.Role.SMTP).credential(),
        GatewayFixture.LIMITS,
        GatewayFixture.SESSION,
        true,
        Optional.of(TestTls.shared().material()),
        new OutboundConfig(
            true,
            port,
            true,
            Map.of(),
            Optional.empty(),
            20,
            2,
            0,
            10,
            Duration.ofMillis(1500),
            Duration.ofSeconds(10),
            ClientTimes.all(Duration.ofSeconds(3)),
            new TlsRules(
                true,
                Optional.of(authority.write(directory)),
                policies.port(),
                Optional.of(
                    new TlsRules.Reports(
                        CONTACT, "Tests", Duration.ofMillis(300), Duration.ofMillis(300))))));
  }

  /// The port that hosts listen at, as a TLSA record's name has it.
  String tlsa(String host) {
    return "_" + port + "._tcp." + host;
  }

  /// A host of this name that a domain's MX record names; in the clear until it is given TLS.
  Sink sink(String domain, int preference, String host) throws IOException {
    String address = "127.0.0." + lastAddress.incrementAndGet();
    Sink sink = new Sink(host, address, port);
    sinks.add(sink);
    gateway.zone.add(domain, "MX", preference + " " + host).add(host, "A", address);
    return sink;
  }

  /// A domain's policy, announced and served.
  void policy(String domain, String id, PolicyServer.Page page) {
    gateway
        .zone
        .remove("_mta-sts." + domain, "TXT")
        .remove("mta-sts." + domain, "A")
        .add("_mta-sts." + domain, "TXT", "v=STSv1; id=" + id + ";")
        .add("mta-sts." + domain, "A", POLICY_ADDRESS);
    policies.pages.put("mta-sts." + domain, page);
  }

  static PolicyServer.Page enforce(String... mx) {
    return page("enforce", mx);
  }

  static PolicyServer.Page page(String mode, String... mx) {
    List<String> lines = new ArrayList<>(List.of("version: STSv1", "mode: " + mode));
    for (String one : mx) {
      lines.add("mx: " + one);
    }
    lines.add("max_age: 86400");
    return PolicyServer.Page.of(lines.toArray(String[]::new));
  }

  /// Submits under TLS; the queue's id.
  String submit(String parameters, String header, String... recipients) throws IOException {
    try (SmtpClient client = gateway.submission()) {
      client.command("EHLO client.test");
      assertThat(client.command("STARTTLS")).startsWith("220");
      client.tls();
      return client
          .login(USER)
          .submit(
              "MAIL FROM:<" + USER + ">" + parameters,
              Stream.of(recipients).map(recipient -> "<" + recipient + ">").toList(),
              "From: alice@example.test\r\nSubject: test\r\nMessage-ID: <"
                  + System.nanoTime()
                  + "@test>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\n"
                  + header
                  + "\r\nsecret text\r\n");
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  String submit(String recipient) throws IOException {
    return submit("", "", recipient);
  }

  /// Delivered: by TLS of which this is remembered.
  String delivered(String recipient) throws IOException {
    return queue
        .await(submit(recipient), QueuedRecipient.State.DELIVERED, 1)
        .getAttempt(0)
        .getResult()
        .getTls();
  }

  /// Put off: why.
  QueuedRecipient deferred(String recipient) throws IOException {
    return queue.await(submit(recipient), QueuedRecipient.State.WAITING, 1);
  }

  /// The last message in Alice's INBOX once it holds this.
  String inbox(String about) {
    return Awaitility.await("a message about " + about)
        .atMost(Duration.ofSeconds(30))
        .until(() -> Inbox.last(reader, USER), last -> last.contains(about));
  }

  @Override
  public void close() throws IOException {
    gateway.close();
    for (Sink sink : sinks) {
      sink.close();
      assertThat(sink.violations).isEmpty();
    }
    policies.close();
    reader.close();
    store.close();
  }
}
