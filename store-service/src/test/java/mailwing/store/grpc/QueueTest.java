package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.ChangeQueueResponse;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.ListQueueRequest;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.QueueResult.Outcome;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.QueuedRecipient;
import mailwing.store.v1.QueuedRecipient.State;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientResult.Status;
import mailwing.store.v1.RenewLeaseRequest;
import mailwing.store.v1.ReportResultsRequest;
import mailwing.store.v1.SetSuspendedRequest;
import mailwing.store.v1.Submission;
import mailwing.store.v1.Suspension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The outbound queue by its contract, on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QueueTest {
  private static final byte[] MESSAGE = MailFixture.message("queued", 2000);

  private final MailFixture store = new MailFixture();
  private final Random random = new Random(4);
  private MailFixture.User alice;
  private MailFixture.User bob;
  private String token;

  @BeforeAll
  void users() {
    alice = store.user(MailFixture.ALICE);
    bob = store.user(MailFixture.BOB);
    token = store.token(MailFixture.ALICE, "a password");
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @BeforeEach
  void empty() {
    store.execute(
        "DELETE FROM queue_recipient; DELETE FROM queue_message; DELETE FROM queue_attempt;"
            + " DELETE FROM queue_suspension");
  }

  private DeliveryEnvelope.Builder envelope(byte[] id, String... recipients) {
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(ByteString.copyFrom(id))
            .setReversePath(MailFixture.ALICE)
            .setSubmission(Submission.newBuilder().setSessionToken(token));
    envelope.getTraceBuilder().setQueueId("ID" + random.nextInt(1 << 30));
    for (String recipient : recipients) {
      envelope.addRecipients(DeliveryRecipient.newBuilder().setAddress(recipient));
    }
    return envelope;
  }

  private DeliverResponse submit(String... recipients) {
    return store.deliver(envelope(MailFixture.id(random), recipients).build(), MESSAGE);
  }

  private LeaseJobsResponse lease(long millis) {
    return lease(millis, 100);
  }

  private LeaseJobsResponse lease(long millis, int most) {
    return store
        .queue()
        .leaseJobs(
            LeaseJobsRequest.newBuilder()
                .setWorker("out.example.test")
                .setMost(most)
                .setLeaseMillis(millis)
                .build());
  }

  /// A lease on what is due; a row that a notice is being made of is passed over meanwhile.
  private LeaseJobsResponse leased() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> lease(60_000), found -> found.getJobsCount() > 0);
  }

  private void report(
      LeaseJobsResponse lease, QueueJob job, Outcome outcome, String status, String reply) {
    ReportResultsRequest.Builder report =
        ReportResultsRequest.newBuilder().setRef(job.getRef()).setLeaseId(lease.getLeaseId());
    for (QueueJobRecipient recipient : job.getRecipientsList()) {
      report.addResults(
          QueueResult.newBuilder()
              .setNumber(recipient.getNumber())
              .setOutcome(outcome)
              .setStatus(status)
              .setReply(reply)
              .setRemoteHost("mx.remote.test"));
    }
    store.queue().reportResults(report.build());
  }

  private List<QueuedMessage> list(QueueFilter filter) {
    List<QueuedMessage> all = new ArrayList<>();
    store
        .queueAdmin()
        .listQueue(ListQueueRequest.newBuilder().setFilter(filter).setWithAttempts(true).build())
        .forEachRemaining(all::add);
    return all;
  }

  private ChangeQueueResponse change(Change change, QueueFilter filter) {
    return store
        .queueAdmin()
        .changeQueue(ChangeQueueRequest.newBuilder().setChange(change).setFilter(filter).build());
  }

  private byte[] read(LeaseJobsResponse lease, QueueJob job) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    store
        .queue()
        .readQueued(
            ReadQueuedRequest.newBuilder()
                .setRef(job.getRef())
                .setLeaseId(lease.getLeaseId())
                .build())
        .forEachRemaining(frame -> octets.writeBytes(frame.getData().toByteArray()));
    return octets.toByteArray();
  }

  private String lastIn(MailFixture.User user) {
    int uid = user.status("INBOX").getUidNext() - 1;
    return new String(user.body(user.ref("INBOX"), uid, 0, 1 << 20), UTF_8);
  }

  private int count(MailFixture.User user) {
    return user.status("INBOX").getMessages();
  }

  @Test
  void whatLeavesTheHouseIsQueuedWithTheSameCommitAsWhatStays() {
    int before = count(bob);
    byte[] id = MailFixture.id(random);
    DeliveryEnvelope envelope =
        envelope(id, MailFixture.BOB, "carol@Remote.Test", "dave@remote.test", "eve@else.test")
            .build();
    DeliverResponse response = store.deliver(envelope, MESSAGE);
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.QUEUED, Status.QUEUED, Status.QUEUED);

    // A repeat stores and queues nothing twice.
    assertThat(store.deliver(envelope, MESSAGE).getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.QUEUED, Status.QUEUED, Status.QUEUED);
    assertThat(count(bob)).isEqualTo(before + 1);

    LeaseJobsResponse lease = leased();
    assertThat(lease.getJobsList())
        .extracting(QueueJob::getDomain)
        .containsExactlyInAnyOrder("remote.test", "else.test");
    assertThat(lease.getJobsList())
        .extracting(QueueJob::getRecipientsCount)
        .containsExactlyInAnyOrder(2, 1);
    assertThat(read(lease, lease.getJobs(0))).isEqualTo(MESSAGE);
    assertThat(lease(60_000).getJobsList()).isEmpty();
    for (QueueJob job : lease.getJobsList()) {
      report(lease, job, Outcome.DELIVERED, "2.0.0", "250 ok");
    }
    // Finished: the body is gone, what became of it is remembered.
    assertThat(
            store.number(
                "SELECT count(*) FROM blob_chunk c JOIN queue_message m"
                    + " ON m.account_id = c.account_id AND m.blob_id = c.blob_id"))
        .isZero();
    assertThat(store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NOT NULL"))
        .isOne();
    assertThat(store.number("SELECT count(*) FROM queue_attempt")).isEqualTo(3);
  }

  @Test
  void aLargeMessageIsQueuedOctetByOctet() {
    byte[] large = MailFixture.message("large", 700_000);
    store.deliver(
        envelope(MailFixture.id(random), "x@remote.test", MailFixture.BOB).build(), large);
    LeaseJobsResponse lease = leased();
    assertThat(read(lease, lease.getJobs(0))).isEqualTo(large);
  }

  @Test
  void withoutASessionNothingLeavesTheHouse() {
    DeliverResponse response =
        store.deliver(MailFixture.id(random), MESSAGE, MailFixture.BOB, "x@remote.test");
    assertThat(response.getResults(1).getStatus()).isEqualTo(Status.FAILED);
    assertThat(response.getResults(1).getError()).isEqualTo(ErrorCode.DOMAIN_NOT_FOUND);
    DeliveryEnvelope.Builder forged = envelope(MailFixture.id(random), "x@remote.test");
    forged.getSubmissionBuilder().setSessionToken("mwt_forged");
    Throwable refused = catchThrowable(() -> store.deliver(forged.build(), MESSAGE));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.CREDENTIAL_INVALID);
    assertThat(lease(1000).getJobsList()).isEmpty();
  }

  @Test
  void aLeaseThatExpiresIsTakenOverAndItsReportRefused() {
    submit("x@remote.test");
    LeaseJobsResponse first = lease(1000);
    assertThat(first.getJobsCount()).isOne();
    assertThat(lease(1000).getJobsList()).isEmpty();
    LeaseJobsResponse second =
        Awaitility.await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> lease(60_000), found -> found.getJobsCount() == 1);
    Throwable stale =
        catchThrowable(() -> report(first, first.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok"));
    assertThat(MailFixture.error(stale)).isEqualTo(ErrorCode.STALE);
    Throwable reading = catchThrowable(() -> read(first, first.getJobs(0)));
    assertThat(MailFixture.error(reading)).isEqualTo(ErrorCode.STALE);
    Throwable renewing =
        catchThrowable(
            () ->
                store
                    .queue()
                    .renewLease(
                        RenewLeaseRequest.newBuilder()
                            .setLeaseId(first.getLeaseId())
                            .setLeaseMillis(60_000)
                            .build()));
    assertThat(MailFixture.error(renewing)).isEqualTo(ErrorCode.STALE);
    report(second, second.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE state = 5")).isOne();
  }

  @Test
  void aTransientFailureIsTriedAgainLaterAndAPermanentOneIsReturned() {
    byte[] id = MailFixture.id(random);
    DeliveryEnvelope.Builder envelope = envelope(id, "x@remote.test", "y@remote.test");
    envelope.getRecipientsBuilder(0).setOriginalRecipient("rfc822;x+z@remote.test");
    envelope.getSubmissionBuilder().setEnvelopeId("QQ314159").setReturn(Submission.Return.FULL);
    store.deliver(envelope.build(), MESSAGE);
    LeaseJobsResponse lease = leased();
    QueueJob job = lease.getJobs(0);
    int before = count(alice);
    QueueJob one = job.toBuilder().removeRecipients(1).build();
    QueueJob other = job.toBuilder().removeRecipients(0).build();
    report(lease, other, Outcome.TRANSIENT, "4.2.1", "451 4.2.1 later");
    report(lease, one, Outcome.PERMANENT, "5.1.1", "550 5.1.1 nobody\nhere");

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 1);
    String notice = lastIn(alice);
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
        list(QueueFilter.newBuilder().setRecipient("Y@remote.test").build())
            .getFirst()
            .getRecipients(1);
    assertThat(waiting.getState()).isEqualTo(State.WAITING);
    assertThat(waiting.getAttempts()).isOne();
    assertThat(waiting.getReply()).isEqualTo("451 4.2.1 later");
    assertThat(waiting.getAttempt(0).getResult().getRemoteHost()).isEqualTo("mx.remote.test");
    assertThat(waiting.getNextAtMillis() - System.currentTimeMillis())
        .isBetween(200_000L, 400_000L);

    // The last try is the one at its expiry.
    store.execute(
        "UPDATE queue_message SET expires_at = 1; UPDATE queue_recipient SET next_at = 1"
            + " WHERE state = 1");
    LeaseJobsResponse last = leased();
    report(last, last.getJobs(0), Outcome.TRANSIENT, "4.2.1", "451 4.2.1 still not");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 2);
    assertThat(lastIn(alice)).contains("y@remote.test\r\nAction: failed\r\nStatus: 4.4.7\r\n");
    assertThat(store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NULL"))
        .isZero();
  }

  @Test
  void aDelayIsToldOnceAndSuccessWhereItWasAskedFor() {
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.id(random), "x@remote.test");
    envelope.getRecipientsBuilder(0).setNotify(2 | 8);
    store.deliver(envelope.build(), MESSAGE);
    int before = count(alice);
    store.execute("UPDATE queue_message SET created_at = created_at - 5 * 3600 * 1000");
    for (int i = 0; i < 2; i++) {
      store.execute("UPDATE queue_recipient SET next_at = 1");
      LeaseJobsResponse lease = leased();
      report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    }
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice)).contains("Action: delayed\r\n").contains("Will-Retry-Until: ");
    store.execute("UPDATE queue_recipient SET next_at = 1");
    LeaseJobsResponse lease = leased();
    report(lease, lease.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 2);
    assertThat(lastIn(alice)).contains("Action: relayed\r\n").contains("text/rfc822-headers");
  }

  @Test
  void theNullReversePathIsToldNothing() {
    store.deliver(
        envelope(MailFixture.id(random), "x@remote.test").setReversePath("").build(), MESSAGE);
    LeaseJobsResponse lease = leased();
    report(lease, lease.getJobs(0), Outcome.PERMANENT, "5.1.1", "550 no");
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE dsn_kind <> 0")).isZero();
    assertThat(store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NULL"))
        .isZero();
  }

  @Test
  void aSenderElsewhereIsToldThroughTheQueue() {
    store.deliver(
        envelope(MailFixture.id(random), "x@remote.test")
            .setReversePath("\"o x\"@else.test")
            .build(),
        MESSAGE);
    LeaseJobsResponse lease = leased();
    report(lease, lease.getJobs(0), Outcome.PERMANENT, "5.1.1", "550 no");
    LeaseJobsResponse bounce =
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> lease(60_000), found -> found.getJobsCount() == 1);
    QueueJob job = bounce.getJobs(0);
    assertThat(job.getReversePath()).isEmpty();
    assertThat(job.getRecipients(0).getPath()).isEqualTo("\"o x\"@else.test");
    assertThat(new String(read(bounce, job), UTF_8)).contains("To: <\"o x\"@else.test>\r\n");
    // And nobody is told of the notification.
    report(bounce, job, Outcome.PERMANENT, "5.1.1", "550 no");
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE state < 5")).isZero();
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE dsn_kind <> 0")).isZero();
  }

  @Test
  void anAdministratorHoldsReleasesFlushesRequeuesReturnsAndDeletes() {
    submit("x@remote.test", "y@else.test");
    QueueFilter remote = QueueFilter.newBuilder().setDomain("Remote.TEST").build();
    assertThat(change(Change.HOLD, remote).getChanged()).isOne();
    LeaseJobsResponse lease = leased();
    assertThat(lease.getJobsList()).extracting(QueueJob::getDomain).containsExactly("else.test");
    // What a worker has now is left alone.
    ChangeQueueResponse deleted =
        change(Change.DELETE, QueueFilter.newBuilder().setSender(MailFixture.ALICE).build());
    assertThat(deleted.getInProgress()).isOne();
    assertThat(deleted.getChanged()).isOne();
    report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    String id = list(QueueFilter.getDefaultInstance()).getFirst().getQueueId();
    QueueFilter byId = QueueFilter.newBuilder().setQueueId(id).build();
    assertThat(lease(1000).getJobsList()).isEmpty();
    assertThat(change(Change.FLUSH, byId).getChanged()).isOne();
    LeaseJobsResponse again = leased();
    assertThat(again.getJobs(0).getRecipients(0).getAttempts()).isOne();
    report(again, again.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    assertThat(change(Change.HOLD, byId).getChanged()).isOne();
    assertThat(change(Change.RELEASE, byId).getChanged()).isOne();
    assertThat(change(Change.REQUEUE, byId).getChanged()).isOne();
    LeaseJobsResponse third = leased();
    assertThat(third.getJobs(0).getRecipients(0).getAttempts()).isZero();
    report(third, third.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    int before = count(alice);
    assertThat(change(Change.BOUNCE, byId).getChanged()).isOne();
    // The notification is there a moment before the queue knows it.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> count(alice) == before + 1 && list(QueueFilter.getDefaultInstance()).isEmpty());
    Throwable refused =
        catchThrowable(() -> change(Change.DELETE, QueueFilter.getDefaultInstance()));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void whatIsSuspendedIsNotTriedUntilItIsResumed() {
    submit("x@remote.test");
    Suspension remote = Suspension.newBuilder().setDomain("remote.test").build();
    assertThat(suspend(remote, true)).isOne();
    submit("y@remote.test", "z@else.test");
    LeaseJobsResponse lease = leased();
    assertThat(lease.getJobsList()).extracting(QueueJob::getDomain).containsExactly("else.test");
    assertThat(suspend(remote, false)).isEqualTo(2);
    assertThat(lease(60_000).getJobsList()).hasSize(2);
  }

  private int suspend(Suspension suspension, boolean suspended) {
    return store
        .queueAdmin()
        .setSuspended(
            SetSuspendedRequest.newBuilder()
                .setSuspension(suspension)
                .setSuspended(suspended)
                .build())
        .getChanged();
  }

  @Test
  void aMessageOnHoldWaitsForItsTime() {
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.id(random), "x@remote.test");
    envelope.getSubmissionBuilder().setHoldUntilMillis(System.currentTimeMillis() + 1500);
    store.deliver(envelope.build(), MESSAGE);
    assertThat(lease(60_000).getJobsList()).isEmpty();
    LeaseJobsResponse later =
        store
            .queue()
            .leaseJobs(
                LeaseJobsRequest.newBuilder()
                    .setWorker("out.example.test")
                    .setMost(10)
                    .setLeaseMillis(60_000)
                    .setWaitMillis(10_000)
                    .build());
    assertThat(later.getJobsCount()).isOne();
  }

  @Test
  void anEnvelopeThatWouldEndACommandLineIsRefused() {
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.id(random), "x@remote.test");
    envelope.getRecipientsBuilder(0).setPath("x@remote.test>\r\nRCPT TO:<y");
    Throwable refused = catchThrowable(() -> store.deliver(envelope.build(), MESSAGE));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  private DeliveryEnvelope.Builder timed(Submission.DeliverBy mode, long millis, int notifyOn) {
    DeliveryEnvelope.Builder envelope = envelope(MailFixture.id(random), "x@remote.test");
    envelope.getRecipientsBuilder(0).setNotify(notifyOn);
    envelope
        .getSubmissionBuilder()
        .setDeliverBy(mode)
        .setDeliverByMillis(System.currentTimeMillis() + millis);
    return envelope;
  }

  @Test
  void aTimeThatIsOverIsToldAndTheMessageTriedOn() {
    store.deliver(timed(Submission.DeliverBy.NOTIFY, 60_000, 0).build(), MESSAGE);
    LeaseJobsResponse lease = leased();
    assertThat(lease.getJobs(0).getDeliverBy()).isEqualTo(Submission.DeliverBy.NOTIFY);
    report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    // The next try is not later than the time.
    assertThat(list(QueueFilter.getDefaultInstance()).getFirst().getRecipients(0).getNextAtMillis())
        .isLessThanOrEqualTo(lease.getJobs(0).getDeliverByMillis());
    int before = count(alice);
    store.execute(
        "UPDATE queue_message SET deliver_by = 1; UPDATE queue_recipient SET next_at = 1");
    LeaseJobsResponse late = leased();
    report(late, late.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice))
        .contains("Deliver-By-Date: ")
        .contains("Action: delayed\r\nStatus: 4.4.7\r\n");
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE state = 1")).isOne();
  }

  @Test
  void aMessageThatIsToBeBackInTimeIsBackThen() {
    store.deliver(timed(Submission.DeliverBy.RETURN, 60_000, 0).build(), MESSAGE);
    LeaseJobsResponse lease = leased();
    int before = count(alice);
    store.execute("UPDATE queue_message SET deliver_by = 1");
    report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.4.1", "no answer");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice)).contains("Action: failed\r\nStatus: 5.4.7\r\n");
  }

  @Test
  void handingOnToWhoForgetsTheTimeOrIsTracedIsTold() {
    int before = count(alice);
    store.deliver(timed(Submission.DeliverBy.NOTIFY, 60_000, 0).build(), MESSAGE);
    LeaseJobsResponse lease = leased();
    report(lease, lease.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 1);
    assertThat(lastIn(alice)).contains("Action: relayed\r\n");

    DeliveryEnvelope.Builder traced = timed(Submission.DeliverBy.RETURN, 60_000, 4);
    traced.getSubmissionBuilder().setDeliverByTrace(true);
    store.deliver(traced.build(), MESSAGE);
    LeaseJobsResponse second = leased();
    report(second, second.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> count(alice) == before + 2);
    assertThat(lastIn(alice)).contains("Action: relayed\r\n");

    store.deliver(timed(Submission.DeliverBy.NOTIFY, 60_000, 1).build(), MESSAGE);
    LeaseJobsResponse silent = leased();
    report(silent, silent.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE dsn_next IS NOT NULL"))
        .isZero();
  }

  @Test
  void higherPrioritiesGoFirst() {
    for (int priority : new int[] {-9, 0, 9, 3}) {
      DeliveryEnvelope.Builder envelope =
          envelope(MailFixture.id(random), "p" + priority + "@remote.test");
      envelope.getSubmissionBuilder().setPriority(priority);
      store.deliver(envelope.build(), MESSAGE);
    }
    assertThat(leased().getJobsList())
        .extracting(QueueJob::getPriority)
        .containsExactly(9, 3, 0, -9);
    store.execute("UPDATE queue_recipient SET lease_id = NULL, next_at = 1");
    assertThat(lease(60_000, 1).getJobs(0).getPriority()).isEqualTo(9);
    assertThat(lease(60_000, 2).getJobsList())
        .extracting(QueueJob::getPriority)
        .containsExactly(3, 0);
    // What has waited for minutes more goes first, whatever its priority.
    submit("y@remote.test");
    assertThat(lease(60_000, 1).getJobs(0).getPriority()).isEqualTo(-9);
  }
}
