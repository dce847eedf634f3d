package mailwing.store.grpc;

import static mailwing.store.grpc.QueueFixture.MESSAGE;
import static mailwing.store.grpc.QueueFixture.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.Random;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueResult.Outcome;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientResult.Status;
import mailwing.store.v1.RenewLeaseRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The outbound queue by its contract, on a real PostgreSQL: what gets into it, and who works on
/// it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QueueTest {
  private final QueueFixture queue = new QueueFixture(4);

  @AfterAll
  void stop() {
    queue.close();
  }

  @BeforeEach
  void empty() {
    queue.empty();
  }

  @Test
  void whatLeavesTheHouseIsQueuedWithTheSameCommitAsWhatStays() {
    int before = count(queue.bob);
    DeliveryEnvelope envelope =
        queue
            .envelope(MailFixture.BOB, "carol@Remote.Test", "dave@remote.test", "eve@else.test")
            .build();
    DeliverResponse response = queue.store.deliver(envelope, MESSAGE);
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.QUEUED, Status.QUEUED, Status.QUEUED);

    // A repeat stores and queues nothing twice.
    assertThat(queue.store.deliver(envelope, MESSAGE).getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.QUEUED, Status.QUEUED, Status.QUEUED);
    assertThat(count(queue.bob)).isEqualTo(before + 1);

    LeaseJobsResponse lease = queue.leased();
    assertThat(lease.getJobsList())
        .extracting(QueueJob::getDomain)
        .containsExactlyInAnyOrder("remote.test", "else.test");
    assertThat(lease.getJobsList())
        .extracting(QueueJob::getRecipientsCount)
        .containsExactlyInAnyOrder(2, 1);
    assertThat(queue.read(lease, lease.getJobs(0))).isEqualTo(MESSAGE);
    assertThat(queue.lease(60_000).getJobsList()).isEmpty();
    for (QueueJob job : lease.getJobsList()) {
      queue.report(lease, job, Outcome.DELIVERED, "2.0.0", "250 ok");
    }
    // Finished: the body is gone, what became of it is remembered.
    assertThat(
            queue.store.number(
                "SELECT count(*) FROM blob_chunk c JOIN queue_message m"
                    + " ON m.account_id = c.account_id AND m.blob_id = c.blob_id"))
        .isZero();
    assertThat(
            queue.store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NOT NULL"))
        .isOne();
    assertThat(queue.store.number("SELECT count(*) FROM queue_attempt")).isEqualTo(3);
  }

  @Test
  void aLargeMessageIsQueuedOctetByOctet() {
    byte[] large = MailFixture.message("large", 700_000);
    queue.store.deliver(queue.envelope("x@remote.test", MailFixture.BOB).build(), large);
    LeaseJobsResponse lease = queue.leased();
    assertThat(queue.read(lease, lease.getJobs(0))).isEqualTo(large);
  }

  @Test
  void withoutASessionNothingLeavesTheHouse() {
    DeliverResponse response =
        queue.store.deliver(
            MailFixture.id(new Random(5)), MESSAGE, MailFixture.BOB, "x@remote.test");
    assertThat(response.getResults(1).getStatus()).isEqualTo(Status.FAILED);
    assertThat(response.getResults(1).getError()).isEqualTo(ErrorCode.DOMAIN_NOT_FOUND);
    DeliveryEnvelope.Builder forged = queue.envelope("x@remote.test");
    forged.getSubmissionBuilder().setSessionToken("mwt_forged");
    Throwable refused = catchThrowable(() -> queue.store.deliver(forged.build(), MESSAGE));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.CREDENTIAL_INVALID);
    assertThat(queue.lease(1000).getJobsList()).isEmpty();
  }

  @Test
  void aLeaseThatExpiresIsTakenOverAndItsReportRefused() {
    queue.submit("x@remote.test");
    LeaseJobsResponse first = queue.lease(1000);
    assertThat(first.getJobsCount()).isOne();
    assertThat(queue.lease(1000).getJobsList()).isEmpty();
    LeaseJobsResponse second =
        Awaitility.await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> queue.lease(60_000), found -> found.getJobsCount() == 1);
    Throwable stale =
        catchThrowable(
            () -> queue.report(first, first.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok"));
    assertThat(MailFixture.error(stale)).isEqualTo(ErrorCode.STALE);
    Throwable reading = catchThrowable(() -> queue.read(first, first.getJobs(0)));
    assertThat(MailFixture.error(reading)).isEqualTo(ErrorCode.STALE);
    Throwable renewing =
        catchThrowable(
            () ->
                queue
                    .store
                    .queue()
                    .renewLease(
                        RenewLeaseRequest.newBuilder()
                            .setLeaseId(first.getLeaseId())
                            .setLeaseMillis(60_000)
                            .build()));
    assertThat(MailFixture.error(renewing)).isEqualTo(ErrorCode.STALE);
    queue.report(second, second.getJobs(0), Outcome.DELIVERED, "2.0.0", "250 ok");
    assertThat(queue.store.number("SELECT count(*) FROM queue_recipient WHERE state = 5")).isOne();
  }

  @Test
  void aMessageOnHoldWaitsForItsTime() {
    DeliveryEnvelope.Builder envelope = queue.envelope("x@remote.test");
    envelope.getSubmissionBuilder().setHoldUntilMillis(System.currentTimeMillis() + 1500);
    queue.submit(envelope);
    assertThat(queue.lease(60_000).getJobsList()).isEmpty();
    LeaseJobsResponse later =
        queue
            .store
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
    DeliveryEnvelope.Builder envelope = queue.envelope("x@remote.test");
    envelope.getRecipientsBuilder(0).setPath("x@remote.test>\r\nRCPT TO:<y");
    Throwable refused = catchThrowable(() -> queue.store.deliver(envelope.build(), MESSAGE));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void higherPrioritiesGoFirst() {
    for (int priority : new int[] {-9, 0, 9, 3}) {
      DeliveryEnvelope.Builder envelope = queue.envelope("p" + priority + "@remote.test");
      envelope.getSubmissionBuilder().setPriority(priority);
      queue.submit(envelope);
    }
    assertThat(queue.leased().getJobsList())
        .extracting(QueueJob::getPriority)
        .containsExactly(9, 3, 0, -9);
    queue.store.execute("UPDATE queue_recipient SET lease_id = NULL, next_at = 1");
    assertThat(queue.lease(60_000, 1).getJobs(0).getPriority()).isEqualTo(9);
    assertThat(queue.lease(60_000, 2).getJobsList())
        .extracting(QueueJob::getPriority)
        .containsExactly(3, 0);
    // What has waited for minutes more goes first, whatever its priority.
    queue.submit("y@remote.test");
    assertThat(queue.lease(60_000, 1).getJobs(0).getPriority()).isEqualTo(-9);
  }
}
