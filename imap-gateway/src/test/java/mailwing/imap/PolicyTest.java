package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// MESSAGELIMIT (RFC 9738) with a limit of three messages, and no UNAUTHENTICATE (RFC 8437 §8).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture =
        ImapFixture.startPolling(
            Duration.ofMillis(200),
            new ImapConfig.Policy(false, 100, 3, 0, Duration.ofSeconds(12)));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @Test
  void noCommandWorksOnMoreMessagesThanAllowed() throws Exception {
    Transcript.play(
        "messagelimit",
        """
        @do user limit
        @do deliver limit one
        @do deliver limit two
        @do deliver limit three
        @do deliver limit four
        @do deliver limit five
        @connect imap
        S: * OK {{*}}
        C: 1 LOGIN {{user}} wing
        S: 1 OK [CAPABILITY {{~((?!UNAUTHENTICATE).)*}} MESSAGELIMIT=3{{~((?!UNAUTHENTICATE).)*}}] {{*}}
        C: 2 SELECT INBOX
        S... 2 OK {{*}}
        C: 3 FETCH 1:4 (UID)
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: * 4 FETCH (UID 4)
        S: 3 OK [MESSAGELIMIT 3 2] {{*}}
        C: 4 UID FETCH 1:3 (UID)
        S: * 1 FETCH (UID 1)
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: 4 OK UID FETCH completed
        C: 5 UID FETCH 1:* (UID) (PARTIAL -1:-4)
        S: 5 NO [MESSAGELIMIT 3] {{*}}
        C: 6 UID FETCH 1:* (UID) (PARTIAL 1:3)
        S... 6 OK UID FETCH completed
        C: 7 STORE 1:* +FLAGS.SILENT (\\Flagged)
        S: 7 OK [MESSAGELIMIT 3 3] {{*}}
        C: 8 SEARCH ALL
        S: * SEARCH 3 4 5
        S: 8 OK [MESSAGELIMIT 3 3] {{*}}
        C: 9 UID SEARCH UID 1:4 UNFLAGGED
        S: * SEARCH 2
        S: 9 OK [MESSAGELIMIT 3 2] {{*}}
        C: 10 SEARCH UID 1:3 ALL
        S: * SEARCH 1 2 3
        S: 10 OK SEARCH completed
        # §3.3: threads are whole or nothing; the order of SORT costs no reading.
        C: 10a THREAD REFERENCES UTF-8 ALL
        S: 10a NO [MESSAGELIMIT 3] {{*}}
        C: 10b UID THREAD ORDEREDSUBJECT UTF-8 UID 3:5
        S: * THREAD {{*}}
        S: 10b OK UID THREAD completed
        C: 10c SORT (REVERSE ARRIVAL) UTF-8 ALL
        S: * SORT 5 4 3 2 1
        S: 10c OK SORT completed
        # RFC 9738 §3.2.
        C: 11 SEARCH UIDAFTER 3
        S: * SEARCH 4 5
        S: 11 OK SEARCH completed
        C: 12 SEARCH UIDBEFORE 3
        S: * SEARCH 1 2
        S: 12 OK SEARCH completed
        C: 13 SEARCH UIDBEFORE 1
        S: * SEARCH
        S: 13 OK {{*}}
        C: 14 SEARCH UIDAFTER 4294967295
        S: * SEARCH
        S: 14 OK {{*}}
        C: 15 SEARCH UIDAFTER 0
        S: 15 BAD {{*}}
        # COPY and APPEND are whole or nothing.
        C: 16 COPY 1:4 Archive
        S: 16 NO [MESSAGELIMIT 3] {{*}}
        C: 17 COPY 1:3 Archive
        S: 17 OK [COPYUID {{*}}
        C! 18 APPEND Drafts {1+}\\r\\na {1+}\\r\\nb {1+}\\r\\nc {1+}\\r\\nd\\r\\n
        S: 18 NO [MESSAGELIMIT 3] {{*}}
        C: 19 STATUS Drafts (MESSAGES)
        S: * STATUS Drafts (MESSAGES 0)
        S: 19 OK {{*}}
        C: 20 MOVE 1:4 Sent
        S: * OK [COPYUID {{~\\d+}} 2:4 1:3] {{*}}
        S: * 4 EXPUNGE
        S: * 3 EXPUNGE
        S: * 2 EXPUNGE
        S: 20 OK [MESSAGELIMIT 3 2] {{*}}
        # UID EXPUNGE counts \\Deleted messages; EXPUNGE is not limited.
        C: 21 SELECT Archive
        S... 21 OK {{*}}
        C! 22 APPEND Archive (\\\\Deleted) {1+}\\r\\na (\\\\Deleted) {1+}\\r\\nb {1+}\\r\\nc\\r\\n
        S... 22 OK {{*}}
        C: 23 STORE 1:3 +FLAGS.SILENT (\\Deleted)
        S: 23 OK {{*}}
        C: 24 UID EXPUNGE 1:*
        S: * 5 EXPUNGE
        S: * 4 EXPUNGE
        S: * 3 EXPUNGE
        S: 24 OK [MESSAGELIMIT 3 3] {{*}}
        C: 25 UID EXPUNGE 1:*
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
        S: 25 OK UID EXPUNGE completed
        C: 26 UNAUTHENTICATE
        S: 26 BAD {{*}}
        """,
        fixture.setting());
  }
}
