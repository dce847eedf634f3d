package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.QueueFixture.last;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import java.time.Duration;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientResult.Status;
import mailwing.store.v1.SpecialUse;
import mailwing.store.v1.UpdateUserRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What accounts submit is kept in Sent, once, on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SentCopiesTest {
  private final QueueFixture queue = new QueueFixture(7);
  private final MailFixture store = queue.store;
  private final MailFixture.User alice = queue.alice;
  private final MailFixture.User bob = queue.bob;

  @AfterAll
  void stop() {
    queue.close();
  }

  @BeforeEach
  void asked() {
    queue.empty();
    set(true);
  }

  private void set(boolean copies) {
    assertThat(
            store
                .directory()
                .updateUser(
                    UpdateUserRequest.newBuilder()
                        .setAddress(MailFixture.ALICE)
                        .setCopyToSent(copies)
                        .build())
                .getCopyToSent())
        .isEqualTo(copies);
  }

  private DeliveryEnvelope.Builder envelope(String... recipients) {
    DeliveryEnvelope.Builder envelope = queue.envelope(recipients);
    for (DeliveryRecipient.Builder recipient : envelope.getRecipientsBuilderList()) {
      recipient.setHeaderPrefix(ByteString.copyFrom(MailFixture.prefix(recipient.getAddress())));
    }
    return envelope;
  }

  private static AppendResponse append(MailFixture.User user, String mailbox, byte[] message) {
    return user.append(AppendHeader.newBuilder().setMailboxName(mailbox).build(), message);
  }

  @Test
  void theCopyIsSeenAndHasTheBlindCopiesThatNobodyElseSees() {
    byte[] message = MailFixture.message("with a copy", 2000);
    MailboxStatus before = alice.status("Sent");
    int bobs = bob.status("INBOX").getMessages();
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.BOB, "x@remote.test");
    envelope
        .getSubmissionBuilder()
        .setBlindCopies(ByteString.copyFromUtf8("Bcc: secret@remote.test\r\n"));
    assertThat(store.deliver(envelope.build(), message).getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.QUEUED);
    // A repeat keeps no second copy.
    store.deliver(envelope.build(), message);
    MailboxStatus after = alice.status("Sent");
    assertThat(after.getMessages()).isEqualTo(before.getMessages() + 1);
    assertThat(after.getUnseen()).isEqualTo(before.getUnseen());
    assertThat(last(alice, "Sent"))
        .isEqualTo("Bcc: secret@remote.test\r\n" + new String(message, UTF_8));
    assertThat(bob.status("INBOX").getMessages()).isEqualTo(bobs + 1);
    assertThat(last(bob, "INBOX")).doesNotContain("secret@");
    assertThat(store.number("SELECT count(*) FROM queue_recipient")).isOne();
  }

  @Test
  void theCopyCommitsWithWhatIsSubmittedToUsersHereAlone() {
    byte[] message = MailFixture.message("to users here", 700_000);
    int before = alice.status("Sent").getMessages();
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.BOB, MailFixture.ALICE);
    envelope
        .getSubmissionBuilder()
        .setBlindCopies(ByteString.copyFromUtf8("Bcc: secret@remote.test\r\n"));
    store.deliver(envelope.build(), message);
    assertThat(alice.status("Sent").getMessages()).isEqualTo(before + 1);
    assertThat(last(bob, "INBOX"))
        .isEqualTo("Delivered-To: bob@example.test\r\n" + new String(message, UTF_8));
    assertThat(last(alice, "INBOX"))
        .isEqualTo("Delivered-To: alice@example.test\r\n" + new String(message, UTF_8));
    assertThat(store.number("SELECT count(*) FROM delivery_retry")).isZero();
  }

  @Test
  void whatIsLeftForOthersIsMadeOfTheCopyWithoutItsBlindCopies() {
    MailFixture.User full =
        store.user("full@example.test", QuotaLimits.newBuilder().setOctets(10).build());
    byte[] message = MailFixture.message("for who is full", 3000);
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.BOB, "full@example.test");
    envelope
        .getSubmissionBuilder()
        .setBlindCopies(ByteString.copyFromUtf8("Bcc: secret@remote.test\r\n"));
    assertThat(store.deliver(envelope.build(), message).getResults(1).getStatus())
        .isEqualTo(Status.DEFERRED);
    store.execute(
        "UPDATE account_state SET limit_octets = 0; UPDATE delivery_retry SET next_at = 0");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> full.status("INBOX").getMessages() == 1);
    assertThat(last(full, "INBOX"))
        .isEqualTo("Delivered-To: full@example.test\r\n" + new String(message, UTF_8));
  }

  @Test
  void aClientThatAppendsTheSameMessageFindsItThere() {
    byte[] message = MailFixture.message("appended too", 2000);
    int before = alice.status("Sent").getMessages();
    store.deliver(envelope(MailFixture.BOB).build(), message);
    AppendResponse appended = append(alice, "Sent", message);
    MailboxStatus sent = alice.status("Sent");
    assertThat(sent.getMessages()).isEqualTo(before + 1);
    assertThat(appended.getUids(0)).isEqualTo(sent.getUidNext() - 1);

    // The other way round, and where it is also for who sends it.
    byte[] other = MailFixture.message("appended before", 2000);
    append(alice, "Sent", other);
    DeliverResponse response =
        store.deliver(envelope(MailFixture.BOB, "x@remote.test").build(), other);
    assertThat(response.getResults(0).getStatus()).isEqualTo(Status.DELIVERED);
    store.deliver(envelope(MailFixture.BOB).build(), other);
    assertThat(alice.status("Sent").getMessages()).isEqualTo(before + 2);
    assertThat(last(bob, "INBOX")).endsWith(new String(other, UTF_8));
  }

  @Test
  void otherMessagesMailboxesAndAccountsAreLeftAlone() {
    byte[] message = MailFixture.message("elsewhere", 2000);
    store.deliver(envelope(MailFixture.BOB).build(), message);
    int archived = alice.status("Archive").getMessages();
    append(alice, "Archive", message);
    assertThat(alice.status("Archive").getMessages()).isEqualTo(archived + 1);
    set(false);
    int before = alice.status("Sent").getMessages();
    append(alice, "Sent", message);
    store.deliver(envelope(MailFixture.BOB).build(), MailFixture.message("no copy", 500));
    assertThat(alice.status("Sent").getMessages()).isEqualTo(before + 1);
  }

  @Test
  void sentIsMadeWhereItMisses() {
    alice.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName("Sent").build());
    store.deliver(envelope(MailFixture.BOB).build(), MailFixture.message("made", 500));
    var made =
        alice.mailboxes().openMailbox(OpenMailboxRequest.newBuilder().setName("Sent").build());
    assertThat(made.getMailbox().getSpecialUse()).isEqualTo(SpecialUse.SENT_VALUE);
    assertThat(made.getStatus().getMessages()).isOne();
  }

  @Test
  void withoutRoomForTheCopyNothingIsSubmitted() {
    store.execute(
        "UPDATE account_state SET limit_octets = 1 WHERE account_id = " + alice.accountId());
    try {
      int bobs = bob.status("INBOX").getMessages();
      for (String recipient : new String[] {MailFixture.BOB, "x@remote.test"}) {
        Throwable full =
            catchThrowable(
                () ->
                    store.deliver(
                        envelope(recipient).build(), MailFixture.message("no room", 900)));
        assertThat(MailFixture.error(full)).isEqualTo(ErrorCode.OVER_QUOTA);
      }
      assertThat(bob.status("INBOX").getMessages()).isEqualTo(bobs);
      assertThat(store.number("SELECT count(*) FROM queue_message")).isZero();
    } finally {
      store.execute(
          "UPDATE account_state SET limit_octets = 0 WHERE account_id = " + alice.accountId());
    }
  }
}
