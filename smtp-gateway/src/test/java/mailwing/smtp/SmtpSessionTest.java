package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.gateway.SessionLimits;
import mailwing.smtp.session.SmtpLimits;
import mailwing.store.v1.ErrorCode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Sessions over real sockets; the store is one whose faults can be ordered.
final class SmtpSessionTest {
  private static final String BOB = "RCPT TO:<bob@example.test>";

  private FaultyStore store;
  private GatewayFixture gateway;

  @BeforeEach
  void start() throws IOException {
    store = new FaultyStore();
    gateway = GatewayFixture.over(store);
  }

  @AfterEach
  void stop() {
    gateway.close();
    store.close();
  }

  private static SmtpClient envelope(SmtpClient client) throws IOException {
    assertThat(client.command("MAIL FROM:<a@b.test>")).startsWith("250 2.1.0 ");
    assertThat(client.command(BOB)).startsWith("250 2.1.5 ");
    return client;
  }

  private SmtpClient begun() throws IOException {
    SmtpClient client = gateway.mx();
    assertThat(client.command("EHLO client.test")).startsWith("250-mx.example.test\n");
    return envelope(client);
  }

  private static String data(SmtpClient client, String octets) throws IOException {
    assertThat(client.command("DATA")).startsWith("354 ");
    client.send(octets.getBytes(StandardCharsets.ISO_8859_1));
    return client.reply();
  }

  /// The stored message without the Received field.
  private String body(int index) {
    String whole = store.stored.get(index).data().toString(StandardCharsets.ISO_8859_1);
    assertThat(whole).startsWith("Received: from ");
    int end = 0;
    do {
      end = whole.indexOf("\r\n", end) + 2;
    } while (whole.charAt(end) == '\t');
    return whole.substring(end);
  }

  @Test
  void aMessageIsStoredWithItsTraceFields() throws IOException {
    try (SmtpClient client = begun()) {
      assertThat(data(client, "Subject: x\r\n\r\n..\r\nb \r\n.\r\n")).startsWith("250 2.0.0 ");
    }
    assertThat(body(0)).isEqualTo("Subject: x\r\n\r\n.\r\nb \r\n");
    FaultyStore.Stored stored = store.stored.getFirst();
    assertThat(stored.frames()).isEqualTo(1);
    assertThat(stored.envelope().getSize()).isEqualTo(stored.data().size());
    assertThat(stored.envelope().getReversePath()).isEqualTo("a@b.test");
    assertThat(stored.envelope().getRecipients(0).getHeaderPrefix().toStringUtf8())
        .isEqualTo("Return-Path: <a@b.test>\r\nDelivered-To: bob@example.test\r\n");
    assertThat(stored.data().toStringUtf8())
        .startsWith("Received: from client.test ([127.0.0.1])\r\n\tby mx.example.test (Mailwing)")
        .contains(" with ESMTP\r\n\tid ", "\r\n\tfor <bob@example.test>;\r\n\t");
    assertThat(stored.envelope().getTrace().getHelo()).isEqualTo("client.test");
    assertThat(stored.envelope().getDeliveryId().size()).isEqualTo(16);
  }

  private static final String GROUP =
      "MAIL FROM:<a@b.test>\r\n"
          + BOB
          + "\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<carol@example.test>\r\n"
          + BOB
          + "\r\nRCPT TO:<disabled@example.test>\r\nRCPT TO:bad\r\nRCPT TO:<eve@example.test>\r\n"
          + "NOOP\r\n";

