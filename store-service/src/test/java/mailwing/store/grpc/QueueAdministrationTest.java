package mailwing.store.grpc;

import static mailwing.store.grpc.QueueFixture.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.ChangeQueueResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueResult.Outcome;
import mailwing.store.v1.SetSuspendedRequest;
import mailwing.store.v1.Suspension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What administrators do with the outbound queue, on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QueueAdministrationTest {
  private final QueueFixture queue = new QueueFixture(9);

  @AfterAll
  void stop() {
    queue.close();
  }

  @BeforeEach
  void empty() {
    queue.empty();
  }

  @Test
  void anAdministratorHoldsReleasesFlushesRequeuesReturnsAndDeletes() {
    queue.submit("x@remote.test", "y@else.test");
    QueueFilter remote = QueueFilter.newBuilder().setDomain("Remote.TEST").build();
    assertThat(queue.change(Change.HOLD, remote).getChanged()).isOne();
    LeaseJobsResponse lease = queue.leased();
    assertThat(lease.getJobsList()).extracting(QueueJob::getDomain).containsExactly("else.test");
    // What a worker has now is left alone.
    ChangeQueueResponse deleted =
        queue.change(Change.DELETE, QueueFilter.newBuilder().setSender(MailFixture.ALICE).build());
    assertThat(deleted.getInProgress()).isOne();
    assertThat(deleted.getChanged()).isOne();
    queue.report(lease, lease.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    String id = queue.list(QueueFilter.getDefaultInstance()).getFirst().getQueueId();
    QueueFilter byId = QueueFilter.newBuilder().setQueueId(id).build();
    assertThat(queue.lease(1000).getJobsList()).isEmpty();
    assertThat(queue.change(Change.FLUSH, byId).getChanged()).isOne();
    LeaseJobsResponse again = queue.leased();
    assertThat(again.getJobs(0).getRecipients(0).getAttempts()).isOne();
    queue.report(again, again.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    assertThat(queue.change(Change.HOLD, byId).getChanged()).isOne();
    assertThat(queue.change(Change.RELEASE, byId).getChanged()).isOne();
    assertThat(queue.change(Change.REQUEUE, byId).getChanged()).isOne();
    LeaseJobsResponse third = queue.leased();
    assertThat(third.getJobs(0).getRecipients(0).getAttempts()).isZero();
    queue.report(third, third.getJobs(0), Outcome.TRANSIENT, "4.0.0", "later");
    int before = count(queue.alice);
    assertThat(queue.change(Change.BOUNCE, byId).getChanged()).isOne();
    // The notification is there a moment before the queue knows it.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                count(queue.alice) == before + 1
                    && queue.list(QueueFilter.getDefaultInstance()).isEmpty());
    Throwable refused =
        catchThrowable(() -> queue.change(Change.DELETE, QueueFilter.getDefaultInstance()));
    assertThat(MailFixture.error(refused)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void whatIsSuspendedIsNotTriedUntilItIsResumed() {
    queue.submit("x@remote.test");
    Suspension remote = Suspension.newBuilder().setDomain("remote.test").build();
    assertThat(suspend(remote, true)).isOne();
    queue.submit("y@remote.test", "z@else.test");
    LeaseJobsResponse lease = queue.leased();
    assertThat(lease.getJobsList()).extracting(QueueJob::getDomain).containsExactly("else.test");
    assertThat(suspend(remote, false)).isEqualTo(2);
    assertThat(queue.lease(60_000).getJobsList()).hasSize(2);
  }

  private int suspend(Suspension suspension, boolean suspended) {
    return queue
        .store
        .queueAdmin()
        .setSuspended(
            SetSuspendedRequest.newBuilder()
                .setSuspension(suspension)
                .setSuspended(suspended)
                .build())
        .getChanged();
  }
}
