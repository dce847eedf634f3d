package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.TestStore.errorOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.AddGroupRequest;
import mailwing.store.v1.ChangeGroupMembersRequest;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.Group;
import mailwing.store.v1.GroupMember;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.ListGroupMembersRequest;
import mailwing.store.v1.ListGroupsRequest;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientSender;
import mailwing.store.v1.RemoveGroupRequest;
import mailwing.store.v1.Reporting;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse.Status;
import mailwing.store.v1.UpdateGroupRequest;
import mailwing.store.v1.UpdateUserRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Forwarding, aliases with targets elsewhere, rewritten reverse-paths and groups, by the contract.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OnwardMailTest {
  private static final String OUTSIDE = "joe@sender.example";
  private static final byte[] MESSAGE = "Subject: on\r\n\r\nGo on.\r\n".getBytes(UTF_8);

  private final MailFixture store = new MailFixture();
  private final Random random = new Random(5);
  private MailFixture.User alice;
  private MailFixture.User bob;

  @BeforeAll
  void users() {
    alice = store.user(MailFixture.ALICE);
    bob = store.user(MailFixture.BOB);
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @BeforeEach
  void empty() {
    store.execute("DELETE FROM queue_recipient; DELETE FROM queue_message");
    forward(MailFixture.ALICE, true);
    forward(MailFixture.BOB, true);
  }

  private void forward(String user, boolean keepsCopy, String... targets) {
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(user)
                .setForwarding(
                    Forwarding.newBuilder().addAllTargets(List.of(targets)).setKeepsCopy(keepsCopy))
                .build());
  }

  private DeliveryEnvelope.Builder envelope(String from, String... recipients) {
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(ByteString.copyFrom(MailFixture.id(random)))
            .setReversePath(from)
            .setReporting(Reporting.newBuilder().setElsewhere(true));
    for (String recipient : recipients) {
      envelope.addRecipients(
          DeliveryRecipient.newBuilder()
              .setAddress(recipient)
              .setHeaderPrefix(ByteString.copyFromUtf8("Delivered-To: " + recipient + "\r\n")));
    }
    return envelope;
  }

  private List<RecipientResult> deliver(DeliveryEnvelope.Builder envelope, byte[] message) {
    return store.deliver(envelope.build(), message).getResultsList();
  }

  private RecipientResult deliver(String from, String recipient) {
    return deliver(envelope(from, recipient), MESSAGE).getFirst();
  }

  private LeaseJobsResponse leased() {
    return store
        .queue()
        .leaseJobs(
            LeaseJobsRequest.newBuilder()
                .setWorker("out.example.test")
                .setMost(1000)
                .setLeaseMillis(60_000)
                .build());
  }

  private String octets(LeaseJobsResponse lease, QueueJob job) {
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

  private Status resolve(String address, String from) {
    return resolve(address, RecipientSender.newBuilder().setReversePath(from));
  }

  private Status resolve(String address, RecipientSender.Builder sender) {
    return store
        .delivery()
        .resolveRecipient(
            ResolveRecipientRequest.newBuilder().setAddress(address).setSender(sender).build())
        .getStatus();
  }

  private static int count(MailFixture.User user) {
    return user.status("INBOX").getMessages();
  }

  private static String last(MailFixture.User user) {
    return new String(
        user.body(user.ref("INBOX"), user.status("INBOX").getUidNext() - 1, 0, 1 << 20), UTF_8);
  }

  /// Without what tells the sender.
  private static List<QueueJob> jobs(LeaseJobsResponse lease) {
    return lease.getJobsList().stream()
        .filter(job -> !job.getDomain().equals("sender.example"))
        .toList();
  }

  private static List<String> paths(LeaseJobsResponse lease) {
    return jobs(lease).stream()
        .flatMap(job -> job.getRecipientsList().stream())
        .map(QueueJobRecipient::getPath)
        .sorted()
        .toList();
  }

  @Test
  void forwardedMailLeavesUnderAPathOfOursAndComesBackByIt() {
    forward(MailFixture.ALICE, false, "carol@remote.test");
    assertThat(
            store
                .directory()
                .getUser(
                    mailwing.store.v1.GetUserRequest.newBuilder()
                        .setAddress(MailFixture.ALICE)
                        .build())
                .getForwarding())
        .isEqualTo(Forwarding.newBuilder().addTargets("carol@remote.test").build());
    int before = count(alice);
    DeliveryEnvelope.Builder envelope = envelope(OUTSIDE, "ALICE@example.test");
    envelope.getRecipientsBuilder(0).setNotify(2).setOriginalRecipient("rfc822;a@b.test");
    assertThat(deliver(envelope, MESSAGE).getFirst().getStatus())
        .isEqualTo(RecipientResult.Status.QUEUED);
    // A repeat queues nothing twice.
    assertThat(deliver(envelope, MESSAGE).getFirst().getStatus())
        .isEqualTo(RecipientResult.Status.QUEUED);
    assertThat(count(alice)).isEqualTo(before);
    LeaseJobsResponse lease = leased();
    assertThat(lease.getJobsCount()).isOne();
    QueueJob job = lease.getJobs(0);
    assertThat(job.getRef().getAccountId()).isEqualTo(alice.accountId());
    assertThat(job.getRecipients(0).getPath()).isEqualTo("carol@remote.test");
    // RFC 3461 section 5.2.7.2
    assertThat(job.getRecipients(0).getNotify()).isEqualTo(2);
    assertThat(job.getRecipients(0).getOriginalRecipient()).isEqualTo("rfc822;a@b.test");
    assertThat(octets(lease, job))
        .isEqualTo("Delivered-To: alice@example.test\r\n" + new String(MESSAGE, UTF_8));
    String path = job.getReversePath();
    assertThat(path).matches("SRS0=[A-Z2-7]{8}=..=sender\\.example=joe@example\\.test");

    assertThat(resolve(path, "")).isEqualTo(Status.LOCAL);
    assertThat(resolve(path, "not@null.test")).isEqualTo(Status.RETURN_REFUSED);
    assertThat(resolve(path.replace("=joe@", "=jim@"), "")).isEqualTo(Status.RETURN_REFUSED);
    assertThat(deliver("not@null.test", path).getError()).isEqualTo(ErrorCode.RETURN_REFUSED);
    assertThat(deliver("", path).getStatus()).isEqualTo(RecipientResult.Status.QUEUED);
    QueueJob bounce = leased().getJobs(0);
    assertThat(bounce.getReversePath()).isEmpty();
    assertThat(bounce.getRecipients(0).getPath()).isEqualTo(OUTSIDE);
    assertThat(bounce.getRef().getAccountId()).isNegative();
  }

  /// What the sender is told.
  private String report() {
    LeaseJobsResponse lease =
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(this::leased, found -> found.getJobsCount() > 0);
    assertThat(lease.getJobs(0).getRecipients(0).getPath()).isEqualTo(OUTSIDE);
    return octets(lease, lease.getJobs(0));
  }

  /// Of a message whose sender could be anybody, no failure is told anywhere.
  @Test
  void doubtfulMailIsForwardedWithoutReports() {
    forward(MailFixture.ALICE, false, "carol@remote.test");
    deliver(envelope(OUTSIDE, MailFixture.ALICE).clearReporting(), MESSAGE);
    assertThat(leased().getJobs(0).getRecipients(0).getNotify()).isOne();
  }

  @Test
  void aCopyStaysWhereThatIsAsked() {
    forward(MailFixture.ALICE, true, "carol@remote.test", "dave@remote.test");
    int before = count(alice);
    DeliveryEnvelope.Builder envelope = envelope(OUTSIDE, MailFixture.ALICE);
    envelope.getRecipientsBuilder(0).setNotify(2);
    assertThat(deliver(envelope, MESSAGE).getFirst().getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(count(alice)).isEqualTo(before + 1);
    LeaseJobsResponse lease = leased();
    assertThat(paths(lease)).containsExactly("carol@remote.test", "dave@remote.test");
    // RFC 3461 section 5.2.7.3 (c): the address tells of itself.
    assertThat(jobs(lease).getFirst().getRecipientsList())
        .extracting(QueueJobRecipient::getNotify)
        .containsExactly(1, 1);
    assertThat(report()).contains("Action: expanded\r\n");
  }

  @Test
  void nullAndOurOwnSendersStayThemselves() {
    forward(MailFixture.ALICE, false, "carol@remote.test");
    deliver("", MailFixture.ALICE);
    assertThat(leased().getJobs(0).getReversePath()).isEmpty();
    deliver(MailFixture.BOB, MailFixture.ALICE);
    assertThat(leased().getJobs(0).getReversePath()).isEqualTo(MailFixture.BOB);
  }

  @Test
  void mailThatComesBackIsNotForwardedAgain() {
    forward(MailFixture.ALICE, true, "carol@remote.test");
    byte[] been = "Delivered-To: Alice@Example.test\r\nSubject: x\r\n\r\n".getBytes(UTF_8);
    assertThat(deliver(envelope(OUTSIDE, "alice+x@example.test"), been).getFirst().getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(leased().getJobsCount()).isZero();
    forward(MailFixture.ALICE, false, "carol@remote.test");
    assertThat(deliver(envelope(OUTSIDE, MailFixture.ALICE), been).getFirst().getError())
        .isEqualTo(ErrorCode.MAIL_LOOP);
    assertThat(leased().getJobsCount()).isZero();
  }

  @Test
  void forwardingInACircleLosesNothing() {
    forward(MailFixture.ALICE, false, MailFixture.BOB);
    forward(MailFixture.BOB, false, MailFixture.ALICE);
    int before = count(alice) + count(bob);
    assertThat(deliver(OUTSIDE, MailFixture.ALICE).getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(count(alice) + count(bob)).isEqualTo(before + 1);
    assertThat(errorOf(() -> forward(MailFixture.ALICE, false, "alice+x@example.test")))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(errorOf(() -> forward(MailFixture.ALICE, false, "none@example.test")))
        .isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void anAliasLeadsHereAndElsewhere() {
    store.alias("mixed@example.test", MailFixture.BOB, "carol@remote.test", "c\"d@remote.test");
    int before = count(bob);
    assertThat(deliver(OUTSIDE, "mixed+x@example.test").getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(count(bob)).isEqualTo(before + 1);
    LeaseJobsResponse lease = leased();
    assertThat(paths(lease)).containsExactly("\"c\\\"d\"@remote.test", "carol@remote.test");
    assertThat(lease.getJobs(0).getReversePath()).startsWith("SRS0=").endsWith("@example.test");
    assertThat(octets(lease, lease.getJobs(0))).startsWith("Delivered-To: mixed@example.test\r\n");
    assertThat(
            errorOf(
                () ->
                    store
                        .directory()
                        .addAlias(
                            AddAliasRequest.newBuilder()
                                .setAddress("wrong@example.test")
                                .addTargets("none@example.test")
                                .build())))
        .isEqualTo("ACCOUNT_NOT_FOUND");
  }

  @Test
  void theDomainIsToldOnWhoseBehalfMailGoesOn() {
    assertThat(sentOnBy(MailFixture.BOB)).isEmpty();
    forward(MailFixture.BOB, true, "carol@remote.test");
    assertThat(sentOnBy(MailFixture.BOB)).isEqualTo("example.test");
    store.alias("sent-on@example.test", "carol@remote.test");
    assertThat(sentOnBy("sent-on@example.test")).isEqualTo("example.test");
    assertThat(sentOnBy("nobody@example.test")).isEmpty();
    group("sealed@example.test", Group.Posters.MEMBERS, "", "carol@remote.test");
    assertThat(sentOnBy("sealed@example.test")).isEqualTo("example.test");
  }

  /// Without a sender: what depends on it is not asked.
  private String sentOnBy(String address) {
    return store
        .delivery()
        .resolveRecipient(ResolveRecipientRequest.newBuilder().setAddress(address).build())
        .getSentOnBy();
  }

  @Test
  void moreThanTheHourAllowsWaits() {
    store.alias("busy@example.test", "carol@remote.test");
    for (int i = 0; i < 20; i++) {
      assertThat(resolve("busy@example.test", OUTSIDE)).isEqualTo(Status.LOCAL);
      deliver(OUTSIDE, "busy@example.test");
    }
    assertThat(resolve("busy@example.test", OUTSIDE)).isEqualTo(Status.TRY_LATER);
  }

  private Group group(String address, Group.Posters posters, String owner, String... members) {
    Group made =
        store
            .directory()
            .addGroup(
                AddGroupRequest.newBuilder()
                    .setAddress(address)
                    .setTitle("Der B\u00fccherkreis")
                    .setPosters(posters)
                    .setOwner(owner)
                    .build());
    store
        .directory()
        .changeGroupMembers(
            ChangeGroupMembersRequest.newBuilder()
                .setAddress(address)
                .addAllAdd(List.of(members))
                .build());
    return made;
  }

  @Test
  void aGroupSendsToItsMembersUnderItsOwnName() {
    group(
        "Team@example.test",
        Group.Posters.ANYONE,
        MailFixture.BOB,
        MailFixture.ALICE,
        "alice+other@example.test",
        "carol@remote.test",
        "dave@else.test");
    int before = count(alice);
    DeliveryEnvelope.Builder envelope = envelope(OUTSIDE, "tEAM+x@example.test");
    envelope.getRecipientsBuilder(0).setNotify(2).setOriginalRecipient("rfc822;a@b.test");
    assertThat(deliver(envelope, MESSAGE).getFirst().getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(count(alice)).isEqualTo(before + 1);
    LeaseJobsResponse lease = leased();
    assertThat(paths(lease)).containsExactly("carol@remote.test", "dave@else.test");
    assertThat(jobs(lease))
        .extracting(QueueJob::getReversePath)
        .containsOnly("team-bounces@example.test");
    // RFC 3461 section 5.2.7.1: the group's own, and delivered with it.
    QueueJob job = jobs(lease).getFirst();
    assertThat(job.getRecipients(0).getNotify()).isZero();
    assertThat(job.getRecipients(0).getOriginalRecipient()).isEmpty();
    String sent = octets(lease, job);
    if (jobs(lease).size() == lease.getJobsCount()) {
      assertThat(report()).contains("Action: delivered\r\n");
    }
    assertThat(sent)
        .startsWith("Delivered-To: team@example.test\r\nList-Id: =?utf-8?B?")
        .contains("\r\n\t<team.")
        .contains("List-Post: <mailto:team@example.test>\r\n")
        .contains("List-Owner: <mailto:team-owner@example.test>\r\n")
        .contains("Precedence: list\r\n")
        .endsWith("\r\n" + new String(MESSAGE, UTF_8));
    assertThat(last(alice)).isEqualTo("Return-Path: <team-bounces@example.test>\r\n" + sent);

    // What comes back is not sent to all again, nor is what a program answers.
    assertThat(deliver(envelope(OUTSIDE, "team@example.test"), sent.getBytes(UTF_8)).getFirst())
        .extracting(RecipientResult::getError)
        .isEqualTo(ErrorCode.MAIL_LOOP);
    byte[] vacation = "Auto-Submitted: auto-replied\r\n\r\n".getBytes(UTF_8);
    assertThat(deliver(envelope(OUTSIDE, "team@example.test"), vacation).getFirst())
        .extracting(RecipientResult::getError)
        .isEqualTo(ErrorCode.POST_REFUSED);
    assertThat(resolve("team@example.test", "")).isEqualTo(Status.POST_REFUSED);

    // Bounces and letters to the owner reach the owner.
    for (String address : List.of("team-bounces", "TEAM-owner", "team-request")) {
      int owners = count(bob);
      deliver("", address + "@example.test");
      assertThat(count(bob)).as(address).isEqualTo(owners + 1);
    }
  }

  /// What an alias leads to besides is not lost, and its sender hears of what is refused.
  @Test
  void whereSomeRefuseTheOthersGetItAndTheSenderIsTold() {
    group("private@example.test", Group.Posters.MEMBERS, "", "x@remote.test");
    store.alias("half@example.test", MailFixture.BOB, "private@example.test");
    int before = count(bob);
    assertThat(deliver(OUTSIDE, "half@example.test").getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(count(bob)).isEqualTo(before + 1);
    assertThat(report()).contains("Action: failed\r\n", "Status: 5.7.2\r\n");
  }

  /// However often a group is named, it is read once, and has one message.
  @Test
  void manyDetailsOfAGroupAreOneMessage() {
    group("often@example.test", Group.Posters.ANYONE, "", MailFixture.BOB, "x@remote.test");
    int before = count(bob);
    String[] named = new String[200];
    for (int i = 0; i < named.length; i++) {
      named[i] = "often+" + i + "@example.test";
    }
    assertThat(deliver(envelope(OUTSIDE, named), MESSAGE))
        .extracting(RecipientResult::getStatus)
        .containsOnly(RecipientResult.Status.DELIVERED);
    assertThat(count(bob)).isEqualTo(before + 1);
    assertThat(paths(leased())).containsExactly("x@remote.test");
  }

  @Test
  void whoMayNotPostIsRefused() {
    String address = "closed@example.test";
    group(address, Group.Posters.MEMBERS, "", MailFixture.ALICE, "carol@remote.test");
    assertThat(resolve(address, OUTSIDE)).isEqualTo(Status.POST_REFUSED);
    assertThat(deliver(OUTSIDE, address).getError()).isEqualTo(ErrorCode.POST_REFUSED);
    assertThat(resolve(address, "Carol@Remote.test")).isEqualTo(Status.LOCAL);
    // Anybody can say to be alice.
    RecipientSender.Builder said = RecipientSender.newBuilder().setReversePath(MailFixture.ALICE);
    assertThat(resolve(address, said)).isEqualTo(Status.POST_REFUSED);
    assertThat(resolve(address, said.clone().setTrusted(true))).isEqualTo(Status.LOCAL);
    assertThat(resolve(address, said.clone().setAuthenticatedAs(MailFixture.ALICE)))
        .isEqualTo(Status.LOCAL);
    RecipientSender.Builder other =
        RecipientSender.newBuilder()
            .setReversePath(MailFixture.BOB)
            .setAuthenticatedAs(MailFixture.BOB);
    assertThat(resolve(address, other)).isEqualTo(Status.POST_REFUSED);
    update(UpdateGroupRequest.newBuilder().setPosters(Group.Posters.DOMAIN), address);
    assertThat(resolve(address, other)).isEqualTo(Status.LOCAL);
    assertThat(resolve(address, "carol@remote.test")).isEqualTo(Status.POST_REFUSED);
    update(
        UpdateGroupRequest.newBuilder().setPosters(Group.Posters.NAMED).addAddNamed(OUTSIDE),
        address);
    assertThat(resolve(address, OUTSIDE)).isEqualTo(Status.LOCAL);
    assertThat(resolve(address, other)).isEqualTo(Status.POST_REFUSED);
    Group changed = update(UpdateGroupRequest.newBuilder().addRemoveNamed(OUTSIDE), address);
    assertThat(changed.getNamedCount()).isZero();
    assertThat(changed.getMembers()).isEqualTo(2);
    assertThat(resolve(address, OUTSIDE)).isEqualTo(Status.POST_REFUSED);
  }

  private Group update(UpdateGroupRequest.Builder change, String address) {
    return store.directory().updateGroup(change.setAddress(address).build());
  }

  @Test
  void groupsWithinGroupsReachEachMemberOnce() {
    group("inner@example.test", Group.Posters.MEMBERS, "", MailFixture.ALICE, "x@remote.test");
    group(
        "outer@example.test",
        Group.Posters.ANYONE,
        "",
        "inner@example.test",
        MailFixture.ALICE,
        "x@remote.test",
        "y@remote.test");
    store
        .directory()
        .changeGroupMembers(
            ChangeGroupMembersRequest.newBuilder()
                .setAddress("inner@example.test")
                .addAdd("outer@example.test")
                .build());
    int before = count(alice);
    deliver(OUTSIDE, "outer@example.test");
    assertThat(count(alice)).isEqualTo(before + 1);
    assertThat(paths(leased())).containsExactly("x@remote.test", "y@remote.test");
    // A member of the inner one is one of the outer one.
    update(UpdateGroupRequest.newBuilder().setPosters(Group.Posters.MEMBERS), "outer@example.test");
    group("third@example.test", Group.Posters.MEMBERS, "", "inner@example.test");
    assertThat(resolve("third@example.test", "x@remote.test")).isEqualTo(Status.LOCAL);
    assertThat(resolve("third@example.test", "z@remote.test")).isEqualTo(Status.POST_REFUSED);
  }

  @Test
  void aGroupOfManyIsDeliveredInTime() {
    List<String> members = new ArrayList<>();
    for (int i = 0; i < 2500; i++) {
      members.add("m" + i + "@remote.test");
    }
    for (int i = 0; i < 130; i++) {
      members.add(address(i));
      store
          .directory()
          .addUser(mailwing.store.v1.AddUserRequest.newBuilder().setAddress(address(i)).build());
    }
    group("many@example.test", Group.Posters.ANYONE, "", members.toArray(String[]::new));
    List<String> listed = new ArrayList<>();
    store
        .directory()
        .listGroupMembers(
            ListGroupMembersRequest.newBuilder().setAddress("many@example.test").build())
        .forEachRemaining((GroupMember member) -> listed.add(member.getAddress()));
    assertThat(listed).containsExactlyInAnyOrderElementsOf(members);
    deliver(OUTSIDE, "many@example.test");
    assertThat(store.number("SELECT count(*) FROM queue_recipient")).isEqualTo(2500);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                store.number(
                        "SELECT count(*) FROM entry e JOIN account c ON c.account_id = e.account_id"
                            + " WHERE c.address LIKE 'many%'")
                    == 130);
  }

  private static String address(int i) {
    return "many" + i + "@example.test";
  }

  @Test
  void groupsAreListedAndRemoved() {
    Group made = group("gone@example.test", Group.Posters.NAMED, "", MailFixture.ALICE);
    store.alias("leads@example.test", "gone@example.test");
    List<Group> all = new ArrayList<>();
    store
        .directory()
        .listGroups(ListGroupsRequest.newBuilder().setDomain("example.test").build())
        .forEachRemaining(all::add);
    assertThat(all).contains(made.toBuilder().setMembers(1).build());
    RemoveGroupRequest remove =
        RemoveGroupRequest.newBuilder().setAddress("gone@example.test").build();
    store.directory().removeGroup(remove);
    assertThat(errorOf(() -> store.directory().removeGroup(remove))).isEqualTo("GROUP_NOT_FOUND");
    assertThat(resolve("gone@example.test", OUTSIDE)).isEqualTo(Status.UNKNOWN_USER);
    assertThat(resolve("leads@example.test", OUTSIDE)).isEqualTo(Status.UNKNOWN_USER);
  }
}
