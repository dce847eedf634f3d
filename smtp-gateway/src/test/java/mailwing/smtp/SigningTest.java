package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.DkimResult;
import mailwing.smtp.dkim.DkimVerdict;
import mailwing.smtp.dkim.DkimVerifier;
import mailwing.smtp.dkim.Dkimpy;
import mailwing.store.v1.AddDkimKeysRequest;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.DkimKey.State;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.ListDkimKeysRequest;
import mailwing.store.v1.RotateDkimKeysRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.TestStore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What users submit arrives elsewhere signed by their domain's keys, as the other side verifies.
final class SigningTest {
  private static final String SELF = TestStore.DOMAIN;

  private TestStore store;
  private Sink sink;
  private GatewayFixture gateway;

  @BeforeEach
  void start() throws IOException {
    store = TestStore.start();
    store.addUser("alice");
    sink = new Sink("mx.else.test", "127.0.0.3", 0);
    gateway =
        new GatewayFixture(
            store.channel(),
            store.clientConfig(TestStore.Role.SMTP).credential(),
            GatewayFixture.LIMITS,
            GatewayFixture.SESSION,
            true,
            Optional.empty(),
            GatewayFixture.sending(sink.port()));
    gateway.zone.add("else.test", "MX", "10 mx.else.test").add("mx.else.test", "A", "127.0.0.3");
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    sink.close();
    store.close();
    assertThat(sink.violations).isEmpty();
  }

