package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.ListQueueRequest;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.QueueResult.Outcome;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.ReportResultsRequest;
import org.awaitility.Awaitility;

/// A store of which Alice submits, to Bob and to others elsewhere, and a worker of its queue.
final class QueueFixture implements AutoCloseable {
  static final byte[] MESSAGE = MailFixture.message("queued", 2000);

  final MailFixture store = new MailFixture();
  final MailFixture.User alice = store.user(MailFixture.ALICE);
  final MailFixture.User bob = store.user(MailFixture.BOB);
  private final String token = store.token(MailFixture.ALICE, "a password");
  private final Random random;

  QueueFixture(long seed) {
    this.random = new Random(seed);
  }

  /// Forgets all that was queued.
  void empty() {
    store.execute(
        "DELETE FROM queue_recipient; DELETE FROM queue_message; DELETE FROM queue_attempt;"
            + " DELETE FROM queue_suspension");
  }

  /// Of a message that Alice submits.
  DeliveryEnvelope.Builder envelope(String... recipients) {
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(ByteString.copyFrom(MailFixture.id(random)))
            .setReversePath(MailFixture.ALICE);
    envelope.getSubmissionBuilder().setSessionToken(token);
    envelope.getTraceBuilder().setQueueId("ID" + random.nextInt(1 << 30));
    for (String recipient : recipients) {
      envelope.addRecipients(DeliveryRecipient.newBuilder().setAddress(recipient));
    }
    return envelope;
  }

  DeliverResponse submit(DeliveryEnvelope.Builder envelope) {
    return store.deliver(envelope.build(), MESSAGE);
  }

  DeliverResponse submit(String... recipients) {
    return submit(envelope(recipients));
  }

  LeaseJobsResponse lease(long millis) {
    return lease(millis, 100);
  }

  LeaseJobsResponse lease(long millis, int most) {
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
  LeaseJobsResponse leased() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> lease(60_000), found -> found.getJobsCount() > 0);
  }

  /// Tells the same of each recipient.
  void report(LeaseJobsResponse lease, QueueJob job, Outcome outcome, String status, String reply) {
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

  /// The octets of a job's message.
  byte[] read(LeaseJobsResponse lease, QueueJob job) {
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

  /// What is not finished.
  List<QueuedMessage> list(QueueFilter filter) {
    List<QueuedMessage> all = new ArrayList<>();
    store
        .queueAdmin()
        .listQueue(ListQueueRequest.newBuilder().setFilter(filter).setWithAttempts(true).build())
        .forEachRemaining(all::add);
    return all;
  }

  ChangeQueueResponse change(Change change, QueueFilter filter) {
    return store
        .queueAdmin()
        .changeQueue(ChangeQueueRequest.newBuilder().setChange(change).setFilter(filter).build());
  }

  /// How many messages are in a user's INBOX.
  static int count(MailFixture.User user) {
    return user.status("INBOX").getMessages();
  }

  static String last(MailFixture.User user, String mailbox) {
    int uid = user.status(mailbox).getUidNext() - 1;
    return new String(user.body(user.ref(mailbox), uid, 0, 1 << 20), UTF_8);
  }

  static String lastIn(MailFixture.User user) {
    return last(user, "INBOX");
  }

  @Override
  public void close() {
    store.close();
  }
}
