package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.ALICE;
import static mailwing.store.grpc.MailFixture.BOB;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.SharesFixture.ANSWERED;
import static mailwing.store.grpc.SharesFixture.CAROL;
import static mailwing.store.grpc.SharesFixture.DELETED;
import static mailwing.store.grpc.SharesFixture.FLAGGED;
import static mailwing.store.grpc.SharesFixture.SEEN;
import static mailwing.store.grpc.SharesFixture.add;
import static mailwing.store.grpc.SharesFixture.append;
import static mailwing.store.grpc.SharesFixture.changed;
import static mailwing.store.grpc.SharesFixture.copy;
import static mailwing.store.grpc.SharesFixture.error;
import static mailwing.store.grpc.SharesFixture.flags;
import static mailwing.store.grpc.SharesFixture.grant;
import static mailwing.store.grpc.SharesFixture.highest;
import static mailwing.store.grpc.SharesFixture.named;
import static mailwing.store.grpc.SharesFixture.search;
import static mailwing.store.grpc.SharesFixture.store;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import mailwing.store.grpc.MailFixture.User;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Messages in mailboxes of several users: flags of all, and each one's own \Seen.
final class SharedMessagesTest {
  private final SharesFixture shares = new SharesFixture();
  private final MailFixture store = shares.store;
  private final User alice = shares.alice;
  private final User bob = shares.bob;
  private final MailboxRef project = shares.project;

  @AfterEach
  void stop() {
    shares.close();
  }

  @Test
  void eachHasSeenItsOwnAndAllShareTheRest() {
    shares.grant("Project", BOB, "lrswite");
    User carol = store.user(CAROL);
    shares.grant("Project", CAROL, "lrs");
    String name = named(ALICE, "Project");
    append(alice, "Project", SEEN);
    append(alice, "Project", 0);
    append(bob, name, SEEN | FLAGGED);
    assertThat(flags(alice, project).values()).containsExactly(SEEN, 0, FLAGGED);
    assertThat(flags(bob, project).values()).containsExactly(0, 0, SEEN | FLAGGED);
    assertThat(flags(carol, project).values()).containsExactly(0, 0, FLAGGED);
    assertThat(alice.status("Project").getUnseen()).isEqualTo(2);
    assertThat(bob.status(name).getUnseen()).isEqualTo(2);
    assertThat(carol.status(name).getUnseen()).isEqualTo(3);

    add(carol, project, SEEN | FLAGGED);
    assertThat(flags(carol, project).values()).containsExactly(SEEN, SEEN, SEEN | FLAGGED);
    store(bob, project, StoreFlagsRequest.Operation.REPLACE, ANSWERED, -1);
    assertThat(flags(alice, project).values()).containsExactly(SEEN | ANSWERED, ANSWERED, ANSWERED);
    assertThat(flags(bob, project).values()).containsExactly(ANSWERED, ANSWERED, ANSWERED);
    assertThat(flags(carol, project).values())
        .containsExactly(SEEN | ANSWERED, SEEN | ANSWERED, SEEN | ANSWERED);
    assertThat(carol.status(name).getUnseen()).isZero();
    assertThat(bob.status(name).getUnseen()).isEqualTo(3);

    // What reads messages sees the same.
    assertThat(search(carol, project, SearchKey.newBuilder().setFlagSet(SEEN))).hasSize(3);
    assertThat(search(bob, project, SearchKey.newBuilder().setFlagSet(SEEN))).isEmpty();
    assertThat(search(alice, project, SearchKey.newBuilder().setFlagSet(SEEN))).containsExactly(1);
    List<FetchedMessage> fetched = new ArrayList<>();
    carol
        .messages()
        .fetchMessages(
            FetchMessagesRequest.newBuilder()
                .setMailbox(project)
                .addUids(range(2, 2))
                .setItems(FetchItems.newBuilder().setFlags(true).setEnvelope(true))
                .build())
        .forEachRemaining(frame -> fetched.addAll(frame.getMessagesList()));
    assertThat(fetched).hasSize(1);
    assertThat(fetched.getFirst().getFlags().getSystem()).isEqualTo(SEEN | ANSWERED);

    // Expunging takes what was seen with it.
    store(bob, project, StoreFlagsRequest.Operation.ADD, DELETED, -1);
    bob.messages()
        .expunge(ExpungeRequest.newBuilder().setMailbox(project).addUids(range(1, 2)).build())
        .forEachRemaining(r -> {});
    assertThat(flags(carol, project).keySet()).containsExactly(3);
    assertThat(carol.status(name).getUnseen()).isZero();
    assertThat(bob.status(name).getUnseen()).isEqualTo(1);
    assertThat(store.number("SELECT count(*) FROM seen WHERE uid < 3")).isZero();
  }

