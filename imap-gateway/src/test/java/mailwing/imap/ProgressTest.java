package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// INPROGRESS (RFC 9585), as often as can be.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProgressTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture =
        ImapFixture.startPolling(
            Duration.ofMillis(200), new ImapConfig.Policy(false, 100, 0, 0, Duration.ofNanos(1)));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @Test
  void clientIsToldThatItsCommandIsBeingWorkedOn() throws Exception {
    Transcript.play(
        "inprogress",
        """
        @do user patient
        @do deliver patient one
        @do deliver patient two
        @connect imap
        S: * OK {{*}}
        C: 1 LOGIN {{user}} wing
        S: 1 OK [CAPABILITY {{*}} INPROGRESS {{*}}] {{*}}
        C: 2 SELECT INBOX
        S... 2 OK {{*}}
        C: s SEARCH TEXT e
        S: * OK [INPROGRESS ("s" NIL NIL)] {{*}}
        S... * SEARCH 1 2
        S: s OK {{*}}
        # A tag that cannot be named.
        C: t]t UID SEARCH TEXT e
        S: * OK [INPROGRESS (NIL NIL NIL)] {{*}}
        S... * SEARCH 1 2
        S: t]t OK {{*}}
        # Messages that are done are counted.
        C: c COPY 1:2 Archive
        S... * OK [INPROGRESS ("c" 2 NIL)] 2 messages so far
        S... c OK [COPYUID {{*}}
        C: m MOVE 1:2 Archive
        S... * OK [INPROGRESS ("m" 2 NIL)] 2 messages so far
        S... * OK [COPYUID {{*}}
        S... m OK {{*}}
        """,
        fixture.setting());
  }
}
