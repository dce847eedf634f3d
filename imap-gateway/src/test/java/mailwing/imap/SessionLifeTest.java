package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import mailwing.store.StoreConfig;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// How long a session lives: its login's right, IDLE's keepalive, the autologout timer.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionLifeTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture =
        ImapFixture.startShortLived(
            StoreConfig.Logins.passwords(Duration.ofSeconds(2), Duration.ofMinutes(5)),
            Duration.ofSeconds(1),
            Duration.ofSeconds(6));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  private TranscriptClient login(String user) throws IOException {
    fixture.store().addUser(user);
    TranscriptClient client = TranscriptClient.connect(fixture.port("imap"));
    client.line();
    client.send("1 LOGIN " + user + "@" + TestStore.DOMAIN + " wing\r\n");
    assertThat(client.line()).startsWith("1 OK");
    return client;
  }

  /// RFC 2177, RFC 9051 §5.4: so that nothing between forgets the connection.
  @Test
  void idleSaysThatTheServerIsStillHere() throws IOException {
    try (TranscriptClient client = login("kept")) {
      client.send("2 IDLE\r\n");
      assertThat(client.line()).startsWith("+ ");
      assertThat(client.line()).isEqualTo("* OK Still here");
      client.send("DONE\r\n");
      String line = client.line();
      assertThat(line.equals("* OK Still here") ? client.line() : line).startsWith("2 OK");
    }
  }

  /// RFC 9051 §5.4.
  @Test
  void silentClientIsLoggedOutWithBye() throws IOException {
    try (TranscriptClient client = login("silent")) {
      assertThat(client.line()).startsWith("* BYE Idle for too long");
      client.expectEnd();
    }
  }

  /// RFC 9051 §7.1.5: the login's right is gone, in IDLE too.
  @Test
  void changedPasswordEndsIdleWithBye() throws IOException {
    try (TranscriptClient client = login("revoked")) {
      client.send("2 SELECT INBOX\r\n");
      while (!client.line().startsWith("2 OK")) {}
      client.send("3 IDLE\r\n");
      assertThat(client.line()).startsWith("+ ");
      fixture.store().setPassword("revoked@" + TestStore.DOMAIN, "other");
      String line = client.line();
      while (line.equals("* OK Still here")) {
        line = client.line();
      }
      assertThat(line).startsWith("* BYE [EXPIRED]");
      client.expectEnd();
    }
  }

  @Test
  void disabledAccountEndsTheSessionWithBye() throws IOException {
    try (TranscriptClient client = login("disabled")) {
      fixture.store().setEnabled("disabled@" + TestStore.DOMAIN, false);
      assertThat(client.line()).startsWith("* BYE [EXPIRED]");
      client.expectEnd();
    }
  }

  /// A session that does something lives on while its token is renewed again and again.
  @Test
  void tokensAreRenewedWhileASessionLives() throws IOException {
    try (TranscriptClient client = login("renewed")) {
      long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
      client.send("2 IDLE\r\n");
      assertThat(client.line()).startsWith("+ ");
      while (System.nanoTime() < end) {
        assertThat(client.line()).isEqualTo("* OK Still here");
      }
      client.send("DONE\r\n3 STATUS INBOX (MESSAGES)\r\n");
      String line = client.line();
      while (!line.startsWith("3 ")) {
        line = client.line();
      }
      assertThat(line).startsWith("3 OK");
    }
  }
}
