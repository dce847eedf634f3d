package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientResult.Status;
import mailwing.store.v1.Submission;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What senders are told of mail that stays here (RFC 3461 §5.2), on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LocalReportsTest {
  private static final int SUCCESS = 2;
  private static final byte[] MESSAGE = MailFixture.message("reported", 2000);

  private final MailFixture store = new MailFixture();
  private final Random random = new Random(5);
  private MailFixture.User alice;

  @BeforeAll
  void users() {
    alice = store.user(MailFixture.ALICE);
    store.user(MailFixture.BOB);
    store.alias("both@example.test", MailFixture.ALICE, MailFixture.BOB);
    store.alias("one@example.test", MailFixture.BOB);
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @BeforeEach
  void empty() {
    store.execute("DELETE FROM queue_recipient; DELETE FROM queue_message");
  }

  private DeliveryEnvelope.Builder envelope(String from) {
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(ByteString.copyFrom(MailFixture.id(random)))
            .setReversePath(from);
    envelope
        .getTraceBuilder()
        .setProtocol(Protocol.SMTP)
        .setHelo("client.test")
        .setHost("mx.example.test")
        .setQueueId("ID" + random.nextInt(1 << 30));
    envelope.getReportingBuilder().setElsewhere(true).setEnvelopeId("QQ314159");
    return envelope;
  }

  private static DeliveryRecipient.Builder to(String address, int notifyOn) {
    return DeliveryRecipient.newBuilder()
        .setAddress(address)
        .setPath(address)
        .setNotify(notifyOn)
        .setHeaderPrefix(ByteString.copyFromUtf8("Delivered-To: " + address + "\r\n"));
  }

  private static int count(MailFixture.User user) {
    return user.status("INBOX").getMessages();
  }

  private static String lastIn(MailFixture.User user) {
    int uid = user.status("INBOX").getUidNext() - 1;
    return new String(user.body(user.ref("INBOX"), uid, 0, 1 << 20), UTF_8);
  }

  private String reportTo(MailFixture.User user, int before) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(user) > before);
    return lastIn(user);
  }

  /// Reports that leave the house, each octet by octet.
  private List<String> leaving(int expected) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> store.number("SELECT count(*) FROM queue_recipient WHERE NOT local") == expected);
    LeaseJobsResponse lease =
        store
            .queue()
            .leaseJobs(
                LeaseJobsRequest.newBuilder()
                    .setWorker("out.example.test")
                    .setMost(100)
                    .setLeaseMillis(60_000)
                    .build());
    return lease.getJobsList().stream().map(job -> read(lease, job)).toList();
  }

  private String read(LeaseJobsResponse lease, QueueJob job) {
    assertThat(job.getReversePath()).isEmpty();
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    store
        .queue()
        .readQueued(
            ReadQueuedRequest.newBuilder()
                .setRef(job.getRef())
                .setLeaseId(lease.getLeaseId())
                .build())
        .forEachRemaining(frame -> octets.writeBytes(frame.getData().toByteArray()));
    return octets.toString(UTF_8);
  }

  @Test
  void aStrangerIsToldOfSuccessThroughTheQueue() {
    DeliveryEnvelope envelope =
        envelope("carol@remote.test")
            .addRecipients(
                to(MailFixture.ALICE, SUCCESS).setOriginalRecipient("rfc822;A+x@example.test"))
            .addRecipients(to(MailFixture.BOB, 0))
            .build();
    store.deliver(envelope, MESSAGE);
    // A repeat tells nothing twice.
    store.deliver(envelope, MESSAGE);
    List<String> reports = leaving(1);
    assertThat(reports.getFirst())
        .contains("To: <carol@remote.test>\r\n")
        .contains("Content-Type: multipart/report; report-type=delivery-status;")
        .contains("Reporting-MTA: dns; mx.example.test\r\nOriginal-Envelope-Id: QQ314159\r\n")
        .contains("Received-From-MTA: dns; client.test\r\n")
        .contains("Original-Recipient: rfc822; A+x@example.test\r\n")
        .contains("Final-Recipient: rfc822; alice@example.test\r\nAction: delivered\r\n")
        .contains("Status: 2.0.0\r\n")
        .contains("Content-Type: text/rfc822-headers\r\n")
        .doesNotContain("bob@example.test\r\nAction");
    // Done: no body is left but the report's own, which waits.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                store.number("SELECT count(*) FROM queue_message WHERE finished_at IS NOT NULL")
                    == 1);
  }

  @Test
  void aSenderHereIsToldOfSuccessInTheInbox() {
    int before = count(alice);
    store.deliver(
        envelope(MailFixture.ALICE).addRecipients(to("one@example.test", SUCCESS)).build(),
        MESSAGE);
    assertThat(reportTo(alice, before))
        .startsWith("Return-Path: <>\r\n")
        .contains("Final-Recipient: rfc822; one@example.test\r\nAction: delivered\r\n");
  }

  @Test
  void anAliasOfSeveralIsToldAsExpanded() {
    store.deliver(
        envelope("carol@remote.test").addRecipients(to("both@example.test", SUCCESS)).build(),
        MESSAGE);
    assertThat(leaving(1).getFirst())
        .contains("Final-Recipient: rfc822; both@example.test\r\nAction: expanded\r\n");
  }

  @Test
  void nobodyIsToldOfWhatHasNoSenderOrCannotBeTold() {
    store.deliver(envelope("").addRecipients(to(MailFixture.ALICE, SUCCESS)).build(), MESSAGE);
    store.deliver(
        envelope("nobody@example.test").addRecipients(to(MailFixture.ALICE, SUCCESS)).build(),
        MESSAGE);
    DeliveryEnvelope.Builder here =
        envelope("carol@remote.test").addRecipients(to(MailFixture.ALICE, SUCCESS));
    here.getReportingBuilder().setElsewhere(false);
    store.deliver(here.build(), MESSAGE);
    store.deliver(
        envelope("carol@remote.test")
            .clearReporting()
            .addRecipients(to(MailFixture.ALICE, SUCCESS))
            .addRecipients(to("unknown@example.test", 0))
            .build(),
        MESSAGE);
    store.deliver(
        envelope("carol@remote.test").addRecipients(to(MailFixture.ALICE, 1)).build(), MESSAGE);
    assertThat(store.number("SELECT count(*) FROM queue_message")).isZero();
  }

  @Test
  void whatWasTakenForOneAndCannotBeDeliveredToAnotherIsReturned() {
    DeliveryEnvelope.Builder envelope =
        envelope("carol@remote.test")
            .addRecipients(to(MailFixture.ALICE, 0))
            .addRecipients(to("unknown@example.test", 0))
            .addRecipients(to("silent@example.test", 1));
    envelope.getReportingBuilder().setReturn(Submission.Return.FULL);
    DeliverResponse response = store.deliver(envelope.build(), MESSAGE);
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.FAILED, Status.FAILED);
    assertThat(leaving(1).getFirst())
        .contains("Final-Recipient: rfc822; unknown@example.test\r\nAction: failed\r\n")
        .contains("Status: 5.1.1\r\n")
        .contains("Content-Type: message/rfc822\r\n\r\n" + new String(MESSAGE, UTF_8))
        .doesNotContain("silent@example.test");
  }

  @Test
  void whatWaitsForRoomIsToldOnceThereIsSomeOrItsAccountIsGone() {
    for (String name : List.of("small", "smaller")) {
      store.user(name + "@example.test", QuotaLimits.newBuilder().setOctets(10).build());
    }
    DeliverResponse response =
        store.deliver(
            envelope("carol@remote.test")
                .addRecipients(to(MailFixture.ALICE, 0))
                .addRecipients(to("small@example.test", SUCCESS))
                .addRecipients(to("smaller@example.test", 0))
                .build(),
            MESSAGE);
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(Status.DELIVERED, Status.DEFERRED, Status.DEFERRED);
    assertThat(store.number("SELECT count(*) FROM queue_message")).isZero();
    store.execute(
        "UPDATE account_state SET limit_octets = 0; UPDATE delivery_retry SET next_at = 0"
            + " WHERE target_account_id = (SELECT account_id FROM account WHERE address = 'small@example.test')");
    assertThat(leaving(1).getFirst())
        .contains("Final-Recipient: rfc822; small@example.test\r\nAction: delivered\r\n");
  }

  @Test
  void floodsOfReportsToOneAddressStop() {
    for (int i = 0; i < 65; i++) {
      store.deliver(
          envelope("victim@remote.test").addRecipients(to(MailFixture.BOB, SUCCESS)).build(),
          MESSAGE);
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                store.number("SELECT count(*) FROM queue_recipient WHERE dsn_next IS NOT NULL")
                    == 0);
    assertThat(store.number("SELECT count(*) FROM queue_recipient WHERE NOT local")).isEqualTo(60);
  }
}