  @Test
  void modseqsAreTrueForEach() {
    shares.grant("Project", BOB, "lrsw");
    String name = named(ALICE, "Project");
    append(alice, "Project", 0);
    append(alice, "Project", 0);
    add(bob, project, SEEN);
    long aliceAt = highest(alice, "Project");
    long bobAt = highest(bob, name);
    assertThat(changed(alice, project, aliceAt)).isEmpty();

    // Bob's \Seen is no news to Alice, and hers none to him.
    store(bob, project, StoreFlagsRequest.Operation.REMOVE, SEEN, -1);
    assertThat(changed(alice, project, aliceAt)).isEmpty();
    assertThat(changed(bob, project, bobAt)).containsExactly(1, 2);
    bobAt = highest(bob, name);
    add(alice, project, SEEN);
    assertThat(changed(bob, project, bobAt)).isEmpty();
    assertThat(changed(alice, project, aliceAt)).containsExactly(1, 2);

    // So neither makes the other's conditional STORE fail.
    List<StoreFlagsResponse> done =
        store(bob, project, StoreFlagsRequest.Operation.ADD, SEEN, bobAt);
    assertThat(done.getFirst().getModifiedList()).isEmpty();
    assertThat(changed(bob, project, bobAt)).containsExactly(1, 2);
    // A shared flag does.
    aliceAt = highest(alice, "Project");
    add(alice, project, FLAGGED);
    assertThat(
            store(bob, project, StoreFlagsRequest.Operation.ADD, ANSWERED, aliceAt)
                .getFirst()
                .getModifiedList())
        .isNotEmpty();
    // Each response's modseq is the snapshot's.
    assertThat(bob.snapshot(project).head().getHighestModseq()).isEqualTo(highest(bob, name));
  }

  @Test
  void copiesKeepTheFlagsThatMayBeSet() {
    alice.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName("Target").build());
    append(alice, "Project", SEEN | FLAGGED | DELETED, "$Work");
    append(alice, "Project", ANSWERED);
    shares.grant("Project", BOB, "lrs");
    shares.grant("Target", BOB, "lrsi");
    add(bob, project, SEEN);
    MailboxRef target = alice.ref("Target");
    copy(bob, project, target, "", false);
    // Within the account: who has seen the message has seen its copy.
    assertThat(flags(alice, target).values()).containsExactly(SEEN, 0);
    assertThat(flags(bob, target).values()).containsExactly(SEEN, SEEN);
    assertThat(bob.status(named(ALICE, "Target")).getUnseen()).isZero();
    assertThat(alice.status("Target").getDeleted()).isZero();

    // To another account.
    copy(bob, project, MailboxRef.getDefaultInstance(), "Archive", false);
    assertThat(flags(bob, bob.ref("Archive")).values())
        .containsExactly(SEEN | FLAGGED | DELETED, SEEN | ANSWERED);
    assertThat(new String(bob.body(bob.ref("Archive"), 1, 0, 0), UTF_8))
        .isEqualTo(new String(alice.body(project, 1, 0, 0), UTF_8));
    // And back again, where only \Seen may be set.
    copy(bob, bob.ref("Archive"), target, "", false);
    assertThat(flags(alice, target).values()).containsExactly(SEEN, 0, 0, 0);
    assertThat(flags(bob, target).values()).containsExactly(SEEN, SEEN, SEEN, SEEN);
  }

  @Test
  void movesBetweenAccountsTakeWhatTheyBring() {
    shares.grant("Project", BOB, "lrswite");
    append(alice, "Project", FLAGGED);
    append(alice, "Project", 0);
    List<CopyMessagesResponse> moved =
        copy(bob, project, MailboxRef.getDefaultInstance(), "INBOX", true);
    assertThat(moved.getLast().getSourceUidsList()).containsExactly(1, 2);
    assertThat(flags(alice, project)).isEmpty();
    assertThat(flags(bob, bob.ref("INBOX")).values()).containsExactly(FLAGGED, 0);
    copy(bob, bob.ref("INBOX"), project, "", true);
    assertThat(flags(alice, project).values()).containsExactly(FLAGGED, 0);
    assertThat(flags(bob, bob.ref("INBOX"))).isEmpty();
  }

  @Test
  void aCopyThatDoesNotFitIsNotMade() {
    User carol = store.user(CAROL, QuotaLimits.newBuilder().setMessages(1).build());
    grant(carol, "INBOX", ALICE, "lri");
    append(alice, "Project", 0);
    append(alice, "Project", 0);
    assertThat(
            error(
                () ->
                    copy(
                        alice,
                        project,
                        MailboxRef.getDefaultInstance(),
                        named(CAROL, "INBOX"),
                        false)))
        .isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(carol.status("INBOX").getMessages()).isZero();
  }

  @Test
  void statusOfSeveralUsersInOneCallIsEachOnesOwn() {
    shares.grant("Project", BOB, "lrs");
    append(alice, "Project", 0);
    add(bob, project, SEEN);
    assertThat(
            bob.mailboxes()
                .getStatus(
                    GetStatusRequest.newBuilder()
                        .addQueries(StatusQuery.newBuilder().setRef(project))
                        .addQueries(StatusQuery.newBuilder().setName(named(ALICE, "Project")))
                        .addQueries(StatusQuery.newBuilder().setName("Project"))
                        .build())
                .getResultsList())
        .extracting(r -> r.getError() + " " + r.getStatus().getUnseen())
        .containsExactly(
            "ERROR_CODE_UNSPECIFIED 0", "ERROR_CODE_UNSPECIFIED 0", "MAILBOX_NOT_FOUND 0");
  }
}
