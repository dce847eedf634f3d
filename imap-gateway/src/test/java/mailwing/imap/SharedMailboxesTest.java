package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What becomes of sessions on others' mailboxes where gateways poll the store. With Kafka, and the
/// rest, is in shared-mailboxes.txt.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SharedMailboxesTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.startPolling(Duration.ofMillis(200));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  private void play(String text) throws Exception {
    Transcript.play("shared", text, fixture.setting());
  }

  @Test
  void anIdlingSharerIsToldOfChangesAndOfRightsThatGo() throws Exception {
    play(
        """
        @do user pollbob
        @let bob = {{user}}
        @do user pollalice
        @do deliver pollalice one
        @connect a: imap
        @connect b: imap-b
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{bob}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 SETACL INBOX anyone lrs
        S[a]: 2 OK {{*}}
        C[b]: 2 SELECT "Other Users/{{user}}/INBOX" (CONDSTORE)
        S[b]... 2 OK [READ-ONLY] {{*}}
        C[b]: 3 FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
        S[b]... 3 OK {{*}}
        C[b]: 4 IDLE
        S[b]: + idling
        @do deliver pollalice two
        S[b]: * 2 EXISTS
        S[b]: * 0 RECENT
        C[a]: 3 SETACL INBOX -{{bob}} s
        S[a]: 3 OK {{*}}
        S[b]: * FLAGS {{*}}
        S[b]: * OK [PERMANENTFLAGS ()] {{*}}
        C[b]: DONE
        S[b]: 4 OK {{*}}
        # FETCH sets no \\\\Seen that may not be set (RFC 4314 §4).
        C[b]: 5 FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]
        S[b]: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {{{*}}
        S[b]... 5 OK {{*}}
        C[b]: 6 FETCH 1 FLAGS
        S[b]: * 1 FETCH (FLAGS ())
        S[b]: 6 OK {{*}}
        C[b]: 7 IDLE
        S[b]: + idling
        C[a]: 4 DELETEACL INBOX anyone
        S[a]: 4 OK {{*}}
        S[b]: * BYE {{*}}
        @closed b
        """);
  }

  @Test
  void aSharerOfAnAccountThatIsRemovedIsToldGoodbye() throws Exception {
    play(
        """
        @do user staybob
        @let bob = {{user}}
        @do user goalice
        @connect a: imap
        @connect b: imap-b
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{bob}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 SETACL INBOX {{bob}} lrs
        S[a]: 2 OK {{*}}
        C[b]: 2 SELECT "Other Users/{{user}}/INBOX"
        S[b]... 2 OK [READ-ONLY] {{*}}
        C[b]: 3 IDLE
        S[b]: + idling
        @do remove goalice
        S[b]: * BYE {{*}}
        @closed b
        @connect c: imap-b
        S[c]: * OK {{*}}
        C[c]: 1 LOGIN {{bob}} wing
        S[c]: 1 OK {{*}}
        C[c]: 2 NAMESPACE
        S[c]: * NAMESPACE (("" "/")) NIL NIL
        S[c]: 2 OK {{*}}
        C[c]: 3 SELECT "Other Users/{{user}}/INBOX"
        S[c]: 3 NO [NONEXISTENT] {{*}}
        """);
  }

  @Test
  void aDropBoxIsAppendedToAndNotRead() throws Exception {
    play(
        """
        @do user dropbob
        @let bob = {{user}}
        @do user dropalice
        @connect a: imap
        @connect b: imap
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{bob}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 SETACL INBOX {{bob}} i
        S[a]: 2 OK {{*}}
        C[b]! 2 APPEND "Other Users/{{user}}/INBOX" {16+}\\r\\nSubject: one\\r\\n\\r\\n\\r\\n
        S[b]: 2 OK [APPENDUID {{*}}
        C[b]: 3 SELECT "Other Users/{{user}}/INBOX"
        S[b]: 3 NO [NONEXISTENT] {{*}}
        C[b]: 4 LIST "" "Other*"
        S[b]: 4 OK {{*}}
        C[a]: 3 DELETEACL INBOX {{bob}}
        S[a]: 3 OK {{*}}
        C[b]! 5 APPEND "Other Users/{{user}}/INBOX" {16+}\\r\\nSubject: one\\r\\n\\r\\n\\r\\n
        S[b]: 5 NO [TRYCREATE] {{*}}
        C[a]: 4 STATUS INBOX (MESSAGES)
        S[a]: * STATUS INBOX (MESSAGES 1)
        S[a]: 4 OK {{*}}
        """);
  }
}
