package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// NOTIFY without Kafka, where both gateways poll the store, and for accounts with more mailboxes
/// than it watches. What it tells with Kafka is in notify.txt.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NotifyTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture =
        ImapFixture.startPolling(
            Duration.ofMillis(200), new ImapConfig.Policy(false, 8, 0, 0, Duration.ofSeconds(12)));
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  private void play(String text) throws Exception {
    Transcript.play("notify", text, fixture.setting());
  }

  @Test
  void changesOnAnotherGatewayArePushedWithoutIdleAndWithoutKafka() throws Exception {
    play(
        """
        @do user both
        @connect a: imap
        @connect b: imap-b
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{user}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 SELECT INBOX
        S[a]... 2 OK {{*}}
        C[a]: 3 NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))
        S[a]: 3 OK {{*}}
        C[b]! 2 APPEND INBOX {16+}\\r\\nSubject: one\\r\\n\\r\\n\\r\\n
        S[b]: 2 OK {{*}}
        S[a]: * 1 EXISTS
        S[a]: * 1 RECENT
        S[a]: * 1 FETCH (UID 1)
        C[b]! 3 APPEND Sent {16+}\\r\\nSubject: two\\r\\n\\r\\n\\r\\n
        S[b]: 3 OK {{*}}
        S[a]: * STATUS Sent (MESSAGES 1 UIDNEXT 2)
        C[b]: 4 RENAME Junk Spam
        S[b]: 4 OK {{*}}
        S[a]: * LIST (\\HasNoChildren \\Junk) "/" Spam (OLDNAME (Junk))
        C[b]: 5 SETMETADATA Spam (/shared/comment "x")
        S[b]: 5 OK {{*}}
        S[a]: * METADATA Spam /shared/comment
        C[b]: 6 UNSUBSCRIBE Sent
        S[b]: 6 OK {{*}}
        S[a]: * LIST (\\HasNoChildren \\Sent) "/" Sent
        """);
  }

  @Test
  void whatIsChangedUnderTheServerItselfIsToldToAllAccounts() throws Exception {
    play(
        """
        @do user admin
        @do administrator admin
        @let admin = {{user}}
        @do user plain
        @connect a: imap
        @connect b: imap-b
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{admin}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 NOTIFY SET (mailboxes INBOX (ServerMetadataChange))
        S[a]: 2 OK {{*}}
        C[b]: 2 SETMETADATA "" (/shared/comment "for all" /private/comment "my own")
        S[b]: 2 OK {{*}}
        S[a]: * METADATA "" /shared/comment
        C[b]: 3 SETMETADATA "" (/shared/comment NIL)
        S[b]: 3 OK {{*}}
        S[a]: * METADATA "" /shared/comment
        """);
  }

  @Test
  void moreMailboxesThanAreWatchedOverflow() throws Exception {
    play(
        """
        @do user many
        @connect a: imap
        @connect b: imap-b
        S[a]: * OK {{*}}
        S[b]: * OK {{*}}
        C[a]: 1 LOGIN {{user}} wing
        S[a]: 1 OK {{*}}
        C[b]: 1 LOGIN {{user}} wing
        S[b]: 1 OK {{*}}
        C[a]: 2 SELECT INBOX
        S[a]... 2 OK {{*}}
        C[a]: 3 NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName))
        S[a]: 3 OK {{*}}
        C[b]: 2 CREATE One
        S[b]: 2 OK {{*}}
        S[a]: * LIST (\\HasNoChildren) "/" One
        C[b]: 3 CREATE Two/Three
        S[b]: 3 OK {{*}}
        S[a]: * OK [NOTIFICATIONOVERFLOW] {{*}}
        # RFC 5465 §5.8: as after NOTIFY NONE.
        @do deliver many one
        C[b]: 4 DELETE Two/Three
        S[b]: 4 OK {{*}}
        C[a]: 4 NOOP
        S[a]: 4 OK {{*}}
        C[b]: 5 CREATE Four
        S[b]: 5 OK {{*}}
        # RFC 5465 §3.1: refused; what held before holds on.
        C[a]: 5 NOTIFY SET STATUS (personal (MessageNew MessageExpunge))
        S[a]... 5 NO [NOTIFICATIONOVERFLOW] {{*}}
        C[a]: 6 NOTIFY SET (selected (MessageNew MessageExpunge))
        S[a]... 6 OK {{*}}
        @do deliver many two
        S[a]: * 2 EXISTS
        S[a]: * 2 RECENT
        """);
  }
}
