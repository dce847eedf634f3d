package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.store.v1.AddGroupRequest;
import mailwing.store.v1.ChangeGroupMembersRequest;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.Group;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Mail from the Internet goes on to the Internet, and what comes back finds who sent it: a real
/// store, and hosts of the test's own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OnwardTest {
  private static final String SENDER = "Joe@origin.test";

  private final List<Sink> sinks = new ArrayList<>();
  private TestStore store;
  private GatewayFixture gateway;
  private Sink origin;
  private Sink remote;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    store.addUser("alice");
    store.addUser("bob");
    store.addUser("carol");
    store.setEnabled("carol@example.test", false);
    origin = new Sink("mx.origin.test", "127.0.0.61", 0);
    sinks.add(origin);
    remote = new Sink("mx.remote.test", "127.0.0.62", origin.port());
    sinks.add(remote);
    gateway =
        new GatewayFixture(
            store.channel(),
            store.clientConfig(TestStore.Role.SMTP).credential(),
            GatewayFixture.LIMITS,
            GatewayFixture.SESSION,
            true,
            Optional.of(TestTls.shared().material()),
            new OutboundConfig(
                true,
                origin.port(),
                true,
                Map.of(),
                Optional.empty(),
                20,
                2,
                0,
                10,
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                ClientTimes.all(Duration.ofSeconds(3)),
                new TlsRules(false, Optional.empty(), 443, Optional.empty())));
    for (String name : List.of("origin", "remote")) {
      gateway.zone.add(name + ".test", "MX", "10 mx." + name + ".test");
    }
    gateway.zone.add("mx.origin.test", "A", "127.0.0.61").add("mx.remote.test", "A", "127.0.0.62");
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

  /// By MX, from outside: the reply to the first command that is refused, else to the message.
  private String send(String from, String to, String message) throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      client.command("MAIL FROM:<" + from + "> SMTPUTF8");
      String rcpt = client.command("RCPT TO:<" + to + ">");
      if (!rcpt.startsWith("250")) {
        return rcpt;
      }
      client.command("DATA");
      client.send(message + "\r\n.\r\n");
      return client.reply();
    }
  }

  private static Sink.Taken taken(Sink sink, String text) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> sink.taken.stream().filter(one -> one.text().contains(text)).findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private void forward(String user, boolean keepsCopy, String... targets) {
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(user)
                .setForwarding(
                    Forwarding.newBuilder().addAllTargets(List.of(targets)).setKeepsCopy(keepsCopy))
                .build());
  }

  @Test
  void whatIsForwardedAndBouncesFindsItsSender() throws IOException {
    forward("alice@example.test", false, "al@remote.test");
    assertThat(send(SENDER, "alice@example.test", "Subject: one\r\n\r\nforwarded-1"))
        .startsWith("250 2.0.0");
    Sink.Taken there = taken(remote, "forwarded-1");
    assertThat(there.mail())
        .matches("MAIL FROM:<SRS0=[A-Z2-7]{8}=..=origin.test=Joe@example.test> .*");
    assertThat(there.rcpts()).containsExactly("RCPT TO:<al@remote.test>");
    assertThat(there.text()).startsWith("Delivered-To: alice@example.test\r\nReceived: from ");
    String path = there.mail().substring("MAIL FROM:<".length(), there.mail().indexOf('>'));

    // The other side took it, and reports a failure later.
    assertThat(send("", path, "Subject: failed\r\n\r\nbounce-1")).startsWith("250 2.0.0");
    Sink.Taken back = taken(origin, "bounce-1");
    assertThat(back.mail()).startsWith("MAIL FROM:<>");
    assertThat(back.rcpts()).containsExactly("RCPT TO:<Joe@origin.test>");

    assertThat(send("other@origin.test", path, "x")).startsWith("550 5.7.1");
    assertThat(send("", path.replace("=Joe@", "=Jim@"), "x")).startsWith("550 5.7.1");
    // It comes back: nothing goes round.
    assertThat(send(SENDER, "alice@example.test", there.text())).startsWith("554 5.4.6");
  }

  @Test
  void whatIsRefusedAtOnceIsReportedToTheSender() throws IOException {
    remote.manners.rcpt =
        path -> path.startsWith("no") ? "550 5.1.1 nobody here" : "250 2.1.5 fine";
    store.addAlias("mixed@example.test", "bob@example.test", "nobody@remote.test");
    assertThat(send(SENDER, "mixed@example.test", "Subject: two\r\n\r\nforwarded-2"))
        .startsWith("250 2.0.0");
    Sink.Taken report = taken(origin, "nobody@remote.test");
    assertThat(report.mail()).startsWith("MAIL FROM:<>");
    assertThat(report.rcpts()).containsExactly("RCPT TO:<Joe@origin.test> NOTIFY=NEVER");
    assertThat(report.text()).contains("Diagnostic-Code: smtp; 550 5.1.1 nobody here\r\n");
  }

  @Test
  void aGroupReachesItsMembersAndItsOwnerHearsOfFailures() throws IOException {
    store
        .directory()
        .addGroup(
            AddGroupRequest.newBuilder()
                .setAddress("team@example.test")
                .setPosters(Group.Posters.MEMBERS)
                .setOwner("boss@origin.test")
                .build());
    store
        .directory()
        .changeGroupMembers(
            ChangeGroupMembersRequest.newBuilder()
                .setAddress("team@example.test")
                .addAdd("bob@example.test")
                .addAdd("m1@remote.test")
                .addAdd("m2@remote.test")
                .build());
    assertThat(send(SENDER, "team@example.test", "x")).startsWith("550 5.7.2");
    assertThat(send("", "team@example.test", "x")).startsWith("550 5.7.2");
    assertThat(send("m1@remote.test", "team+x@example.test", "Subject: three\r\n\r\nposted-3"))
        .startsWith("250 2.0.0");
    Sink.Taken there = taken(remote, "posted-3");
    assertThat(there.mail()).startsWith("MAIL FROM:<team-bounces@example.test>");
    assertThat(there.rcpts())
        .containsExactlyInAnyOrder("RCPT TO:<m1@remote.test>", "RCPT TO:<m2@remote.test>");
    assertThat(there.text()).contains("List-Id: <team.").contains("Precedence: list\r\n");
    assertThat(send("", "team-bounces@example.test", "Subject: failed\r\n\r\nbounce-3"))
        .startsWith("250 2.0.0");
    assertThat(taken(origin, "bounce-3").rcpts()).containsExactly("RCPT TO:<boss@origin.test>");
  }

  @Test
  void aUserWhoHasLoggedInIsAMember() throws IOException {
    store
        .directory()
        .addGroup(
            AddGroupRequest.newBuilder()
                .setAddress("staff@example.test")
                .setPosters(Group.Posters.DOMAIN)
                .build());
    store
        .directory()
        .changeGroupMembers(
            ChangeGroupMembersRequest.newBuilder()
                .setAddress("staff@example.test")
                .addAdd("m3@remote.test")
                .build());
    try (SmtpClient client = gateway.submission()) {
      client.command("EHLO client.test");
      client.command(
          "AUTH PLAIN "
              + Base64.getEncoder()
                  .encodeToString(
                      "\0bob@example.test\0wing"
                          .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      client.command("MAIL FROM:<bob@example.test>");
      assertThat(client.command("RCPT TO:<staff@example.test>")).startsWith("250");
      client.command("DATA");
      client.send("From: bob@example.test\r\nSubject: four\r\n\r\nposted-4\r\n.\r\n");
      assertThat(client.reply()).startsWith("250");
    }
    assertThat(taken(remote, "posted-4").rcpts()).containsExactly("RCPT TO:<m3@remote.test>");
  }

  @Test
  void internationalSendersAreForwardedAndAnswered() throws IOException {
    forward("bob@example.test", true, "b@remote.test");
    assertThat(send("jos\u00e9@origin.test", "BOB+x@example.test", "Subject: x\r\n\r\nforwarded-5"))
        .startsWith("250 2.0.0");
    Sink.Taken there = taken(remote, "forwarded-5");
    assertThat(there.mail()).contains("=origin.test=").endsWith(" SMTPUTF8");
    String path = there.mail().substring("MAIL FROM:<".length(), there.mail().indexOf('>'));
    String sent =
        new String(
            path.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
            java.nio.charset.StandardCharsets.UTF_8);
    String utf8 = sent.contains("jos\u00e9") ? sent : path;
    assertThat(send("", utf8, "Subject: failed\r\n\r\nbounce-5")).startsWith("250 2.0.0");
    assertThat(taken(origin, "bounce-5").rcpts().getFirst()).contains("@origin.test>");
    forward("bob@example.test", true);
  }

  @Test
  void eachReasonHasItsCode() throws IOException {
    assertThat(send(SENDER, "carol@example.test", "x")).startsWith("550 5.2.1");
    assertThat(send(SENDER, "nobody@example.test", "x")).startsWith("550 5.1.1");
    assertThat(send("", "SRS0=x=y=z=w@example.test", "x")).startsWith("550 5.7.1");
    assertThat(send("", "srs0@example.test", "x")).startsWith("550 5.1.1");
  }
}
