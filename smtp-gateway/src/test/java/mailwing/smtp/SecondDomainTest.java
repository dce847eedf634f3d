package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import mailwing.gateway.SessionLimits;
import mailwing.service.Secret;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.store.v1.QueuedRecipient;
import mailwing.testkit.RealMessages;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What hosts of other domains see of us on the wire: extensions, recipients, connections, and
/// every octet that might be taken for an end. [OutboundTest] has what becomes of the messages.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SecondDomainTest {
  private static final List<String> EVERYTHING =
      List.of("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "BINARYMIME");
  private static final String ALICE = "MAIL FROM:<alice@example.test>";
  private static final int PER_DESTINATION = 2;

  private final AtomicInteger lastAddress = new AtomicInteger(120);
  private final List<Sink> sinks = new ArrayList<>();
  private TestStore store;
  private QueueWatch queue;
  private GatewayFixture gateway;
  private Sink smart;
  private int port;

  @BeforeAll
  void start() throws IOException, NoSuchAlgorithmException {
    store = TestStore.start();
    queue = new QueueWatch(store);
    store.addUser("alice");
    try (Sink first = new Sink("first", "127.0.0.3", 0)) {
      port = first.port();
    }
    smart = new Sink("localhost", "127.0.0.1", 0);
    smart.manners.tls = TestTls.shared().material().sslContext();
    smart.manners.login = "relay wing";
    sinks.add(smart);
    gateway =
        new GatewayFixture(
            store.channel(),
            store.clientConfig(TestStore.Role.SMTP).credential(),
            GatewayFixture.LIMITS,
            new SessionLimits(
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                1000,
                5,
                100_000,
                Duration.ofMillis(1)),
            true,
            Optional.of(TestTls.shared().material()),
            new OutboundConfig(
                true,
                port,
                true,
                Map.of(
                    "smart.test",
                    new OutboundConfig.Hop("localhost", smart.port(), OutboundConfig.Tls.VERIFIED)),
                Optional.of(new OutboundConfig.Login("relay", Secret.of("wing"))),
                20,
                PER_DESTINATION,
                0,
                100,
                Duration.ofMillis(1500),
                Duration.ofSeconds(10),
                ClientTimes.all(Duration.ofSeconds(5)),
                new TlsRules(
                    false, Optional.of(TestTls.shared().certificate()), 443, Optional.empty())));
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    for (Sink sink : sinks) {
      sink.close();
      assertThat(sink.violations).isEmpty();
    }
    store.close();
  }

  private Sink host(String name, String address) throws IOException {
    Sink sink = new Sink(name, address, port);
    sink.manners.extensions = EVERYTHING;
    sinks.add(sink);
    gateway.zone.add(name, address.contains(":") ? "AAAA" : "A", address);
    return sink;
  }

  private String address() {
    return "127.0.0." + lastAddress.incrementAndGet();
  }

  /// A host that takes mail for `domain`.
  private Sink sink(String domain) throws IOException {
    gateway.zone.add(domain, "MX", "10 mx." + domain);
    return host("mx." + domain, address());
  }

  private SmtpClient alice() throws IOException {
    return gateway.submission().login("alice@example.test");
  }

  private static String chunk(String octets) {
    return "BDAT " + octets.length() + " LAST\r\n" + octets;
  }

  /// Submits by BDAT; each character of the body is an octet.
  private static String submit(
      SmtpClient client, String mail, List<String> recipients, String subject, String body)
      throws IOException {
    assertThat(client.command(mail)).startsWith("250");
    for (String recipient : recipients) {
      assertThat(client.command("RCPT TO:" + recipient)).startsWith("250");
    }
    String message =
        "From: alice@example.test\r\nSubject: "
            + subject
            + "\r\nMessage-ID: <"
            + System.nanoTime()
            + "@test>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\n\r\n"
            + body;
    client.send(chunk(message).getBytes(StandardCharsets.ISO_8859_1));
    return SmtpClient.stored(client.reply());
  }

  private String submit(String mail, String body, String... recipients) throws IOException {
    try (SmtpClient client = alice()) {
      return submit(client, mail, List.of(recipients), "test", body);
    }
  }

  private static List<Sink.Taken> taken(Sink sink, int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> assertThat(sink.taken).hasSizeGreaterThanOrEqualTo(count));
    assertThat(sink.taken).hasSize(count);
    return sink.taken;
  }

  private static String body(Sink.Taken taken) {
    return taken.text().substring(taken.text().indexOf("\r\n\r\n") + 4);
  }

  /// RFC 5321 §4.5.3.1.10.
  @Test
  void recipientsBeyondAHostsLimitGoInNextTransactionsAtOnce() throws IOException {
    Sink sink = sink("few.test");
    sink.manners.mostRecipients = 3;
    String[] recipients =
        IntStream.range(0, 8).mapToObj(i -> "<r" + i + "@few.test>").toArray(String[]::new);
    String id = submit(ALICE, "few\r\n", recipients);
    assertThat(taken(sink, 3).stream().map(mail -> mail.rcpts().size())).containsExactly(3, 3, 2);
    assertThat(sink.connections.get()).isOne();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(queue.message(id).getRecipientsList())
                    .allMatch(one -> one.getState() == QueuedRecipient.State.DELIVERED));
  }

  @Test
  void manyRecipientsShareATransaction() throws IOException {
    Sink sink = sink("many.test");
    String[] recipients =
        IntStream.range(0, 50).mapToObj(i -> "<r" + i + "@many.test>").toArray(String[]::new);
    submit(ALICE, "many\r\n", recipients);
    assertThat(taken(sink, 1).getFirst().rcpts()).hasSize(50);
  }

  /// Where no recipient was taken there is a transaction to end before the next one.
  @Test
  void aConnectionIsGoodForTheNextMessageWhateverBecameOfTheLast() throws IOException {
    for (List<String> extensions : List.of(EVERYTHING, List.of("8BITMIME"))) {
      Sink sink = sink("again" + extensions.size() + ".test");
      sink.manners.extensions = extensions;
      sink.manners.rcpt = path -> path.startsWith("later") ? "451 4.7.1 later" : "250 2.1.5 fine";
      String domain = "@again" + extensions.size() + ".test>";
      assertThat(queue.tried(submit(ALICE, "none\r\n", "<later" + domain)).getStatus())
          .isEqualTo("4.7.1");
      submit(ALICE, "some\r\n", "<carol" + domain);
      assertThat(body(taken(sink, 1).getFirst())).isEqualTo("some\r\n");
      assertThat(sink.connections.get()).isOne();
    }
  }

  @Test
  void dsnParametersGoOnTheWire() throws IOException {
    Sink sink = sink("dsn.test");
    submit(
        ALICE + " RET=HDRS ENVID=a+2Bb",
        "dsn\r\n",
        "<carol@dsn.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;dave+2Bx@dsn.test");
    Sink.Taken taken = taken(sink, 1).getFirst();
    assertThat(taken.mail()).contains(" RET=HDRS").contains(" ENVID=a+2Bb");
    assertThat(taken.rcpts().getFirst())
        .isEqualTo(
            "RCPT TO:<carol@dsn.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;dave+2Bx@dsn.test");
  }

  @Test
  void addressesBeyondAsciiGoToHostsThatTakeThem() throws IOException {
    Sink sink = sink("utf8.test");
    submit(ALICE + " SMTPUTF8", "utf8\r\n", "<märz@utf8.test>");
    Sink.Taken taken = taken(sink, 1).getFirst();
    assertThat(taken.mail()).contains(" SMTPUTF8");
    assertThat(taken.rcpts()).containsExactly("RCPT TO:<märz@utf8.test>");
    Sink old = sink("ascii.test");
    old.manners.extensions = List.of("8BITMIME");
    assertThat(
            queue.tried(submit(ALICE + " SMTPUTF8", "utf8\r\n", "<märz@ascii.test>")).getStatus())
        .isEqualTo("5.6.7");
    assertThat(old.taken).isEmpty();
  }

  @Test
  void aliasesLiteralsAndIpv6AreFollowed() throws IOException {
    Sink aliased = sink("real.test");
    gateway.zone.add("alias.test", "CNAME", "real.test");
    submit(ALICE, "alias\r\n", "<carol@alias.test>");
    assertThat(taken(aliased, 1).getFirst().rcpts()).hasSize(1);

    String address = address();
    Sink literal = host("literal.test", address);
    submit(ALICE, "literal\r\n", "<carol@[" + address + "]>");
    assertThat(taken(literal, 1).getFirst().rcpts())
        .containsExactly("RCPT TO:<carol@[" + address + "]>");

    gateway.zone.add("six.test", "MX", "10 mx.six.test");
    Sink six = host("mx.six.test", "::1");
    submit(ALICE, "six\r\n", "<carol@six.test>");
    assertThat(body(taken(six, 1).getFirst())).isEqualTo("six\r\n");
  }

  @Test
  void aSmarthostIsLoggedInToUnderVerifiedTls() throws IOException {
    submit(ALICE, "smart\r\n", "<carol@smart.test>");
    Sink.Taken taken = taken(smart, 1).getFirst();
    assertThat(taken.tls()).isTrue();
    assertThat(smart.commands.stream().filter(line -> line.startsWith("AUTH "))).hasSize(1);
  }

  @Test
  void aSlowHostGetsItAndIsNotPressed() throws IOException {
    Sink sink = sink("slow.test");
    sink.manners.pause = Duration.ofMillis(60);
    try (SmtpClient client = alice()) {
      for (int i = 0; i < 12; i++) {
        submit(client, ALICE, List.of("<carol@slow.test>"), "slow" + i, "slow\r\n");
      }
    }
    taken(sink, 12);
    assertThat(sink.mostConnections.get()).isLessThanOrEqualTo(PER_DESTINATION);
    assertThat(sink.connections.get()).isLessThan(12);
  }

  /// All of at most so many pieces.
  private static List<String> sequences(List<String> alphabet, int longest) {
    List<String> all = new ArrayList<>();
    List<String> last = List.of("");
    for (int length = 0; length <= longest; length++) {
      all.addAll(last);
      last = last.stream().flatMap(start -> alphabet.stream().map(piece -> start + piece)).toList();
    }
    return all;
  }

  private static boolean hasBare(String octets) {
    String rest = octets.replace("\r\n", "");
    return rest.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0);
  }

  /// Each arrives once and as it was, and the host hears no command but ours.
  private void smuggle(Sink sink, String domain, String mail, List<String> bodies)
      throws IOException {
    Map<String, String> wanted = new HashMap<>();
    try (SmtpClient client = alice()) {
      for (int i = 0; i < bodies.size(); i++) {
        wanted.put("s" + i, bodies.get(i));
        submit(client, mail, List.of("<carol@" + domain + ">"), "s" + i, bodies.get(i));
      }
    }
    for (Sink.Taken taken : taken(sink, bodies.size())) {
      String subject = taken.text().replaceAll("(?s).*?\r\nSubject: (\\S+)\r\n.*", "$1");
      String body = wanted.remove(subject);
      assertThat(body).as(subject).isNotNull();
      boolean whole = body.isEmpty() || body.endsWith("\r\n") || hasBare(body);
      assertThat(body(taken)).as(subject).isEqualTo(whole ? body : body + "\r\n");
    }
    assertThat(wanted).isEmpty();
    assertThat(sink.commands)
        .allMatch(line -> line.matches("(EHLO|MAIL|RCPT|DATA|BDAT|RSET|QUIT)( .*|:.*)?"));
  }

  /// RFC 5321 §4.5.2: dots and line ends of every order by DATA.
  @Test
  void noSequenceOfDotsAndLinesEndsAMessageForAHost() throws IOException {
    Sink sink = sink("dots.test");
    sink.manners.extensions = List.of("PIPELINING", "8BITMIME");
    smuggle(sink, "dots.test", ALICE, sequences(List.of("\r\n", ".", "a"), 4));
  }

  /// RFC 3030 §3: what has bare CR, LF or NUL goes by BDAT alone, and to who takes it.
  @Test
  void bareLineEndsGoByCountToHostsThatTakeThem() throws IOException {
    Sink sink = sink("binary.test");
    smuggle(
        sink,
        "binary.test",
        ALICE + " BODY=BINARYMIME",
        sequences(List.of("\r", "\n", ".", "\0"), 3));
    Sink old = sink("lines.test");
    old.manners.extensions = List.of("PIPELINING", "8BITMIME");
    String id = submit(ALICE + " BODY=BINARYMIME", "a\n.\nMAIL FROM:<>\r\n", "<carol@lines.test>");
    assertThat(queue.tried(id).getStatus()).isEqualTo("5.6.3");
    assertThat(old.taken).isEmpty();
  }

  /// What one host or another takes for a message's end, with commands behind it.
  @Test
  void noEndThatAnotherWouldSeeLetsCommandsOut() throws IOException {
    String commands =
        "MAIL FROM:<eve@else.test>\r\nRCPT TO:<carol@ends.test>\r\nDATA\r\nEve's.\r\n.\r\n";
    List<String> ends =
        List.of(
            "\n.\n",
            "\n.\r\n",
            "\r\n.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\r",
            "\r\r\n.\r\r\n",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            "\n\r\n.\r\n",
            "\r\n.\r\n");
    Sink sink = sink("ends.test");
    smuggle(
        sink,
        "ends.test",
        ALICE + " BODY=BINARYMIME",
        ends.stream().map(end -> "Text." + end + commands).toList());
    Sink old = sink("oldends.test");
    old.manners.extensions = List.of("PIPELINING", "8BITMIME");
    smuggle(
        old,
        "oldends.test",
        ALICE,
        List.of("Text.\r\n.\r\n" + commands, ".\r\n" + commands, "\r\n..\r\n.\r\n" + commands));
  }

  /// Real messages, each within one of ours: by DATA what may go so, and all by BDAT.
  @Test
  void realMessagesArriveAsTheyWere() throws IOException {
    List<String> messages = new ArrayList<>();
    for (Path file : RealMessages.sample(120, 31)) {
      messages.add(new String(RealMessages.crlf(file), StandardCharsets.ISO_8859_1));
    }
    assumeFalse(messages.isEmpty(), "no corpus");
    List<String> lines = messages.stream().filter(message -> !hasBare(message)).toList();
    Sink data = sink("data.test");
    data.manners.extensions = List.of("PIPELINING", "8BITMIME");
    smuggle(data, "data.test", ALICE + " BODY=8BITMIME", lines);
    Sink binary = sink("chunks.test");
    smuggle(binary, "chunks.test", ALICE + " BODY=BINARYMIME", messages);
    assertThat(lines).hasSizeLessThanOrEqualTo(messages.size()).hasSizeGreaterThan(50);
  }

  /// What a client encodes in parameters ends no line of ours.
  @Test
  void noParameterCarriesALineEndOut() throws IOException {
    try (SmtpClient client = alice()) {
      assertThat(client.command(ALICE + " ENVID=a+0D+0ARSET")).startsWith("501 ");
      assertThat(client.command(ALICE)).startsWith("250 ");
      assertThat(client.command("RCPT TO:<a@b.test> ORCPT=rfc822;a+0D+0ADATA")).startsWith("501 ");
      assertThat(client.command("RCPT TO:<\"a\\\rb\"@b.test>")).startsWith("50");
      assertThat(client.command("RCPT TO:<\"a\\\nb\"@b.test>")).startsWith("50");
    }
  }
}
