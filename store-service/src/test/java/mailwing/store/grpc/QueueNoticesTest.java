package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.QueueFixture.MESSAGE;
import static mailwing.store.grpc.QueueFixture.count;
import static mailwing.store.grpc.QueueFixture.lastIn;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueResult.Outcome;
import mailwing.store.v1.QueuedRecipient;
import mailwing.store.v1.QueuedRecipient.State;
import mailwing.store.v1.Submission;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What senders are told of their messages in the outbound queue, on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QueueNoticesTest {
  private final QueueFixture queue = new QueueFixture(8);

  @AfterAll
  void stop() {
    queue.close();
  }

  @BeforeEach
  void empty() {
    queue.empty();
  }

  @Test
  void aTransientFailureIsTriedAgainLaterAndAPermanentOneIsReturned() {
    DeliveryEnvelope.Builder envelope = queue.envelope("x@remote.test", "y@remote.test");
    envelope.getRecipientsBuilder(0).setOriginalRecipient("rfc822;x+z@remote.test");
    envelope.getSubmissionBuilder().setEnvelopeId("QQ314159").setReturn(Submission.Return.FULL);
    queue.submit(envelope);
    LeaseJobsResponse lease = queue.leased();
    QueueJob job = lease.getJobs(0);
    int before = count(queue.alice);
    QueueJob one = job.toBuilder().removeRecipients(1).build();
    QueueJob other = job.toBuilder().removeRecipients(0).build();
    queue.report(lease, other, Outcome.TRANSIENT, "4.2.1", "451 4.2.1 later");
    queue.report(lease, one, Outcome.PERMANENT, "5.1.1", "550 5.1.1 nobody\nhere");

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 1);
    String notice = lastIn(queue.alice);
    assertThat(notice)
        .startsWith("Return-Path: <>\r\n")
        .contains("Content-Type: multipart/report; report-type=delivery-status;")
        .contains("Reporting-MTA: dns; out.example.test\r\nOriginal-Envelope-Id: QQ314159\r\n")
        .contains("Original-Recipient: rfc822; x+z@remote.test\r\n")
        .contains("Final-Recipient: rfc822; x@remote.test\r\nAction: failed\r\nStatus: 5.1.1\r\n")
        .contains("Remote-MTA: dns; mx.remote.test\r\n")
        .contains("Diagnostic-Code: smtp; 550 5.1.1 nobody here\r\n")
        .contains("Content-Type: message/rfc822\r\n\r\n" + new String(MESSAGE, UTF_8))
        .doesNotContain("y@remote.test");
    QueuedRecipient waiting =
        queue
            .list(QueueFilter.newBuilder().setRecipient("Y@remote.test").build())
            .getFirst()
            .getRecipients(1);
    assertThat(waiting.getState()).isEqualTo(State.WAITING);
    assertThat(waiting.getAttempts()).isOne();
    assertThat(waiting.getReply()).isEqualTo("451 4.2.1 later");
    assertThat(waiting.getAttempt(0).getResult().getRemoteHost()).isEqualTo("mx.remote.test");
    assertThat(waiting.getNextAtMillis() - System.currentTimeMillis())
        .isBetween(200_000L, 400_000L);

    // The last try is the one at its expiry.
    queue.store.execute(
        "UPDATE queue_message SET expires_at = 1; UPDATE queue_recipient SET next_at = 1"
            + " WHERE state = 1");
    LeaseJobsResponse last = queue.leased();
    queue.report(last, last.getJobs(0), Outcome.TRANSIENT, "4.2.1", "451 4.2.1 still not");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 2);
    assertThat(lastIn(queue.alice))
        .contains("y@remote.test\r\nAction: failed\r\nStatus: 4.4.7\r\n");
    assertThat(queue.store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NULL"))
        .isZero();
  }

  @Test
  void aDelayIsToldOnceAndSuccessWhereItWasAskedFor() {
    DeliveryEnvelope.Builder envelope = queue.envelope("x@remote.test");
    envelope.getRecipientsBuilder(0).setNotify(2 | 8);
    queue.submit(envelope);
    int before = count(queue.alice);
    queue.store.execute("UPDATE queue_message SET created_at = created_at - 5 * 3600 * 1000");
    for (int i = 0; i < 3; i++) {
      queue.store.execute("UPDATE queue_recipient SET next_at = 1");
      if (i == 2) {
        queue.change(Change.REQUEUE, QueueFilter.newBuilder().setDomain("remote.test").build());
      }
      LeaseJobsResponse lease = queue.leased();
      queue.report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    }
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 1);
    assertThat(lastIn(queue.alice)).contains("Action: delayed\r\n").contains("Will-Retry-Until: ");
    queue.store.execute("UPDATE queue_recipient SET next_at = 1");
    LeaseJobsResponse lease = queue.leased();
    queue.report(lease, lease.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 2);
    assertThat(lastIn(queue.alice)).contains("Action: relayed\r\n").contains("text/rfc822-headers");
  }

  @Test
  void theNullReversePathIsToldNothing() {
    queue.store.deliver(queue.envelope("x@remote.test").setReversePath("").build(), MESSAGE);
    LeaseJobsResponse lease = queue.leased();
    queue.report(lease, lease.getJobs(0), Outcome.PERMANENT, "5.1.1", "550 no");
    assertThat(queue.store.number("SELECT count(*) FROM queue_recipient WHERE dsn_kind <> 0"))
        .isZero();
    assertThat(queue.store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NULL"))
        .isZero();
  }

  @Test
  void aSenderElsewhereIsToldThroughTheQueue() {
    queue.store.deliver(
        queue.envelope("x@remote.test").setReversePath("\"o x\"@else.test").build(), MESSAGE);
    LeaseJobsResponse lease = queue.leased();
    queue.report(lease, lease.getJobs(0), Outcome.PERMANENT, "5.1.1", "550 no");
    LeaseJobsResponse bounce =
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> queue.lease(60_000), found -> found.getJobsCount() == 1);
    QueueJob job = bounce.getJobs(0);
    assertThat(job.getReversePath()).isEmpty();
    assertThat(job.getRecipients(0).getPath()).isEqualTo("\"o x\"@else.test");
    assertThat(new String(queue.read(bounce, job), UTF_8)).contains("To: <\"o x\"@else.test>\r\n");
    // And nobody is told of the notification.
    queue.report(bounce, job, Outcome.PERMANENT, "5.1.1", "550 no");
    assertThat(queue.store.number("SELECT count(*) FROM queue_recipient WHERE state < 5")).isZero();
    assertThat(queue.store.number("SELECT count(*) FROM queue_recipient WHERE dsn_kind <> 0"))
        .isZero();
  }

  private DeliveryEnvelope.Builder timed(Submission.DeliverBy mode, long millis, int notifyOn) {
    DeliveryEnvelope.Builder envelope = queue.envelope("x@remote.test");
    envelope.getRecipientsBuilder(0).setNotify(notifyOn);
    envelope
        .getSubmissionBuilder()
        .setDeliverBy(mode)
        .setDeliverByMillis(System.currentTimeMillis() + millis);
    return envelope;
  }

  @Test
  void aTimeThatIsOverIsToldAndTheMessageTriedOn() {
    queue.submit(timed(Submission.DeliverBy.NOTIFY, 60_000, 0));
    LeaseJobsResponse lease = queue.leased();
    assertThat(lease.getJobs(0).getDeliverBy()).isEqualTo(Submission.DeliverBy.NOTIFY);
    queue.report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    // The next try is not later than the time.
    assertThat(
            queue
                .list(QueueFilter.getDefaultInstance())
                .getFirst()
                .getRecipients(0)
                .getNextAtMillis())
        .isLessThanOrEqualTo(lease.getJobs(0).getDeliverByMillis());
    int before = count(queue.alice);
    queue.store.execute(
        "UPDATE queue_message SET deliver_by = 1; UPDATE queue_recipient SET next_at = 1");
    LeaseJobsResponse late = queue.leased();
    queue.report(late, late.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 1);
    assertThat(lastIn(queue.alice))
        .contains("Deliver-By-Date: ")
        .contains("Action: delayed\r\nStatus: 4.4.7\r\n");
    assertThat(queue.store.number("SELECT count(*) FROM queue_recipient WHERE state = 1")).isOne();
  }

  @Test
  void aMessageThatIsToBeBackInTimeIsBackThen() {
    queue.submit(timed(Submission.DeliverBy.RETURN, 60_000, 0));
    LeaseJobsResponse lease = queue.leased();
    int before = count(queue.alice);
    queue.store.execute("UPDATE queue_message SET deliver_by = 1");
    queue.report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 1);
    assertThat(lastIn(queue.alice)).contains("Action: failed\r\nStatus: 5.4.7\r\n");
  }

  @Test
  void handingOnToWhoForgetsTheTimeOrIsTracedIsTold() {
    int before = count(queue.alice);
    queue.submit(timed(Submission.DeliverBy.NOTIFY, 60_000, 0));
    LeaseJobsResponse lease = queue.leased();
    queue.report(lease, lease.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 1);
    assertThat(lastIn(queue.alice)).contains("Action: relayed\r\n");

    DeliveryEnvelope.Builder traced = timed(Submission.DeliverBy.RETURN, 60_000, 4);
    traced.getSubmissionBuilder().setDeliverByTrace(true);
    queue.store.deliver(traced.build(), MESSAGE);
    LeaseJobsResponse second = queue.leased();
    queue.report(second, second.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(queue.alice) == before + 2);
    assertThat(lastIn(queue.alice)).contains("Action: relayed\r\n");

    queue.submit(timed(Submission.DeliverBy.NOTIFY, 60_000, 1));
    LeaseJobsResponse silent = queue.leased();
    queue.report(silent, silent.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    assertThat(
            queue.store.number("SELECT count(*) FROM queue_recipient WHERE dsn_next IS NOT NULL"))
        .isZero();
  }
}
