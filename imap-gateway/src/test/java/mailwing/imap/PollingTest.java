package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Without Kafka the store is polled, and a client in IDLE is told all the same.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PollingTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.startPolling(Duration.ofMillis(200));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @Test
  void idleIsToldOfWhatPollingFinds() throws Exception {
    Transcript.play(
        "polling",
        """
        @do user polling
        @connect imap
        S: * OK {{*}}
        C: 1 LOGIN {{user}} wing
        S: 1 OK {{*}}
        C: 2 SELECT INBOX
        S... 2 OK {{*}}
        C: 3 IDLE
        S: + idling
        @do deliver polling one
        S: * 1 EXISTS
        S: * 1 RECENT
        C: DONE
        S: 3 OK {{*}}
        """,
        fixture.setting());
  }

  @Test
  void drainSaysBye() throws Exception {
    ImapFixture draining = ImapFixture.startPolling(Duration.ofSeconds(3));
    try (var client = mailwing.testkit.TranscriptClient.connect(draining.port("imap"))) {
      client.line();
      Thread closer = Thread.ofVirtual().start(draining::close);
      org.assertj.core.api.Assertions.assertThat(client.line()).startsWith("* BYE [UNAVAILABLE]");
      client.expectEnd();
      closer.join();
    }
  }
}
