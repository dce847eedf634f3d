package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import mailwing.gateway.StoreClient;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.testkit.Inbox;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// A real Postfix of another domain takes what we send, and sends to us; left out where there is
/// none.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf("mailwing.smtp.Postfix#isHere")
final class PostfixTest {
  private static final String USER = "alice@example.test";

  private TestStore store;
  private StoreClient reader;
  private GatewayFixture receiving;
  private GatewayFixture sending;
  private Postfix postfix;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException, InterruptedException {
    store = TestStore.start();
    store.addUser("alice");
    reader = store.client(TestStore.Role.IMAP);
    // It has the port that Postfix is told of; the other one is told of Postfix's.
    receiving = fixture(OutboundConfig.off());
    postfix = Postfix.start(directory, receiving.port("smtp"));
    sending =
        fixture(
            new OutboundConfig(
                true,
                25,
                false,
                Map.of(
                    "second.test",
                    new OutboundConfig.Hop(
                        "127.0.0.1", postfix.port(), OutboundConfig.Tls.OPPORTUNISTIC)),
                Optional.empty(),
                20,
                2,
                0,
                100,
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                ClientTimes.all(Duration.ofSeconds(20)),
                new TlsRules(true, Optional.empty(), 443, Optional.empty())));
  }

  private GatewayFixture fixture(OutboundConfig outbound) throws IOException {
    return new GatewayFixture(
        store.channel(),
        store.clientConfig(TestStore.Role.SMTP).credential(),
        GatewayFixture.LIMITS,
        GatewayFixture.SESSION,
        true,
        Optional.of(TestTls.shared().material()),
        outbound);
  }

  @AfterAll
  void stop() throws IOException {
    sending.close();
    receiving.close();
    postfix.close();
    reader.close();
    store.close();
  }

  private void submit(String subject, String body, String... recipients) throws IOException {
    try (SmtpClient client = sending.submission()) {
      client
          .login(USER)
          .submit(
              "MAIL FROM:<" + USER + "> RET=HDRS ENVID=x1",
              List.of(recipients),
              "From: alice@example.test\r\nTo: carol@second.test\r\nSubject: "
                  + subject
                  + "\r\nMessage-ID: <"
                  + subject
                  + "@test>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\n\r\n"
                  + body
                  + "\r\n");
    }
  }

  private <T> T until(Callable<Optional<T>> found) throws IOException {
    try {
      return Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(found, Optional::isPresent)
          .orElseThrow();
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      throw new AssertionError(postfix.log(), e);
    }
  }

  private String delivered(String subject) throws IOException {
    return until(
        () ->
            postfix.mail().stream()
                .filter(mail -> mail.contains("\nSubject: " + subject + "\n"))
                .findFirst());
  }

  /// As [Postfix#mail] has it.
  private static String octets(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private List<String> inbox() {
    return Inbox.all(reader, USER);
  }

  @Test
  void whatWeSendArrivesUnderTlsAndItsReportComesBack() throws IOException {
    submit(
        "octets",
        "Hällo\r\n..two\r\n.one\r\n" + "x".repeat(900),
        "<carol@second.test> NOTIFY=SUCCESS ORCPT=rfc822;carol@second.test");
    String mail = delivered("octets");
    assertThat(mail)
        .startsWith("Return-Path: <alice@example.test>\n")
        .contains("using TLSv1.")
        .endsWith("\n\n" + octets("Hällo\n.two\n") + "one\n" + "x".repeat(900) + "\n");
    String report =
        until(
            () ->
                inbox().stream()
                    .filter(one -> one.contains("multipart/report") && one.contains("x1"))
                    .findFirst());
    assertThat(report)
        .startsWith("Return-Path: <>\r\n")
        .contains("Reporting-MTA: dns; mail.second.test\r\n")
        .contains("Original-Envelope-Id: x1\r\n")
        .contains("Final-Recipient: rfc822; carol@second.test\r\n")
        .contains("Action: delivered\r\n");
  }

  @Test
  void whatItRefusesComesBackAndTheOthersArrive() throws IOException {
    submit("partly", "some\r\n", "<never@second.test>", "<dave@second.test>");
    delivered("partly");
    String report =
        until(
            () ->
                inbox().stream()
                    .filter(one -> one.contains("Final-Recipient: rfc822; never@second.test"))
                    .findFirst());
    assertThat(report).contains("Action: failed\r\n").contains("550 5.1.1 <never@second.test>");
  }

  @Test
  void messagesInARowAreNoDisorderToIt() throws IOException {
    for (int i = 0; i < 6; i++) {
      submit("row" + i, "row\r\n", "<carol@second.test>");
    }
    for (int i = 0; i < 6; i++) {
      delivered("row" + i);
    }
    assertThat(postfix.log()).doesNotContain("nested MAIL").doesNotContain("improper command");
  }
}
