package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mailwing.gateway.StoreClient;
import mailwing.store.v1.QueuedRecipient;
import mailwing.testkit.Inbox;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What users submit reaches other hosts, or comes back: a real store and hosts of the test's own,
/// named by a zone of its own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutboundTest {
  private static final String USER = "alice@example.test";
  private static final String ALICE = "MAIL FROM:<" + USER + ">";
  private static final String DEAD = "127.0.0.99";

  private final AtomicInteger lastAddress = new AtomicInteger(20);
  private final List<Sink> sinks = new ArrayList<>();
  private TestStore store;
  private StoreClient reader;
  private QueueWatch queue;
  private GatewayFixture gateway;
  private int port;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    queue = new QueueWatch(store);
    reader = store.client(TestStore.Role.IMAP);
    store.addUser("alice");
    store.addUser("bob");
    try (Sink first = new Sink("first", "127.0.0.2", 0)) {
      port = first.port();
    }
    gateway =
        new GatewayFixture(
            store.channel(),
            store.clientConfig(TestStore.Role.SMTP).credential(),
            GatewayFixture.LIMITS,
            GatewayFixture.SESSION,
            true,
            Optional.of(TestTls.shared().material()),
            GatewayFixture.sending(port));
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    for (Sink sink : sinks) {
      sink.close();
      assertThat(sink.violations).isEmpty();
    }
    reader.close();
    store.close();
  }

  /// A host that `domain` names at this preference.
  private Sink sink(String domain, int preference) throws IOException {
    String address = "127.0.0." + lastAddress.incrementAndGet();
    String host = "mx" + lastAddress.get() + "." + domain;
    Sink sink = new Sink(host, address, port);
    sinks.add(sink);
    gateway.zone.add(domain, "MX", preference + " " + host).add(host, "A", address);
    return sink;
  }

  private String submit(String body, String recipient) throws IOException {
    return submit(ALICE, body, recipient);
  }

  /// @param recipients each a path, with or without `>` and parameters
  private String submit(String mail, String body, String... recipients) throws IOException {
    try (SmtpClient client = gateway.submission()) {
      return client
          .login(USER)
          .submit(
              mail,
              Stream.of(recipients).map(one -> "<" + one + (one.contains(">") ? "" : ">")).toList(),
              "From: alice@example.test\r\nSubject: test\r\nMessage-ID: <"
                  + System.nanoTime()
                  + "@test>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\n\r\n"
                  + body
                  + "\r\n");
    }
  }

  private String bounce(String about) {
    return Awaitility.await("a report about " + about)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> Inbox.last(reader, USER),
            last -> last.contains(about) && last.contains("multipart/report"));
  }

  private static Sink.Taken only(Sink sink) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !sink.taken.isEmpty());
    return sink.taken.getFirst();
  }

  @Test
  void aSubmittedMessageArrivesOctetByOctetUnderTls() throws IOException {
    Sink sink = sink("tls.test", 10);
    sink.manners.tls = TestTls.shared().material().sslContext();
    String id = submit("Hällo\r\n..two dots\r\n.one\r\n" + "x".repeat(900), "carol@tls.test");
    Sink.Taken taken = only(sink);
    assertThat(taken.tls()).isTrue();
    assertThat(taken.mail()).matches("MAIL FROM:<alice@example.test> SIZE=[0-9]+ BODY=8BITMIME");
    assertThat(taken.rcpts()).containsExactly("RCPT TO:<carol@tls.test>");
    String sent =
        new String(taken.text().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    assertThat(sent)
        .startsWith("Received: from client.test ")
        .endsWith("\r\n\r\nHällo\r\n.two dots\r\none\r\n" + "x".repeat(900) + "\r\n");
    QueuedRecipient done = queue.await(id, QueuedRecipient.State.DELIVERED, 1);
    assertThat(done.getReply()).isEqualTo("250 2.0.0 taken");
    assertThat(done.getAttempt(0).getResult().getTls()).startsWith("TLSv1.");
  }

  @Test
  void aHostThatSaysLaterGetsItLater() throws IOException {
    Sink sink = sink("later.test", 10);
    sink.manners.rcpt = path -> "451 4.7.1 greylisted";
    String id = submit("later", "carol@later.test");
    QueuedRecipient waiting = queue.await(id, QueuedRecipient.State.WAITING, 1);
    assertThat(waiting.getReply()).isEqualTo("451 4.7.1 greylisted");
    assertThat(waiting.getStatus()).isEqualTo("4.7.1");
    sink.manners.rcpt = path -> "250 ok";
    queue.flush(id);
    queue.await(id, QueuedRecipient.State.DELIVERED, 2);
    assertThat(sink.taken).hasSize(1);
  }

  @Test
  void aHostThatSaysLaterOfAWholeMessageGetsItLaterOnce() throws IOException {
    Sink sink = sink("full.test", 10);
    sink.manners.end = mail -> "452 4.3.1 no room";
    String id = submit("room", "carol@full.test");
    assertThat(queue.await(id, QueuedRecipient.State.WAITING, 1).getReply())
        .isEqualTo("452 4.3.1 no room");
    sink.manners.end = mail -> "250 2.0.0 taken";
    queue.flush(id);
    queue.await(id, QueuedRecipient.State.DELIVERED, 2);
    assertThat(sink.taken).hasSize(2);
    assertThat(sink.connections.get()).isLessThanOrEqualTo(2);
  }

  @Test
  void aMessageThatIsRefusedAtItsEndComesBackAndIsNotTriedElsewhere() throws IOException {
    Sink first = sink("strict.test", 5);
    first.manners.end = mail -> "554 5.7.1 not such a message";
    Sink second = sink("strict.test", 10);
    submit("spam", "carol@strict.test");
    assertThat(bounce("carol@strict.test"))
        .contains("Action: failed\r\nStatus: 5.7.1\r\n")
        .contains("Diagnostic-Code: smtp; 554 5.7.1 not such a message\r\n");
    assertThat(first.taken).hasSize(1);
    assertThat(second.taken).isEmpty();
  }

  @Test
  void whatIsRefusedComesBack() throws IOException {
    Sink sink = sink("refusing.test", 10);
    sink.manners.rcpt = path -> path.startsWith("no") ? "550 5.1.1 nobody here" : "250 ok";
    submit(ALICE, "come back", "nobody@refusing.test", "yes@refusing.test");
    String notice = bounce("nobody@refusing.test");
    assertThat(notice)
        .contains("Final-Recipient: rfc822; nobody@refusing.test\r\nAction: failed\r\n")
        .contains("Diagnostic-Code: smtp; 550 5.1.1 nobody here\r\n")
        .doesNotContain("yes@refusing.test\r\nAction");
    assertThat(only(sink).rcpts()).containsExactly("RCPT TO:<yes@refusing.test>");
  }

  @Test
  void aDeadHostIsPassedOver() throws IOException {
    gateway.zone.add("dead.test", "MX", "5 dead.dead.test").add("dead.dead.test", "A", DEAD);
    Sink second = sink("dead.test", 10);
    submit("alive", "carol@dead.test");
    assertThat(only(second).text()).endsWith("alive\r\n");
  }

  @Test
  void aHostThatIsDeadGetsItWhenItLives() throws IOException {
    String address = "127.0.0.98";
    gateway.zone.add("asleep.test", "MX", "5 mx.asleep.test").add("mx.asleep.test", "A", address);
    String id = submit("awake", "carol@asleep.test");
    assertThat(queue.await(id, QueuedRecipient.State.WAITING, 1).getStatus()).isEqualTo("4.4.1");
    Sink sink = new Sink("mx.asleep.test", address, port);
    sinks.add(sink);
    queue.flush(id);
    queue.await(id, QueuedRecipient.State.DELIVERED, 2);
    assertThat(only(sink).text()).endsWith("awake\r\n");
  }

  @Test
  void aConnectionThatIsCutWithinTheMessageIsTriedAtTheNextHost() throws IOException {
    Sink first = sink("cut.test", 5);
    first.manners.cutInData = 300;
    Sink second = sink("cut.test", 10);
    // More than the sockets hold between them: the sender notices before its end.
    submit(("y".repeat(900) + "\r\n").repeat(9000) + "y", "carol@cut.test");
    assertThat(only(second).text()).endsWith("y\r\n");
    assertThat(first.taken).isEmpty();
  }

  @Test
  void aConnectionThatIsCutAfterTheFinalDotIsNotTriedElsewhereAtOnce() throws IOException {
    Sink first = sink("dot.test", 5);
    first.manners.end = mail -> "";
    Sink second = sink("dot.test", 10);
    String id = submit("unknown", "carol@dot.test");
    QueuedRecipient waiting = queue.await(id, QueuedRecipient.State.WAITING, 1);
    assertThat(waiting.getReply()).startsWith("whether the message was taken is not known");
    assertThat(first.taken).hasSize(1);
    assertThat(second.taken).isEmpty();
    first.manners.end = mail -> "250 ok";
    queue.flush(id);
    queue.await(id, QueuedRecipient.State.DELIVERED, 2);
    assertThat(first.taken).hasSize(2);
  }

  @Test
  void aHostThatIsTooSlowIsGivenUp() throws IOException {
    Sink slow = sink("slow.test", 5);
    slow.manners.silentAtMail = true;
    String id = submit("slow", "carol@slow.test");
    QueuedRecipient waiting = queue.await(id, QueuedRecipient.State.WAITING, 1);
    assertThat(waiting.getStatus()).isEqualTo("4.4.2");
  }

  @Test
  void whereTlsDoesNotWorkMailGoesInTheClear() throws IOException {
    Sink sink = sink("broken.test", 5);
    sink.manners.tls = TestTls.shared().material().sslContext();
    sink.manners.brokenTls = true;
    submit("clear", "carol@broken.test");
    assertThat(only(sink).tls()).isFalse();
  }

  @Test
  void domainsThatTakeNoMailAreAnsweredAtOnce() throws IOException {
    gateway.zone.add("null.test", "MX", "0 .");
    gateway.zone.add("loop.test", "MX", "10 mx.example.test");
    submit("nowhere", "carol@null.test");
    assertThat(bounce("carol@null.test")).contains("Status: 5.1.10\r\n");
    submit("nowhere", "carol@loop.test");
    assertThat(bounce("carol@loop.test")).contains("Status: 5.4.6\r\n");
    submit("nowhere", "carol@missing.test");
    assertThat(bounce("carol@missing.test")).contains("Status: 5.1.2\r\n");
  }

  @Test
  void aDomainWithoutMxIsItsOwnHost() throws IOException {
    Sink sink = new Sink("plain.test", "127.0.0.10", port);
    sinks.add(sink);
    gateway.zone.add("plain.test", "A", "127.0.0.10");
    submit("plain", "carol@plain.test");
    assertThat(only(sink).text()).endsWith("plain\r\n");
  }

  @Test
  void recipientsShareATransactionAndMessagesAConnection() throws IOException {
    Sink sink = sink("shared.test", 10);
    submit(ALICE, "one", "a@shared.test", "b@shared.test", "bob@example.test");
    assertThat(only(sink).rcpts())
        .containsExactly("RCPT TO:<a@shared.test>", "RCPT TO:<b@shared.test>");
    submit("two", "c@shared.test");
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> sink.taken.size() == 2);
    assertThat(sink.connections.get()).isOne();
  }

  @Test
  void aHostWithoutExtensionsIsSpokenToPlainly() throws IOException {
    Sink sink = sink("old.test", 10);
    sink.manners.extensions = List.of();
    submit("plain text", "carol@old.test");
    assertThat(only(sink).mail()).isEqualTo("MAIL FROM:<alice@example.test>");
    submit("Hällo", "carol@old.test");
    assertThat(bounce("carol@old.test")).contains("Status: 5.6.3\r\n");
  }

  @Test
  void nobodyWhoHasNotLoggedInMayRelay() throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      client.command("MAIL FROM:<alice@example.test>");
      assertThat(client.command("RCPT TO:<carol@tls.test>")).startsWith("550 5.7.1");
    }
    try (SmtpClient client = gateway.lmtp()) {
      client.command("LHLO client.test");
      client.command("MAIL FROM:<alice@example.test>");
      assertThat(client.command("RCPT TO:<carol@tls.test>")).startsWith("550 5.7.1");
    }
    try (SmtpClient client = gateway.submission()) {
      client.command("EHLO client.test");
      assertThat(client.command("MAIL FROM:<alice@example.test>")).startsWith("530");
    }
  }

  @Test
  void senderElsewhereIsToldOfWhatWasDeliveredHere() throws IOException {
    Sink sink = sink("asking.test", 10);
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      client.command("MAIL FROM:<carol@asking.test> RET=HDRS ENVID=QQ314159");
      client.command("RCPT TO:<bob@example.test> NOTIFY=SUCCESS ORCPT=rfc822;B@example.test");
      assertThat(client.command("DATA")).startsWith("354");
      client.send("Subject: asking\r\n\r\nsecret text\r\n.\r\n");
      assertThat(client.reply()).startsWith("250");
    }
    Sink.Taken report = only(sink);
    assertThat(report.mail()).startsWith("MAIL FROM:<>");
    assertThat(report.rcpts()).containsExactly("RCPT TO:<carol@asking.test> NOTIFY=NEVER");
    assertThat(report.text())
        .contains("Reporting-MTA: dns; mx.example.test\r\nOriginal-Envelope-Id: QQ314159\r\n")
        .contains("Original-Recipient: rfc822; B@example.test\r\n")
        .contains("Final-Recipient: rfc822; bob@example.test\r\nAction: delivered\r\n")
        .contains("Subject: asking\r\n")
        .doesNotContain("secret text");
  }

  @Test
  void whatIsAskedOfReportsIsPassedOnToWhoUnderstandsIt() throws IOException {
    Sink sink = sink("knowing.test", 10);
    submit(
        "MAIL FROM:<alice@example.test> RET=FULL ENVID=QQ+2B1",
        "passed on",
        "carol@knowing.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;C+2Bx@knowing.test");
    Sink.Taken taken = only(sink);
    assertThat(taken.mail()).endsWith(" RET=FULL ENVID=QQ+2B1");
    assertThat(taken.rcpts())
        .containsExactly(
            "RCPT TO:<carol@knowing.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;C+2Bx@knowing.test");

    Sink plain = sink("unknowing.test", 10);
    plain.manners.extensions = List.of("8BITMIME");
    submit(
        "MAIL FROM:<alice@example.test> ENVID=QQ+2B2",
        "handed on",
        "carol@unknowing.test> NOTIFY=SUCCESS");
    assertThat(only(plain).rcpts()).containsExactly("RCPT TO:<carol@unknowing.test>");
    assertThat(bounce("carol@unknowing.test"))
        .contains("Original-Envelope-Id: QQ+2\r\n")
        .contains("Action: relayed\r\n");
  }

  @Test
  void timeAndPriorityArePassedOnToWhoUnderstandsThem() throws IOException {
    Sink sink = sink("prompt.test", 10);
    sink.manners.extensions = List.of("PIPELINING", "DSN", "DELIVERBY 5", "MT-PRIORITY");
    submit(
        "MAIL FROM:<alice@example.test> BY=120;RT MT-PRIORITY=-2", "prompt", "carol@prompt.test");
    assertThat(only(sink).mail())
        .matches("MAIL FROM:<alice@example.test> BY=1[12][0-9];RT MT-PRIORITY=-2");
    assertThat(only(sink).text()).contains("\r\n\tpriority -2;\r\n");
    assertThat(bounce("carol@prompt.test"))
        .contains("Deliver-By-Date: ")
        .contains("Action: relayed\r\n");
  }

  @Test
  void whatHasToBeThereInTimeDoesNotGoToWhoForgetsThat() throws IOException {
    Sink sink = sink("timeless.test", 10);
    submit("MAIL FROM:<alice@example.test> BY=120;R", "in time", "carol@timeless.test");
    assertThat(bounce("carol@timeless.test")).contains("Status: 5.3.3\r\n");
    assertThat(sink.taken).isEmpty();
    submit("MAIL FROM:<alice@example.test> BY=120;N", "or late", "dora@timeless.test");
    assertThat(only(sink).rcpts())
        .containsExactly("RCPT TO:<dora@timeless.test> NOTIFY=FAILURE,DELAY");
    assertThat(bounce("dora@timeless.test")).contains("Action: relayed\r\n");

    Sink slow = sink("slower.test", 10);
    slow.manners.extensions = List.of("DSN", "DELIVERBY 240");
    submit("MAIL FROM:<alice@example.test> BY=120;R", "too fast", "carol@slower.test");
    assertThat(bounce("carol@slower.test")).contains("Status: 5.4.7\r\n");
    assertThat(slow.taken).isEmpty();
  }

  @Test
  void aMessageThatIsHeldGoesWhenItsTimeHasComeAndNotBefore() throws IOException {
    Sink sink = sink("later2.test", 10);
    long begun = System.currentTimeMillis();
    submit("MAIL FROM:<alice@example.test> HOLDFOR=3", "held", "carol@later2.test");
    assertThat(only(sink).text()).endsWith("held\r\n");
    assertThat(System.currentTimeMillis() - begun).isGreaterThanOrEqualTo(3000);
  }
}
