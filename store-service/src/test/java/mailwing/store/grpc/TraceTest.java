package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecordRefusalsRequest;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.SystemFlag;
import mailwing.store.v1.TraceMessagesRequest;
import mailwing.store.v1.TraceStep;
import mailwing.store.v1.TraceStep.Kind;
import mailwing.store.v1.TracedMessage;
import mailwing.store.v1.UpdateUserRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What became of messages, step by step, by the contract and on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TraceTest {
  private static final ClientInfoForTrace CLIENT =
      ClientInfoForTrace.newBuilder()
          .setProtocol(Protocol.SUBMISSION)
          .setAddress("192.0.2.7")
          .setHelo("client.test")
          .setTls(true)
          .setTlsSuite("TLSv1.3 TLS_AES_256_GCM_SHA384")
          .setAuthenticatedAs(MailFixture.ALICE)
          .setHost("mail.example.test")
          .addAuthenticationResults("spf=pass smtp.mailfrom=example.org")
          .build();

  private final QueueFixture queue = new QueueFixture(28);
  private final MailFixture store = queue.store;
  private final MailFixture.User alice = queue.alice;
  private final Random random = new Random(28);
  private int users;

  @AfterAll
  void stop() {
    queue.close();
  }

  private String address() {
    return "user" + users + "@example.test";
  }

  private MailFixture.User fresh() {
    users++;
    return store.user(address());
  }

  private String queueId() {
    return "ID" + random.nextLong(1L << 60);
  }

  private static byte[] message(String id) {
    return ("From: a@example.org\r\nSubject: secret subject\r\nMessage-ID: <"
            + id
            + "@mid.test>\r\n\r\nsecret text\r\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private DeliveryEnvelope.Builder envelope(String id, String from, String... recipients) {
    return queue
        .envelope(recipients)
        .clearSubmission()
        .setReversePath(from)
        .setTrace(CLIENT.toBuilder().setQueueId(id));
  }

  private String deliver(String from, String... recipients) {
    String id = queueId();
    store.deliver(envelope(id, from, recipients).build(), message(id));
    return id;
  }

  private String submit(String... recipients) {
    String id = queueId();
    store.deliver(
        queue.envelope(recipients).setTrace(CLIENT.toBuilder().setQueueId(id)).build(),
        message(id));
    return id;
  }

  private static TraceMessagesRequest any(String what) {
    return TraceMessagesRequest.newBuilder().setAny(what).build();
  }

  private List<TracedMessage> trace(TraceMessagesRequest request) {
    return trace("mwa_admin", request);
  }

  private List<TracedMessage> trace(String credential, TraceMessagesRequest request) {
    List<TracedMessage> all = new ArrayList<>();
    store.trace(credential).traceMessages(request).forEachRemaining(all::add);
    return all;
  }

  private static List<TracedMessage> own(MailFixture.User user, TraceMessagesRequest request) {
    List<TracedMessage> all = new ArrayList<>();
    user.trace().traceMessages(request).forEachRemaining(all::add);
    return all;
  }

  private TracedMessage one(String what) {
    List<TracedMessage> found = trace(any(what));
    assertThat(found).as(what).hasSize(1);
    return found.getFirst();
  }

  private static List<Kind> kinds(TracedMessage message) {
    return message.getStepsList().stream().map(TraceStep::getKind).toList();
  }

  private static TraceStep last(TracedMessage message) {
    return message.getSteps(message.getStepsCount() - 1);
  }

  private static void seen(MailFixture.User user, String mailbox, boolean set) {
    user.storeFlags(
        user.ref(mailbox),
        set ? StoreFlagsRequest.Operation.ADD : StoreFlagsRequest.Operation.REMOVE,
        MailFixture.system(SystemFlag.SEEN_VALUE),
        range(1, 1000));
  }

  private static void copy(MailFixture.User user, String from, String to, boolean move) {
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(user.ref(from))
                .addUids(range(1, 1000))
                .setDestinationName(to)
                .setMove(move)
                .build())
        .forEachRemaining(r -> {});
  }

  private static void expunge(MailFixture.User user, String mailbox) {
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(user.ref(mailbox))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> {});
  }

  /// Who sends a message on is found by it, and told who has submitted it no more than who gets it.
  @Test
  void whatIsSentOnIsToldByWhomAndTo() {
    MailFixture.User user = fresh();
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(address())
                .setForwarding(Forwarding.newBuilder().addTargets("elsewhere@remote.test"))
                .build());
    store.alias("on@example.test", "elsewhere@remote.test");
    String id = deliver("carol@example.org", address());
    TracedMessage traced =
        trace(TraceMessagesRequest.newBuilder().setRecipient(address()).build()).getFirst();
    assertThat(traced.getId()).isEqualTo(id);
    assertThat(traced.getReversePath()).startsWith("SRS0=");
    assertThat(kinds(traced)).containsExactly(Kind.ACCEPTED, Kind.QUEUED);
    assertThat(last(traced).getRecipient()).isEqualTo("elsewhere@remote.test");
    assertThat(last(traced).getThrough()).isEqualTo(address());
    assertThat(trace(TraceMessagesRequest.newBuilder().setSender(address()).build())).isEmpty();
    TracedMessage own = own(user, any(id)).getFirst();
    assertThat(last(own).getThrough()).isEqualTo(address());
    assertThat(own.getOrigin().getAuthenticatedAs()).isEmpty();
    deliver("carol@example.org", "on@example.test");
    assertThat(
            last(trace(TraceMessagesRequest.newBuilder().setRecipient("on@example.test").build())
                    .getFirst())
                .getThrough())
        .isEqualTo("on@example.test");
  }

  @Test
  void deliveryIsToldWithItsClientItsPlaceAndNothingOfItsContent() {
    MailFixture.User user = fresh();
    long before = System.currentTimeMillis() - 1000;
    String id = deliver("carol@example.org", address());
    TracedMessage traced = one(id);
    assertThat(traced.getId()).isEqualTo(id);
    assertThat(traced.getMessageId()).isEqualTo(id + "@mid.test");
    assertThat(traced.getReversePath()).isEqualTo("carol@example.org");
    assertThat(traced.getOrigin()).isEqualTo(CLIENT.toBuilder().setQueueId(id).build());
    assertThat(kinds(traced)).containsExactly(Kind.ACCEPTED, Kind.DELIVERED);
    assertThat(traced.getStepsList())
        .allSatisfy(step -> assertThat(step.getAtMillis()).isGreaterThan(before));
    TraceStep delivered = last(traced);
    assertThat(delivered.getRecipient()).isEqualTo(address());
    assertThat(delivered.getAccount()).isEqualTo(address());
    assertThat(delivered.getMailbox()).isEqualTo("INBOX");
    assertThat(delivered.getUid()).isEqualTo(1);
    assertThat(delivered.getUidValidity()).isEqualTo(user.status("INBOX").getUidValidity());
    assertThat(traced.toString()).doesNotContain("secret");
    for (String what :
        List.of(
            "<" + id + "@mid.test>",
            id + "@mid.test",
            address().toUpperCase(java.util.Locale.ROOT))) {
      assertThat(trace(any(what))).as(what).containsExactly(traced);
    }
    assertThat(
            trace(
                TraceMessagesRequest.newBuilder().setSender("Carol@EXAMPLE.org").setId(id).build()))
        .containsExactly(traced);
    assertThat(
            trace(
                TraceMessagesRequest.newBuilder().setSender("dave@example.org").setId(id).build()))
        .isEmpty();
  }

  @Test
  void readingMovingCopyingAndDeletingAreTold() {
    MailFixture.User user = fresh();
    String id = deliver("carol@example.org", address());
    seen(user, "INBOX", true);
    long read = last(one(id)).getAtMillis();
    seen(user, "INBOX", false);
    copy(user, "INBOX", "Archive", false);
    copy(user, "INBOX", "Trash", true);
    seen(user, "Trash", true);
    TracedMessage traced = one(id);
    assertThat(kinds(traced))
        .containsExactlyInAnyOrder(
            Kind.ACCEPTED, Kind.DELIVERED, Kind.READ, Kind.COPIED, Kind.MOVED);
    TraceStep first =
        traced.getStepsList().stream()
            .filter(step -> step.getKind() == Kind.READ)
            .findFirst()
            .orElseThrow();
    assertThat(first.getAtMillis()).isEqualTo(read);
    assertThat(first.getAccount()).isEqualTo(address());
    TraceStep moved =
        traced.getStepsList().stream()
            .filter(step -> step.getKind() == Kind.MOVED)
            .findFirst()
            .orElseThrow();
    assertThat(moved.getMailbox()).isEqualTo("Trash");
    assertThat(moved.getFromMailbox()).isEqualTo("INBOX");
    assertThat(moved.getFromUid()).isEqualTo(1);
    expunge(user, "Trash");
    TraceStep expunged = last(one(id));
    assertThat(expunged.getKind()).isEqualTo(Kind.EXPUNGED);
    assertThat(expunged.getMailbox()).isEqualTo("Trash");
    expunge(user, "Archive");
    assertThat(kinds(one(id))).filteredOn(Kind.EXPUNGED::equals).hasSize(2);
  }

  @Test
  void mailboxThatWasDeletedIsToldByTheNameItHad() {
    MailFixture.User user = fresh();
    user.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName("Projects").build());
    String id = deliver("carol@example.org", address());
    copy(user, "INBOX", "Projects", true);
    user.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName("Projects").build());
    TracedMessage traced = one(id);
    assertThat(kinds(traced))
        .containsExactly(Kind.ACCEPTED, Kind.DELIVERED, Kind.MOVED, Kind.MAILBOX_DELETED);
    assertThat(last(traced).getMailbox()).isEqualTo("Projects");
  }

  @Test
  void copyThatWaitsForRoomIsTold() {
    fresh();
    String roomy = address();
    users++;
    store.user(address(), QuotaLimits.newBuilder().setMessages(1).build());
    deliver("carol@example.org", address());
    String id = deliver("carol@example.org", roomy, address());
    TracedMessage traced = one(id);
    assertThat(kinds(traced))
        .containsExactlyInAnyOrder(Kind.ACCEPTED, Kind.DELIVERED, Kind.DEFERRED);
    assertThat(traced.getStepsList())
        .filteredOn(step -> step.getKind() == Kind.DEFERRED)
        .allSatisfy(step -> assertThat(step.getRecipient()).isEqualTo(address()));
  }

  private void report(QueueResult.Outcome outcome, String status, String reply) {
    LeaseJobsResponse lease = queue.leased();
    queue.report(lease, lease.getJobs(0), outcome, status, reply);
  }

  private void change(ChangeQueueRequest.Change change, String id) {
    queue.change(change, QueueFilter.newBuilder().setQueueId(id).build());
  }

  @Test
  void eachTryIsToldWithItsAnswerAndWhatAnAdministratorDid() {
    String id = submit("zoe@remote.test");
    report(QueueResult.Outcome.TRANSIENT, "4.2.0", "450 4.2.0 greylisted");
    TracedMessage waiting = one("zoe@remote.test");
    assertThat(kinds(waiting)).containsExactly(Kind.ACCEPTED, Kind.QUEUED, Kind.TRIED);
    assertThat(last(waiting).getAttempt().getResult().getReply()).isEqualTo("450 4.2.0 greylisted");
    assertThat(last(waiting).getNextAtMillis()).isGreaterThan(last(waiting).getAtMillis());
    change(ChangeQueueRequest.Change.REQUEUE, id);
    report(QueueResult.Outcome.DELIVERED, "2.0.0", "250 2.0.0 taken");
    TracedMessage done = one(id);
    assertThat(kinds(done))
        .containsExactly(Kind.ACCEPTED, Kind.QUEUED, Kind.TRIED, Kind.ADMINISTERED, Kind.RELAYED);
    assertThat(done.getSteps(3).getChange()).isEqualTo(ChangeQueueRequest.Change.REQUEUE);
    assertThat(last(done).getAttempt().getResult().getRemoteHost()).isEqualTo("mx.remote.test");
    assertThat(done.getMessageId()).isEqualTo(id + "@mid.test");
  }

  @Test
  void bounceIsToldAndLeadsToItsOwnTrace() {
    String id = submit("gone@remote.test");
    report(QueueResult.Outcome.PERMANENT, "5.1.1", "550 5.1.1 nobody");
    TracedMessage traced =
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> one(id), found -> kinds(found).contains(Kind.NOTIFIED));
    assertThat(kinds(traced))
        .containsExactly(Kind.ACCEPTED, Kind.QUEUED, Kind.FAILED, Kind.NOTIFIED);
    assertThat(last(traced).getNotice()).isEqualTo(TraceStep.Notice.OF_FAILURE);
    TracedMessage notice = one(last(traced).getNoticeId());
    assertThat(notice.getReversePath()).isEmpty();
    assertThat(kinds(notice)).containsExactly(Kind.ACCEPTED, Kind.DELIVERED);
    assertThat(last(notice).getAccount()).isEqualTo(MailFixture.ALICE);
  }

  @Test
  void accountSeesWhatIsItsOwn() {
    MailFixture.User reader = fresh();
    String recipient = address();
    String id = submit(recipient);
    seen(reader, "INBOX", true);
    TracedMessage received = own(reader, any(id)).getFirst();
    assertThat(kinds(received)).containsExactly(Kind.ACCEPTED, Kind.DELIVERED, Kind.READ);
    assertThat(received.getOrigin().getAuthenticatedAs()).isEmpty();
    TracedMessage sent = own(alice, any(id)).getFirst();
    assertThat(kinds(sent)).containsExactly(Kind.ACCEPTED, Kind.DELIVERED);
    assertThat(last(sent).getRecipient()).isEqualTo(recipient);
    assertThat(last(sent).getAccount()).isEmpty();
    assertThat(last(sent).getMailbox()).isEmpty();
    assertThat(last(sent).getUid()).isZero();
    MailFixture.User stranger = fresh();
    assertThat(own(stranger, any(id))).isEmpty();
    assertThat(own(stranger, TraceMessagesRequest.getDefaultInstance())).isEmpty();
    assertThat(own(reader, TraceMessagesRequest.getDefaultInstance())).containsExactly(received);
  }

  @Test
  void removedAccountLeavesItsSenderADelivery() {
    fresh();
    String recipient = address();
    String id = submit(recipient);
    String other = deliver("carol@example.org", recipient);
    store.directory().removeUser(RemoveUserRequest.newBuilder().setAddress(recipient).build());
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(trace(any(other))).isEmpty());
    TracedMessage sent = own(alice, any(id)).getFirst();
    assertThat(kinds(sent)).containsExactly(Kind.ACCEPTED, Kind.DELIVERED);
    TraceStep delivered = last(one(id));
    assertThat(delivered.getRecipient()).isEqualTo(recipient);
    assertThat(delivered.getAccount()).isEmpty();
    assertThat(delivered.getUid()).isZero();
  }

  @Test
  void pagesHoldEachMessageOnceAndTheNewestFirst() {
    fresh();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      ids.addFirst(deliver("carol@example.org", address()));
    }
    TraceMessagesRequest.Builder request =
        TraceMessagesRequest.newBuilder().setRecipient(address()).setMost(3);
    List<String> found = new ArrayList<>();
    for (List<TracedMessage> page = trace(request.build());
        !page.isEmpty();
        page = trace(request.build())) {
      assertThat(page).hasSizeLessThanOrEqualTo(3);
      page.forEach(message -> found.add(message.getId()));
      request.setAfter(page.getLast().getPosition());
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(
            trace(
                TraceMessagesRequest.newBuilder()
                    .setRecipient(address())
                    .setUntilMillis(System.currentTimeMillis() - 3_600_000)
                    .build()))
        .isEmpty();
  }

  @Test
  void refusedMailIsFoundBySenderAndRecipient() {
    MailFixture.User user = fresh();
    RefusedMail refused =
        RefusedMail.newBuilder()
            .setAtMillis(System.currentTimeMillis())
            .setClient(CLIENT.toBuilder().clearAuthenticatedAs())
            .setReversePath("refused@example.org")
            .addRecipients(address())
            .setCode(550)
            .setStatus("5.7.1")
            .setText("Rejected by the DMARC policy of the author's domain")
            .setCount(3)
            .build();
    store
        .trace("mws_smtp")
        .recordRefusals(RecordRefusalsRequest.newBuilder().addRefusals(refused).build());
    TracedMessage traced = one("refused@example.org");
    assertThat(kinds(traced)).containsExactly(Kind.REFUSED);
    assertThat(last(traced).getRefusal().getCode()).isEqualTo(550);
    assertThat(last(traced).getRefusal().getCount()).isEqualTo(3);
    assertThat(traced.getOrigin().getAddress()).isEqualTo("192.0.2.7");
    assertThat(trace(any(address()))).containsExactly(traced);
    assertThat(own(user, TraceMessagesRequest.getDefaultInstance())).hasSize(1);
    RecordRefusalsRequest.Builder many = RecordRefusalsRequest.newBuilder();
    for (int i = 0; i <= 1000; i++) {
      many.addRefusals(refused);
    }
    assertThat(
            MailFixture.error(
                catchThrowable(() -> store.trace("mws_smtp").recordRefusals(many.build()))))
        .isEqualTo(ErrorCode.LIMIT);
  }

  @Test
  void whoMayNotAskIsRefused() {
    for (String credential : List.of("mws_imap", "mws_smtp")) {
      assertThat(MailFixture.error(catchThrowable(() -> trace(credential, any("x")))))
          .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }
    assertThat(
            MailFixture.error(
                catchThrowable(() -> trace(TraceMessagesRequest.getDefaultInstance()))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aliasIsTracedAsItselfAndAsItsAccount() {
    fresh();
    String account = address();
    store.alias("sales@example.test", account);
    String id = queueId();
    assertThat(
            store
                .deliver(
                    envelope(id, "carol@example.org", "sales@example.test").build(), message(id))
                .getResults(0)
                .getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    String direct = deliver("carol@example.org", account);
    assertThat(trace(any("sales@example.test")))
        .extracting(TracedMessage::getId)
        .containsExactly(id);
    assertThat(trace(any(account)))
        .extracting(TracedMessage::getId)
        .containsExactlyInAnyOrder(id, direct);
  }
}