  private void assertGroupIsAnswered() throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      client.send(GROUP);
      for (String answer :
          List.of(
              "250 2.1.0", "250", "550 5.1.1", "250", "250", "550 5.2.1", "501", "250", "250")) {
        assertThat(client.reply()).startsWith(answer);
      }
    }
  }

  /// RFC 2920: those of them that have been read already, which is a part of a session's first
  /// group.
  @Test
  void recipientsOfOneGroupAreAskedForTogether() throws IOException {
    assertGroupIsAnswered();
    assertThat(store.resolveCalls).hasValueBetween(2, 4);
  }

  @Test
  void recipientsOfOneGroupAreAskedForOneByOneOfAnOlderStore() throws IOException {
    store.older = true;
    assertGroupIsAnswered();
    assertThat(store.resolveCalls).hasValue(6);
  }

  @Test
  void pipelinedGroupsAreAnsweredInOrder() throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.send(
          "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@example.test>\r\n"
              + BOB
              + "\r\nDATA\r\nx\r\n.\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n");
      List<String> codes = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        codes.add(client.reply().substring(0, 3));
      }
      assertThat(codes)
          .containsExactly("250", "250", "550", "250", "354", "250", "250", "250", "221");
      assertThat(client.atEnd()).isTrue();
    }
    assertThat(body(0)).isEqualTo("x\r\n");
    assertThat(store.stored.getFirst().envelope().getReversePath()).isEmpty();
  }

  @Test
  void everyCombinationOfLineEndsAroundADotIsRefusedOrExact() throws IOException {
    try (SmtpClient client = begun()) {
      for (String before : List.of("\r", "\n", "\r\n")) {
        for (String after : List.of("\r", "\n", "\r\n")) {
          boolean ends = before.equals("\r\n") && after.equals("\r\n");
          String message = "a" + before + "." + after + "MAIL FROM:<evil@b.test>";
          if (!ends) {
            assertThat(data(client, message + "\r\n.\r\n")).startsWith("550 5.6.0 ");
            envelope(client);
          }
          String whole = before.equals(after) && ends ? "a\r\n.\r\nb\r\n" : message + "\r\n";
          client.send("BDAT " + whole.length() + " LAST\r\n" + whole);
          assertThat(client.reply()).startsWith(ends ? "250 2.0.0 " : "550 5.6.0 ");
          envelope(client);
        }
      }
      assertThat(client.command("NOOP")).startsWith("250 2.0.0 ");
    }
    // In BDAT a line of one dot is content.
    assertThat(store.stored).hasSize(1);
    assertThat(body(0)).isEqualTo("a\r\n.\r\nb\r\n");
  }

  @Test
  void bareLineEndsAreKeptExactlyWhereTheyAreTaken() throws IOException {
    try (GatewayFixture tolerant =
            GatewayFixture.over(
                store,
                new SmtpLimits(
                    1 << 20,
                    100,
                    2048,
                    12_288,
                    50,
                    true,
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(1)),
                GatewayFixture.SESSION,
                true);
        SmtpClient client = tolerant.mx()) {
      client.command("EHLO c");
      envelope(client);
      assertThat(data(client, "a\n.\nb\r.\rc\r\n.\rd\n.\r\ne\r\n.\r\n")).startsWith("250 ");
    }
    assertThat(body(0)).isEqualTo("a\n.\nb\r.\rc\r\n\rd\n.\r\ne\r\n");
  }

  @Test
  void nulIsRefused() throws IOException {
    try (SmtpClient client = begun()) {
      assertThat(data(client, "a\0b\r\n.\r\n")).startsWith("550 5.6.0 ");
      envelope(client);
      client.send("BDAT 3 LAST\r\na\0b");
      assertThat(client.reply()).startsWith("550 5.6.0 ");
    }
    assertThat(store.stored).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void octetsAreKeptOverAnySplitAndSizeForSeed(long seed) throws IOException {
    Random random = new Random(seed);
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO c");
      for (int round = 0; round < 25; round++) {
        StringBuilder message = new StringBuilder();
        int size = 1 << random.nextInt(20);
        while (message.length() < size) {
          int length = random.nextInt(4) == 0 ? random.nextInt(5000) : random.nextInt(80);
          message.append(random.nextInt(6) == 0 ? "." : "");
          for (int i = 0; i < length; i++) {
            char c = (char) (1 + random.nextInt(255));
            message.append(c == '\r' || c == '\n' ? '.' : c);
          }
          message.append("\r\n");
        }
        String text = message.toString();
        envelope(client);
        if (random.nextBoolean()) {
          assertThat(client.command("DATA")).startsWith("354 ");
          String stuffed = (text.startsWith(".") ? "." : "") + text.replace("\r\n.", "\r\n..");
          byte[] octets = (stuffed + ".\r\n").getBytes(StandardCharsets.ISO_8859_1);
          int at = 0;
          while (at < octets.length) {
            int part = Math.min(octets.length - at, 1 + random.nextInt(100_000));
            client.send(java.util.Arrays.copyOfRange(octets, at, at + part));
            at += part;
          }
          assertThat(client.reply()).startsWith("250 ");
        } else {
          byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
          int at = 0;
          while (at < octets.length) {
            int part = Math.min(octets.length - at, 1 + random.nextInt(200_000));
            client.send("BDAT " + part + "\r\n");
            client.send(java.util.Arrays.copyOfRange(octets, at, at + part));
            assertThat(client.reply()).startsWith("250 ");
            at += part;
          }
          assertThat(client.command("BDAT 0 LAST")).startsWith("250 ");
        }
        assertThat(body(round).equals(text)).as("round %d", round).isTrue();
        FaultyStore.Stored stored = store.stored.get(round);
        assertThat(stored.largestFrame()).isLessThanOrEqualTo(257 * 1024);
      }
    }
  }

  @Test
  void aLargeMessageFlowsInFrames() throws IOException {
    String line = "x".repeat(998) + "\r\n";
    int lines = 2000;
    try (SmtpClient client = begun()) {
      client.send("DATA\r\n");
      assertThat(client.reply()).startsWith("354 ");
      byte[] octets = line.getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < lines; i++) {
        client.send(octets);
      }
      client.send(".\r\n");
      assertThat(client.reply()).startsWith("250 ");
    }
    FaultyStore.Stored stored = store.stored.getFirst();
    assertThat(body(0).length()).isEqualTo(line.length() * lines);
    assertThat(stored.frames()).isEqualTo(1 + (lines * line.length() - 256 * 1024 + 65535) / 65536);
  }

  @Test
  void aMessageOverTheLimitIsReadToItsEndAndRefused() throws IOException {
    try (GatewayFixture small =
            GatewayFixture.over(
                store,
                new SmtpLimits(
                    300_000,
                    100,
                    2048,
                    12_288,
                    50,
                    false,
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(1)),
                GatewayFixture.SESSION,
                true);
        SmtpClient client = small.mx()) {
      client.command("EHLO c");
      assertThat(client.command("MAIL FROM:<> SIZE=300001")).startsWith("552 5.3.4 ");
      assertThat(client.command("MAIL FROM:<> SIZE=99999999999999999999")).startsWith("552 5.3.4 ");
      envelope(client);
      assertThat(data(client, ("y".repeat(998) + "\r\n").repeat(400) + ".\r\n"))
          .startsWith("552 5.3.4 ");
      envelope(client);
      client.send("BDAT 299000\r\n" + ("y".repeat(998) + "\r\n").repeat(299));
      assertThat(client.reply()).startsWith("250 ");
      client.send("BDAT 5000\r\n" + ("y".repeat(998) + "\r\n").repeat(5) + "BDAT 3 LAST\r\nabc");
      assertThat(client.reply()).startsWith("552 5.3.4 ");
      assertThat(client.reply()).startsWith("503 5.5.1 ");
      envelope(client);
      assertThat(data(client, "z\r\n.\r\n")).startsWith("250 ");
    }
    assertThat(store.stored).hasSize(1);
  }

  @Test
  void chunksFollowTheRulesOfRfc3030() throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.send("BDAT 5\r\nRSET\n");
      assertThat(client.reply()).startsWith("503 5.5.1 ");
      client.command("EHLO c");
      client.send("BDAT 5 LAST\r\nQUIT\n");
      assertThat(client.reply()).startsWith("503 5.5.1 ");
      client.command("MAIL FROM:<>");
      client.send("BDAT 5\r\nQUIT\nBDAT 5 LAST\r\nQUIT\n");
      assertThat(client.reply()).startsWith("503 5.5.1 ");
      assertThat(client.reply()).startsWith("503 5.5.1 ");
      envelope(client);
      client.send("BDAT 3\r\na\r\n");
      assertThat(client.reply()).startsWith("250 ");
      assertThat(client.command("DATA")).startsWith("503 5.5.1 ");
      assertThat(client.command(BOB)).startsWith("503 5.5.1 ");
      assertThat(client.command("MAIL FROM:<>")).startsWith("503 5.5.1 ");
      assertThat(client.command("RSET")).startsWith("250 ");
      envelope(client);
      client.send("BDAT 3\r\nb\r\nBDAT 0 LAST\r\n");
      assertThat(client.reply()).startsWith("250 ");
      assertThat(client.reply()).startsWith("250 ");
      assertThat(client.command("BDAT 0 LAST")).startsWith("503 5.5.1 ");
      assertThat(client.command("BDAT x")).startsWith("501 5.5.4 ");
    }
    assertThat(store.stored).hasSize(1);
    assertThat(body(0)).isEqualTo("b\r\n");
  }

  @Test
  void aMailLoopIsRefused() throws IOException {
    try (SmtpClient client = begun()) {
      assertThat(data(client, "Received: x\r\n".repeat(51) + "\r\n.\r\n")).startsWith("554 5.4.6 ");
      envelope(client);
      assertThat(data(client, "Received: x\r\n".repeat(50) + "\r\n.\r\n")).startsWith("250 ");
      envelope(client);
      assertThat(data(client, "Delivered-To: Bob@example.test\r\n\r\n.\r\n"))
          .startsWith("554 5.4.6 ");
      // Who has had it gets no second copy; the other one gets it.
      envelope(client);
      client.command("RCPT TO:<carol@example.test>");
      assertThat(data(client, "Delivered-To: bob@example.test\r\n\r\n.\r\n")).startsWith("250 ");
    }
    assertThat(store.stored.getLast().envelope().getRecipientsList())
        .singleElement()
        .satisfies(r -> assertThat(r.getAddress()).isEqualTo("carol@example.test"));
  }

  @Test
  void whileTheStoreIsAwayADeliveryIsTriedAgainUnderItsId() throws IOException {
    try (SmtpClient client = begun()) {
      store.failures.set(2);
      assertThat(data(client, "a\r\n.\r\n")).startsWith("250 ");
      assertThat(store.deliverCalls.get()).isEqualTo(3);
      // The answer is lost: the second call must store nothing.
      store.lostAnswers.set(1);
      envelope(client);
      assertThat(data(client, "b\r\n.\r\n")).startsWith("250 ");
      assertThat(store.stored).hasSize(2);
      store.failures.set(Integer.MAX_VALUE);
      envelope(client);
      assertThat(data(client, "c\r\n.\r\n")).startsWith("451 4.3.0 ");
      store.failures.set(1);
      envelope(client);
      assertThat(data(client, ("d".repeat(998) + "\r\n").repeat(1000) + ".\r\n"))
          .startsWith("451 4.3.0 ");
      store.failures.set(0);
      envelope(client);
      assertThat(data(client, "e\r\n.\r\n")).startsWith("250 ");
      assertThat(store.stored).hasSize(3);
    }
  }

  @Test
  void lmtpAnswersForEachRecipient() throws IOException {
    store.results.put("full2@example.test", ErrorCode.OVER_QUOTA);
    store.results.put("late@example.test", ErrorCode.UNAVAILABLE);
    try (SmtpClient client = gateway.lmtp()) {
      assertThat(client.command("EHLO c")).startsWith("500 5.5.1 ");
      assertThat(client.command("LHLO c")).startsWith("250-").doesNotContain("STARTTLS");
      assertThat(client.command("MAIL FROM:<>")).startsWith("250 ");
      assertThat(client.command("DATA")).startsWith("503 5.5.1 ");
      assertThat(client.command("RCPT TO:<nobody@example.test>")).startsWith("550 5.1.1 ");
      assertThat(client.command("DATA")).startsWith("503 5.5.1 ");
      for (String user : List.of("bob", "full2", "late", "bob")) {
        assertThat(client.command("RCPT TO:<" + user + "@example.test>")).startsWith("250 ");
      }
      assertThat(data(client, "x\r\n.\r\n")).startsWith("250 2.0.0 ");
      assertThat(client.reply()).startsWith("452 4.2.2 ");
      assertThat(client.reply()).startsWith("451 4.3.0 ");
      assertThat(client.reply()).startsWith("250 2.0.0 ");
      client.send("MAIL FROM:<>\r\n" + BOB + "\r\nRCPT TO:<full2@example.test>\r\nBDAT 0 LAST\r\n");
      for (int i = 0; i < 3; i++) {
        assertThat(client.reply()).startsWith("250 2.1.");
      }
      assertThat(client.reply()).startsWith("250 2.0.0 ");
      assertThat(client.reply()).startsWith("452 4.2.2 ");
      assertThat(client.command("NOOP")).startsWith("250 ");
    }
    assertThat(store.stored.getFirst().data().toStringUtf8()).contains(" with LMTP\r\n");
    assertThat(store.stored.getFirst().envelope().getRecipientsCount()).isEqualTo(3);
  }

  @Test
  void smtpSaysWhyNobodyGotTheMessage() throws IOException {
    store.results.put("bob@example.test", ErrorCode.OVER_QUOTA);
    try (SmtpClient client = begun()) {
      assertThat(data(client, "x\r\n.\r\n")).startsWith("452 4.2.2 ");
      store.results.put("bob@example.test", ErrorCode.MESSAGE_TOO_LARGE);
      envelope(client);
      assertThat(data(client, "x\r\n.\r\n")).startsWith("552 5.3.4 ");
      envelope(client);
      client.command("RCPT TO:<carol@example.test>");
      assertThat(data(client, "x\r\n.\r\n")).startsWith("250 ");
    }
  }

  @Test
  void submissionWantsALoginAndMendsTheHeader() throws IOException {
    try (SmtpClient client = gateway.submission()) {
      assertThat(client.command("EHLO c"))
          .contains("250 AUTH PLAIN LOGIN SCRAM-SHA-256")
          .doesNotContain("PLUS");
      assertThat(client.command("MAIL FROM:<alice@example.test>")).startsWith("530 5.7.0 ");
      assertThat(client.command("AUTH CRAM-MD5")).startsWith("504 5.5.4 ");
      assertThat(client.command("AUTH PLAIN AGFsaWNlAHdpbmc")).startsWith("501 5.5.2 ");
      assertThat(client.command("AUTH PLAIN")).isEqualTo("334 ");
      assertThat(client.command("*")).startsWith("501 5.7.0 ");
      assertThat(client.command("AUTH LOGIN")).isEqualTo("334 VXNlcm5hbWU6");
      assertThat(client.command("YWxpY2U=")).isEqualTo("334 UGFzc3dvcmQ6");
      assertThat(client.command("eA==")).startsWith("535 5.7.8 ");
      assertThat(client.command("AUTH PLAIN " + "A".repeat(20_000))).startsWith("500 5.5");
      assertThat(client.command("AUTH LOGIN YWxpY2U=")).isEqualTo("334 UGFzc3dvcmQ6");
      assertThat(client.command("d2luZw==")).startsWith("235 2.7.0 ");
      assertThat(client.command("AUTH PLAIN AGFsaWNlAHdpbmc=")).startsWith("503 5.5.1 ");
      assertThat(client.command("MAIL FROM:<alice@example.test> AUTH=<>")).startsWith("250 ");
      assertThat(client.command("RCPT TO:<x@elsewhere.test>")).startsWith("550 5.7.1 ");
      assertThat(client.command(BOB)).startsWith("250 ");
      assertThat(client.command("AUTH PLAIN AGFsaWNlAHdpbmc=")).startsWith("503 5.5.1 ");
      assertThat(data(client, "To: b\r\nBCC: secret,\r\n  more\r\nX: \t\r\n\r\nBcc: body\r\n.\r\n"))
          .startsWith("250 ");
    }
    assertThat(body(0))
        .matches(
            """
            (?s)Date: [^\r]+ \\+0000\r
            Message-ID: <[0-9A-Z]{16}@mx.example.test>\r
            To: b\r
            X: \t\r
            \r
            Bcc: body\r
            """);
    assertThat(store.stored.getFirst().data().toStringUtf8()).contains(" with ESMTPA\r\n");
    assertThat(store.stored.getFirst().envelope().getTrace().getAuthenticatedAs())
        .isEqualTo("alice@example.test");
  }

  @Test
  void linesAndRecipientsHaveLimits() throws IOException {
    try (SmtpClient client = begun()) {
      assertThat(client.command("NOOP " + "x".repeat(2040))).startsWith("250 ");
      assertThat(client.command("NOOP " + "x".repeat(2044))).startsWith("500 5.5.2 ");
      assertThat(client.command("NOOP " + "x".repeat(50_000))).startsWith("500 5.5.2 ");
      for (int i = 1; i < 100; i++) {
        assertThat(client.command("RCPT TO:<u" + i + "@example.test>")).startsWith("250 ");
      }
      assertThat(client.command("RCPT TO:<one-more@example.test>")).startsWith("452 4.5.3 ");
      assertThat(data(client, "x\r\n.\r\n")).startsWith("250 ");
      assertThat(store.stored.getFirst().data().toStringUtf8()).doesNotContain("\r\n\tfor ");
    }
    try (SmtpClient client = begun()) {
      client.send("x".repeat(95_000));
      assertThat(client.reply()).startsWith("421 4.7.0 ");
    }
  }

  @Test
  void aClientWithoutProgressOrSilentIsShownOut() throws IOException {
    SessionLimits strict =
        new SessionLimits(Duration.ofMillis(500), Duration.ofMillis(500), 5, 3, 20, Duration.ZERO);
    try (GatewayFixture short1 = GatewayFixture.over(store, GatewayFixture.LIMITS, strict, false)) {
      try (SmtpClient client = short1.mx()) {
        assertThat(client.reply()).startsWith("421 4.4.2 ");
        assertThat(client.atEnd()).isTrue();
      }
      try (SmtpClient client = short1.mx()) {
        for (int i = 0; i < 4; i++) {
          assertThat(client.command("WHAT")).startsWith("500 5.5.1 ");
        }
        assertThat(client.command("WHAT")).startsWith("421 4.7.0 ");
        assertThat(client.atEnd()).isTrue();
      }
      try (SmtpClient client = short1.mx()) {
        String last = "";
        for (int i = 0; i < 20; i++) {
          last = client.command("NOOP");
        }
        assertThat(last).startsWith("421 4.7.0 ");
      }
      try (SmtpClient client = short1.submission()) {
        assertThat(client.command("EHLO c")).doesNotContain("AUTH");
        assertThat(client.command("AUTH PLAIN AGFsaWNlAHdpbmc=")).startsWith("538 5.7.11 ");
        assertThat(client.command("MAIL FROM:<>")).startsWith("530 5.7.0 ");
      }
      try (SmtpClient client = short1.mx()) {
        client.command("EHLO c");
        envelope(client);
        assertThat(client.command("DATA")).startsWith("354 ");
        client.send("half a messa");
      }
    }
    assertThat(store.stored).isEmpty();
  }

  @Test
  void aDrainEndsSessionsBetweenCommandsOnly() throws Exception {
    try (SmtpClient idle = begun();
        SmtpClient busy = begun()) {
      assertThat(busy.command("DATA")).startsWith("354 ");
      busy.send("part\r\n");
      Thread closer = Thread.ofVirtual().start(() -> gateway.gateway().close());
      assertThat(idle.reply()).startsWith("421 4.3.2 ");
      assertThat(idle.atEnd()).isTrue();
      busy.send(".\r\n");
      assertThat(busy.reply()).startsWith("250 ");
      assertThat(busy.reply()).startsWith("421 4.3.2 ");
      closer.join();
    }
    assertThat(body(0)).isEqualTo("part\r\n");
  }

  @Test
  void aConnectionCutWithinAMessageStoresNothing() throws IOException {
    try (SmtpClient client = begun()) {
      client.command("DATA");
      client.send(("x".repeat(998) + "\r\n").repeat(600));
      client.endOutput();
      assertThatThrownBy(client::reply).isInstanceOf(EOFException.class);
    }
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(gateway.metrics.exposition()).contains("mail_connections 0"));
    assertThat(store.stored).isEmpty();
  }
}