  /// What arrived of a message with this body.
  private String sent(String fields, String body) throws IOException {
    int before = sink.taken.size();
    try (SmtpClient client = gateway.submission()) {
      client
          .login("alice@example.test")
          .submit(
              "MAIL FROM:<alice@example.test>",
              List.of("<bob@else.test>"),
              fields + "\r\n" + body + "\r\n");
    }
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> sink.taken.size() > before);
    return sink.taken.getLast().text();
  }

  private String sent() throws IOException {
    return sent("From: Alice <alice@example.test>\r\nSubject: hello\r\n", "Hello.");
  }

  private List<DkimVerdict> verify(String message) throws IOException {
    byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    int body = scan.end() + 2;
    return DkimVerifier.verify(
        gateway.zone,
        octets,
        scan,
        s -> s.write(octets, body, octets.length - body),
        Instant.now());
  }

  private void assertSigned(String message, List<DkimKey> by) throws IOException {
    List<DkimVerdict> verdicts = verify(message);
    assertThat(verdicts).allMatch(verdict -> verdict.result() == DkimResult.PASS);
    assertThat(verdicts).allMatch(verdict -> verdict.domain().equals(SELF));
    assertThat(verdicts)
        .extracting(DkimVerdict::selector)
        .containsExactlyInAnyOrderElementsOf(by.stream().map(DkimKey::getSelector).toList());
  }

  private List<DkimKey> add() {
    return store
        .dkim()
        .addDkimKeys(AddDkimKeysRequest.newBuilder().setDomain(SELF).setWaitSeconds(0).build())
        .getKeysList();
  }

  private void publish(List<DkimKey> keys) {
    keys.forEach(key -> gateway.zone.add(key.getRecordName(), "TXT", key.getRecordText()));
  }

  private List<State> states() {
    List<State> states = new ArrayList<>();
    store
        .dkim()
        .listDkimKeys(ListDkimKeysRequest.newBuilder().setDomain(SELF).build())
        .forEachRemaining(key -> states.add(key.getState()));
    return states;
  }

  /// So that what the gateway remembers is over.
  private static void forget() throws InterruptedException {
    Thread.sleep(250);
  }

  @Test
  void keysSignOnceTheDnsShowsThemAndUntilItShowsTheirSuccessors() throws Exception {
    assertThat(sent()).startsWith("Received: ");
    List<DkimKey> first = add();
    forget();
    assertThat(verify(sent())).isEmpty();
    assertThat(states()).containsOnly(State.PUBLISHED);
    publish(first);
    forget();
    assertSigned(sent(), first);
    assertThat(states()).containsOnly(State.ACTIVE);

    List<DkimKey> second =
        store
            .dkim()
            .rotateDkimKeys(
                RotateDkimKeysRequest.newBuilder().setDomain(SELF).setWaitSeconds(0).build())
            .getKeysList();
    forget();
    assertSigned(sent(), first);
    publish(second);
    forget();
    assertSigned(sent(), second);
    assertThat(states())
        .containsExactlyInAnyOrder(State.RETIRED, State.RETIRED, State.ACTIVE, State.ACTIVE);

    // A resolver that does not show the new ones yet: the old ones sign.
    second.forEach(key -> gateway.zone.remove(key.getRecordName(), "TXT"));
    forget();
    assertSigned(sent(), first);
    // The DNS does not answer: what is active signs, and verifies when it is back.
    second.forEach(key -> gateway.zone.fail(key.getRecordName(), "TXT"));
    forget();
    assertThat(verify(sent())).extracting(DkimVerdict::result).containsOnly(DkimResult.TEMPERROR);
  }

  /// By the domain that the host's name lies in.
  @Test
  void notificationsOfOursAreSignedAsTheyLeave() throws Exception {
    List<DkimKey> keys = add();
    publish(keys);
    assertSigned(sent(), keys);
    sink.manners.rcpt = path -> path.startsWith("no") ? "550 5.1.1 nobody here" : "250 2.1.5 fine";
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress("alice@example.test")
                .setForwarding(Forwarding.newBuilder().addTargets("al@else.test"))
                .build());
    try (SmtpClient client = gateway.submission()) {
      client
          .login("alice@example.test")
          .submit(
              "MAIL FROM:<alice@example.test>",
              List.of("<nobody@else.test>"),
              "From: Alice <alice@example.test>\r\n\r\nx\r\n");
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> sink.taken.getLast().mail().startsWith("MAIL FROM:<>"));
    String report = sink.taken.getLast().text();
    assertThat(report).contains("From: ", "MAILER-DAEMON@", "nobody@else.test");
    assertSigned(report, keys);
  }

  @Test
  void anotherRecordInTheDnsIsNotTheKey() throws Exception {
    List<DkimKey> keys = add();
    gateway.zone.add(keys.get(0).getRecordName(), "TXT", keys.get(1).getRecordText());
    gateway.zone.add(keys.get(1).getRecordName(), "TXT", "v=DKIM1; p=");
    assertThat(verify(sent())).isEmpty();
    assertThat(states()).containsOnly(State.PUBLISHED);
  }

  @Test
  void whatSubmissionMendsIsSignedAsItGoesOut() throws Exception {
    List<DkimKey> keys = add();
    publish(keys);
    String sent =
        sent(
            "From: alice@example.test\r\nBcc: secret@else.test\r\nTo: bob@else.test\r\n",
            "..stuffed\r\n\r\n  two  blanks \t\r\n" + "x".repeat(900) + "\r\n\r\n");
    assertSigned(sent, keys);
    assertThat(sent).doesNotContain("secret@").contains("\r\nMessage-ID: <").contains("\r\nDate: ");
    // Eight bits, and an author in another's name with ours behind it.
    assertSigned(sent("From: \"Älice\" <alice@example.test>\r\nSubject: ä\r\n", "Grüße"), keys);
  }

  /// By another implementation than ours, where it is installed.
  @Test
  void whatArrivesVerifiesElsewhereToo(@TempDir Path folder) throws Exception {
    Dkimpy dkimpy = new Dkimpy(folder);
    assumeTrue(dkimpy.isInstalled(), "no dkimpy");
    List<DkimKey> keys = add();
    publish(keys);
    for (DkimKey key : keys) {
      dkimpy.publish(key.getSelector(), key.getRecordText());
    }
    String fields = "From: \"Älice\" <alice@example.test>\r\nSubject: ä\r\n";
    String[] sent = {sent(), sent(fields, "..stuffed\r\n\r\n  two  blanks \t\r\nGrüße\r\n\r\n")};
    for (int i = 0; i < sent.length; i++) {
      Files.write(folder.resolve(i + ".eml"), sent[i].getBytes(StandardCharsets.ISO_8859_1));
    }
    List<String> said =
        dkimpy.verify(
            """
            for name in glob.glob('*.eml'):
                for i in (0, 1):
                    print(dkim.DKIM(open(name, 'rb').read()).verify(i, dns))
            """);
    assertThat(said).containsExactly("True", "True", "True", "True");
  }

  @Test
  void messagesOfAllSizesAreSigned() throws Exception {
    List<DkimKey> keys = add();
    publish(keys);
    String line =
        "A line of seventy-eight octets, so that the message has many of them: 0123456\r\n";
    String fields = "From: alice@example.test\r\nSubject: large\r\n";
    for (int octets : new int[] {200_000, 262_100, 262_144, 262_200, 700_000, 6_000_000}) {
      String sent =
          sent(fields, line.repeat(octets / line.length() + 1).substring(0, octets).strip());
      assertThat(sent.length()).isGreaterThan(octets - 10);
      assertSigned(sent, keys);
    }
  }
}
