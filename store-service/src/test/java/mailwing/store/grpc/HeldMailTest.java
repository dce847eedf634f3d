package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.QueueFixture.MESSAGE;
import static mailwing.store.grpc.QueueFixture.count;
import static mailwing.store.grpc.QueueFixture.lastIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.List;
import mailwing.store.TestStore;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.QueuedRecipient.State;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientResult.Status;
import mailwing.store.v1.Submission;
import mailwing.store.v1.TakeBackRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.store.v1.User;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Messages that are held before they go (RFC 4865), or may be taken back, on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HeldMailTest {
  private static final byte[] LARGE = MailFixture.message("held and large", 600_000);

  private final QueueFixture queue = new QueueFixture(6);
  private final MailFixture store = queue.store;
  private final MailFixture.User alice = queue.alice;
  private final MailFixture.User bob = queue.bob;

  @AfterAll
  void stop() {
    queue.close();
  }

  @BeforeEach
  void empty() {
    queue.empty();
    settings(0);
  }

  private User settings(int undoSeconds) {
    return store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(MailFixture.ALICE)
                .setUndoSeconds(undoSeconds)
                .build());
  }

  private DeliveryEnvelope.Builder envelope(long holdMillis, String... recipients) {
    DeliveryEnvelope.Builder envelope = queue.envelope(recipients);
    if (holdMillis > 0) {
      envelope
          .getSubmissionBuilder()
          .setHoldUntilMillis(System.currentTimeMillis() + holdMillis)
          .setHoldRequest("for;" + holdMillis / 1000);
    }
    envelope.getTraceBuilder().setHost("mx.example.test");
    envelope.getReportingBuilder().setElsewhere(true);
    return envelope;
  }

  private QueuedMessage only() {
    List<QueuedMessage> all = queue.list(QueueFilter.getDefaultInstance());
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  private int leased() {
    return queue.lease(60_000).getJobsCount();
  }

  private static TakeBackRequest back(DeliveryEnvelope envelope) {
    return TakeBackRequest.newBuilder().setQueueId(envelope.getTrace().getQueueId()).build();
  }

  @Test
  void allRecipientsWaitUntilTheTimeHasCome() {
    int before = count(bob);
    DeliveryEnvelope.Builder envelope = envelope(4000, MailFixture.BOB, "x@remote.test");
    envelope.getRecipientsBuilder(0).setNotify(2);
    DeliverResponse response = store.deliver(envelope.build(), LARGE);
    long until = envelope.getSubmission().getHoldUntilMillis();
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.QUEUED, Status.QUEUED);
    QueuedMessage held = only();
    assertThat(held.getHoldUntilMillis()).isEqualTo(until);
    assertThat(held.getRecipients(0).getLocal()).isTrue();
    assertThat(held.getRecipients(0).getState()).isEqualTo(State.WAITING);
    assertThat(held.getRecipients(0).getNextAtMillis()).isEqualTo(until);
    assertThat(held.getExpiresAtMillis()).isGreaterThan(until);
    assertThat(leased()).isZero();
    assertThat(count(bob)).isEqualTo(before);

    int reports = count(alice);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(bob) == before + 1);
    assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(until);
    assertThat(lastIn(bob))
        .isEqualTo(
            "Return-Path: <alice@example.test>\r\nDelivered-To: bob@example.test\r\n"
                + new String(LARGE, UTF_8));
    assertThat(leased()).isOne();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(alice) == reports + 1);
    assertThat(lastIn(alice))
        .contains("Reporting-MTA: dns; mx.example.test\r\n")
        .contains("Future-Release-Request: for;4\r\n")
        .contains("Final-Recipient: rfc822; bob@example.test\r\nAction: delivered\r\n");
  }

  /// RFC 3461 §5.2.7.3 (c), and §5.2.7.2 for an address that leads to one elsewhere.
  @Test
  void anAddressThatStandsForSeveralIsToldAsSuch() {
    store.alias("both@example.test", MailFixture.BOB, "x@remote.test");
    store.alias("out@example.test", "y@remote.test");
    int before = count(bob);
    int reports = count(alice);
    DeliveryEnvelope.Builder envelope = envelope(1000, "both@example.test", "out@example.test");
    envelope.getRecipientsBuilder(0).setNotify(2);
    envelope.getRecipientsBuilder(1).setNotify(2).setOriginalRecipient("rfc822;out@example.test");
    store.deliver(envelope.build(), MESSAGE);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(bob) == before + 1);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(alice) == reports + 1);
    assertThat(lastIn(alice))
        .contains("Action: expanded\r\n", "both@example.test")
        .doesNotContain("out@example.test");
    assertThat(store.number("SELECT notify FROM queue_recipient WHERE path = 'y@remote.test'"))
        .isEqualTo(2);
  }

  @Test
  void noAccountHasMoreHeldThanItMay() {
    DeliveryEnvelope first = envelope(60_000, "x@remote.test").build();
    store.deliver(first, MESSAGE);
    store.execute(
        "INSERT INTO queue_message SELECT (jsonb_populate_record(q, jsonb_build_object("
            + "'delivery_id', '\\x' || lpad(to_hex(n), 32, '0')))).*"
            + " FROM queue_message q, generate_series(1, 999) n");
    // What has been taken is taken when it is repeated.
    assertThat(store.deliver(first, MESSAGE).getResults(0).getStatus()).isEqualTo(Status.QUEUED);
    assertThat(
            TestStore.errorOf(
                () -> store.deliver(envelope(60_000, "x@remote.test").build(), MESSAGE)))
        .isEqualTo("LIMIT");
    assertThat(
            store.deliver(envelope(0, "x@remote.test").build(), MESSAGE).getResults(0).getStatus())
        .isEqualTo(Status.QUEUED);
  }

  @Test
  void whatIsHeldIsTakenBackWhole() {
    int before = count(bob);
    DeliveryEnvelope envelope = envelope(60_000, MailFixture.BOB, "x@remote.test").build();
    store.deliver(envelope, MESSAGE);
    Throwable another = catchThrowable(() -> bob.queue().takeBack(back(envelope)));
    assertThat(MailFixture.error(another)).isEqualTo(ErrorCode.MESSAGE_NOT_FOUND);
    assertThat(alice.queue().takeBack(back(envelope)).getRecipients()).isEqualTo(2);
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE state = 7")).isEqualTo(2);
    assertThat(
            store.number(
                "SELECT count(*) FROM blob_chunk c JOIN queue_message m"
                    + " ON m.account_id = c.account_id AND m.blob_id = c.blob_id"))
        .isZero();
    Throwable again = catchThrowable(() -> alice.queue().takeBack(back(envelope)));
    assertThat(MailFixture.error(again)).isEqualTo(ErrorCode.CANNOT);
    assertThat(count(bob)).isEqualTo(before);
  }

  @Test
  void whatHasBegunToGoIsNotTakenBack() {
    DeliveryEnvelope envelope = envelope(60_000, "x@remote.test", "y@remote.test").build();
    store.deliver(envelope, MESSAGE);
    store.execute("UPDATE queue_recipient SET next_at = 1 WHERE recipient_no = 0");
    assertThat(leased()).isOne();
    Throwable late = catchThrowable(() -> store.queueAdmin().takeBack(back(envelope)));
    assertThat(MailFixture.error(late)).isEqualTo(ErrorCode.CANNOT);
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE state = 7")).isZero();

    DeliveryEnvelope unheld = envelope(0, "x@remote.test").build();
    store.deliver(unheld, MESSAGE);
    Throwable never = catchThrowable(() -> store.queueAdmin().takeBack(back(unheld)));
    assertThat(MailFixture.error(never)).isEqualTo(ErrorCode.MESSAGE_NOT_FOUND);
  }

  @Test
  void anAccountThatMayUndoHasAllItSubmitsHeld() {
    assertThat(settings(30).getUndoSeconds()).isEqualTo(30);
    Throwable tooLong = catchThrowable(() -> settings(3601));
    assertThat(MailFixture.error(tooLong)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    int before = count(bob);
    DeliveryEnvelope envelope = envelope(0, MailFixture.BOB).build();
    store.deliver(envelope, MESSAGE);
    assertThat(only().getHoldUntilMillis() - System.currentTimeMillis())
        .isBetween(20_000L, 30_000L);
    assertThat(store.queueAdmin().takeBack(back(envelope)).getRecipients()).isOne();

    // What is flushed goes at once.
    DeliveryEnvelope other = envelope(0, MailFixture.BOB).build();
    store.deliver(other, MESSAGE);
    queue.change(
        Change.FLUSH, QueueFilter.newBuilder().setQueueId(other.getTrace().getQueueId()).build());
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(bob) == before + 1);
  }

  @Test
  void whoIsGoneOrFullWhenTheTimeComesIsTold() {
    store.user("leaving@example.test");
    store.deliver(envelope(60_000, "leaving@example.test").build(), MESSAGE);
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress("leaving@example.test")
                .setEnabled(false)
                .build());
    int before = count(alice);
    store.execute("UPDATE queue_recipient SET next_at = 1");
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice))
        .contains("Final-Recipient: rfc822; leaving@example.test\r\nAction: failed\r\n")
        .contains("Status: 5.2.1\r\n");
  }

  @Test
  void aTimeToBeDeliveredInIsKeptHereToo() {
    DeliveryEnvelope.Builder envelope = envelope(60_000, MailFixture.BOB);
    envelope
        .getSubmissionBuilder()
        .setDeliverBy(Submission.DeliverBy.RETURN)
        .setDeliverByMillis(System.currentTimeMillis() + 90_000);
    store.deliver(envelope.build(), MESSAGE);
    int before = count(alice);
    int bobs = count(bob);
    store.execute(
        "UPDATE queue_message SET deliver_by = 1; UPDATE queue_recipient SET next_at = 1");
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice))
        .contains("Deliver-By-Date: ")
        .contains("Action: failed\r\nStatus: 5.4.7\r\n");
    assertThat(count(bob)).isEqualTo(bobs);
  }
}
