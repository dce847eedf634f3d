package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.ALICE;
import static mailwing.store.grpc.MailFixture.BOB;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import mailwing.store.grpc.MailFixture.User;
import mailwing.store.v1.AclEntry;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.GetAclRequest;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetRightsRequest;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.ListChangesRequest;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.ListSharersRequest;
import mailwing.store.v1.ListSharesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.Share;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Rights on mailboxes (RFC 4314), mailboxes of others, and each one's own \Seen.
final class SharesTest {
  private static final String LETTERS = "lrswipkxtea";
  private static final String CAROL = "carol@example.test";
  private static final int SEEN = 1;
  private static final int ANSWERED = 2;
  private static final int FLAGGED = 4;
  private static final int DELETED = 8;

  private MailFixture store;
  private User alice;
  private User bob;
  private MailboxRef project;

  @BeforeEach
  void start() {
    store = new MailFixture();
    alice = store.user(ALICE);
    bob = store.user(BOB);
    alice.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName("Project").build());
    project = alice.ref("Project");
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private static int rights(String letters) {
    int bits = 0;
    for (int i = 0; i < letters.length(); i++) {
      bits |= 1 << LETTERS.indexOf(letters.charAt(i));
    }
    return bits;
  }

  private void grant(String mailbox, String identifier, String letters) {
    grant(alice, mailbox, identifier, letters);
  }

  private static void grant(User owner, String mailbox, String identifier, String letters) {
    owner
        .mailboxes()
        .setAcl(
            SetAclRequest.newBuilder()
                .setMailbox(mailbox)
                .setIdentifier(identifier)
                .setRights(rights(letters))
                .build());
  }

  private static String named(String owner, String name) {
    return "Other Users/" + owner + "/" + name;
  }

  private int append(User user, String mailbox, int flags, String... keywords) {
    return user.append(
            AppendHeader.newBuilder()
                .setMailboxName(mailbox)
                .setFlags(Flags.newBuilder().setSystem(flags).addAllKeywords(List.of(keywords)))
                .build(),
            message("of " + mailbox, 300))
        .getUids(0);
  }

  private static ErrorCode error(Runnable call) {
    Throwable failure = catchThrowable(call::run);
    return failure == null ? ErrorCode.ERROR_CODE_UNSPECIFIED : MailFixture.error(failure);
  }

  private static NavigableMap<Integer, Integer> flags(User user, MailboxRef mailbox) {
    TreeMap<Integer, Integer> flags = new TreeMap<>();
    for (FlagArrays frame : user.snapshot(mailbox).frames()) {
      for (int i = 0; i < frame.getUidsCount(); i++) {
        flags.put(frame.getUids(i), frame.getSystemFlags(i));
      }
    }
    return flags;
  }

  private static List<StoreFlagsResponse> store(
      User user, MailboxRef mailbox, StoreFlagsRequest.Operation operation, int flags, long since) {
    StoreFlagsRequest.Builder request =
        StoreFlagsRequest.newBuilder()
            .setMailbox(mailbox)
            .addUids(range(1, 1000))
            .setOperation(operation)
            .setFlags(Flags.newBuilder().setSystem(flags));
    if (since >= 0) {
      request.setUnchangedSince(since);
    }
    List<StoreFlagsResponse> responses = new ArrayList<>();
    user.messages().storeFlags(request.build()).forEachRemaining(responses::add);
    return responses;
  }

  private static void add(User user, MailboxRef mailbox, int flags) {
    store(user, mailbox, StoreFlagsRequest.Operation.ADD, flags, -1);
  }

  private static List<Integer> changed(User user, MailboxRef mailbox, long since) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .listChanges(
            ListChangesRequest.newBuilder().setMailbox(mailbox).setSinceModseq(since).build())
        .forEachRemaining(
            (ListChangesResponse frame) -> uids.addAll(frame.getMessages().getUidsList()));
    return uids;
  }

  private static List<Integer> search(User user, MailboxRef mailbox, SearchKey.Builder key) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(SearchRequest.newBuilder().setMailbox(mailbox).setKey(key).build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  private static long highest(User user, String name) {
    return user.status(name).getHighestModseq();
  }

  private static List<String> list(User user) {
    List<String> names = new ArrayList<>();
    user.mailboxes()
        .listMailboxes(ListMailboxesRequest.newBuilder().setWithShared(true).build())
        .forEachRemaining(
            (Mailbox mailbox) -> {
              if (mailbox.getName().startsWith("Other Users/")) {
                names.add(mailbox.getName());
              }
            });
    return names;
  }

  @Test
  void eachCallNeedsItsRightAndNoOther() {
    append(alice, "Project", DELETED);
    String name = named(ALICE, "Project");
    MailboxRef elsewhere = bob.ref("INBOX");
    record Call(String needs, Consumer<User> made) {}
    List<Call> calls =
        List.of(
            new Call("r", u -> u.ref(name)),
            new Call("r", u -> u.snapshot(project)),
            new Call("r", u -> changed(u, project, 0)),
            new Call("r", u -> u.body(project, 1, 0, 0)),
            new Call("r", u -> search(u, project, SearchKey.newBuilder().setAll(true))),
            new Call("i", u -> append(u, name, 0)),
            new Call("rs", u -> add(u, project, SEEN)),
            new Call("rw", u -> add(u, project, FLAGGED)),
            new Call("rt", u -> add(u, project, DELETED)),
            new Call(
                "i",
                u ->
                    u.messages()
                        .copyMessages(
                            CopyMessagesRequest.newBuilder()
                                .setSource(elsewhere)
                                .addUids(range(1, 1))
                                .setDestinationName(name)
                                .build())
                        .forEachRemaining(r -> {})),
            new Call(
                "rte",
                u ->
                    u.messages()
                        .copyMessages(
                            CopyMessagesRequest.newBuilder()
                                .setSource(project)
                                .addUids(range(900, 900))
                                .setDestination(elsewhere)
                                .setMove(true)
                                .build())
                        .forEachRemaining(r -> {})),
            new Call(
                "k",
                u ->
                    u.mailboxes()
                        .createMailbox(
                            CreateMailboxRequest.newBuilder()
                                .setName(name + "/" + System.nanoTime())
                                .build())),
            new Call(
                "a",
                u -> u.mailboxes().getAcl(GetAclRequest.newBuilder().setMailbox(name).build())),
            new Call("a", u -> grant(u, name, "-" + CAROL, "r")),
            new Call(
                "e",
                u ->
                    u.messages()
                        .expunge(
                            ExpungeRequest.newBuilder()
                                .setMailbox(project)
                                .addUids(range(900, 900))
                                .build())
                        .forEachRemaining(r -> {})),
            new Call(
                "r",
                u ->
                    u.mailboxes().getQuota(GetQuotaRequest.newBuilder().setMailbox(name).build())));
    store.user(CAROL);
    for (Call call : calls) {
      grant("Project", BOB, call.needs());
      assertThat(error(() -> call.made().accept(bob)))
          .as(call.needs())
          .isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
      for (int i = 0; i < call.needs().length(); i++) {
        String one = call.needs().substring(i, i + 1);
        grant("Project", BOB, LETTERS.replace(one, ""));
        assertThat(error(() -> call.made().accept(bob)))
            .as(call.needs() + " without " + one)
            .isEqualTo(ErrorCode.PERMISSION_DENIED);
      }
      // Who may not even know of it learns nothing.
      grant("Project", BOB, "");
      assertThat(error(() -> call.made().accept(bob)))
          .as(call.needs())
          .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    }
  }

  @Test
  void deleteAndRenameNeedTheirRights() {
    grant("Project", BOB, "lrk");
    String name = named(ALICE, "Project");
    assertThat(
            error(
                () ->
                    bob.mailboxes()
                        .deleteMailbox(DeleteMailboxRequest.newBuilder().setName(name).build())))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
    RenameMailboxRequest rename =
        RenameMailboxRequest.newBuilder().setName(name).setNewName(name + "2").build();
    assertThat(error(() -> bob.mailboxes().renameMailbox(rename)))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
    bob.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName(name + "/a").build());
    grant("Project/a", BOB, "lx");
    bob.mailboxes()
        .renameMailbox(
            RenameMailboxRequest.newBuilder().setName(name + "/a").setNewName(name + "/b").build());
    assertThat(alice.ref("Project/b").getMailboxId()).isPositive();
    assertThat(
            error(
                () ->
                    bob.mailboxes()
                        .renameMailbox(
                            RenameMailboxRequest.newBuilder()
                                .setName(name + "/b")
                                .setNewName("Mine")
                                .build())))
        .isEqualTo(ErrorCode.CANNOT);
    bob.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName(name + "/b").build());
    assertThat(error(() -> alice.ref("Project/b"))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
  }

  @Test
  void negativeRightsWithholdWhatAnyoneHas() {
    grant("Project", "anyone", "lrsi");
    User carol = store.user(CAROL);
    grant("Project", "-" + BOB, "i");
    GetRightsRequest ask =
        GetRightsRequest.newBuilder().setMailbox(named(ALICE, "Project")).build();
    assertThat(carol.mailboxes().getRights(ask).getRights()).isEqualTo(rights("lrsi"));
    assertThat(bob.mailboxes().getRights(ask).getRights()).isEqualTo(rights("lrs"));
    assertThat(list(carol)).containsExactly(named(ALICE, "Project"));
    assertThat(
            alice
                .mailboxes()
                .getAcl(GetAclRequest.newBuilder().setMailbox("Project").build())
                .getEntriesList())
        .extracting(AclEntry::getIdentifier)
        .containsExactlyInAnyOrder(ALICE, "anyone", "-" + BOB);
    grant("Project", "-anyone", "lrswipkxtea");
    assertThat(list(carol)).isEmpty();
  }

  @Test
  void anyoneIsWhoeverIsOfTheOwnersDomain() {
    store.directory().addDomain(AddDomainRequest.newBuilder().setName("other.test").build());
    User dave = store.user("dave@other.test");
    grant("Project", "anyone", "lrsi");
    GetRightsRequest ask =
        GetRightsRequest.newBuilder().setMailbox(named(ALICE, "Project")).build();
    assertThat(list(bob)).containsExactly(named(ALICE, "Project"));
    assertThat(list(dave)).isEmpty();
    assertThat(error(() -> dave.mailboxes().getRights(ask))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(error(() -> append(dave, named(ALICE, "Project"), 0)))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    // What is withheld from anyone is not withheld from who is of another domain.
    grant("Project", "dave@other.test", "lri");
    grant("Project", "-anyone", "i");
    assertThat(dave.mailboxes().getRights(ask).getRights()).isEqualTo(rights("lri"));
    assertThat(bob.mailboxes().getRights(ask).getRights()).isEqualTo(rights("lrs"));
    grant(dave, "INBOX", "anyone", "lr");
    assertThat(list(bob)).containsExactly(named(ALICE, "Project"));
  }

  @Test
  void mailboxesOfASharedAccountAreInANamespaceOfTheirOwn() {
    String info = "info@example.test";
    store.directory().addUser(AddUserRequest.newBuilder().setAddress(info).setShared(true).build());
    SetShareRequest grant =
        SetShareRequest.newBuilder()
            .setAddress(info)
            .setMailbox("Plans/Old")
            .setIdentifier(BOB)
            .setRights(rights("lrswitekxa"))
            .build();
    assertThat(error(() -> store.sharing().setShare(grant))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    store.sharing().setShare(grant.toBuilder().setCreate(true).build());
    String name = "Shared/" + info + "/Plans/Old";
    assertThat(bob.status(name).getMessages()).isZero();
    append(bob, name, FLAGGED);
    assertThat(bob.status(name).getMessages()).isOne();
    assertThat(error(() -> bob.ref(named(info, "Plans/Old"))))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(error(() -> alice.ref(name))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(error(() -> bob.ref("Shared/" + ALICE + "/Project")))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(
            bob.mailboxes()
                .listSharers(ListSharersRequest.getDefaultInstance())
                .getSharersList()
                .getFirst()
                .getShared())
        .isTrue();
    // Who administers a mailbox goes on without the administrator.
    bob.mailboxes()
        .setAcl(
            SetAclRequest.newBuilder()
                .setMailbox(name)
                .setIdentifier(ALICE)
                .setRights(rights("lr"))
                .build());
    assertThat(alice.status(name).getUnseen()).isOne();
    bob.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName(name + "/x").build());
    List<Share> shares = new ArrayList<>();
    store
        .sharing()
        .listShares(ListSharesRequest.newBuilder().setAddress(info).build())
        .forEachRemaining(shares::add);
    assertThat(shares)
        .extracting(share -> share.getMailbox() + " " + share.getEntry().getIdentifier())
        .containsExactlyInAnyOrder(
            "Plans/Old " + ALICE, "Plans/Old " + BOB, "Plans/Old/x " + ALICE, "Plans/Old/x " + BOB);
    store.directory().removeUser(RemoveUserRequest.newBuilder().setAddress(info).build());
    assertThat(error(() -> bob.ref(name))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
  }

  @Test
  void theOwnerHasAllRightsAndUnknownIdentifiersNone() {
    assertThat(error(() -> grant("Project", ALICE, "lr"))).isEqualTo(ErrorCode.CANNOT);
    assertThat(error(() -> grant("Project", "-" + ALICE, "l"))).isEqualTo(ErrorCode.CANNOT);
    assertThat(error(() -> grant("Project", ALICE, LETTERS)))
        .isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    assertThat(error(() -> grant("Project", "nobody@example.test", "lr")))
        .isEqualTo(ErrorCode.ACCOUNT_NOT_FOUND);
    assertThat(error(() -> grant("Nowhere", BOB, "lr"))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(
            error(
                () ->
                    alice
                        .mailboxes()
                        .createMailbox(
                            CreateMailboxRequest.newBuilder()
                                .setOwnerAccount(alice.accountId())
                                .setName("Other Users/x")
                                .build())))
        .isEqualTo(ErrorCode.CANNOT);
  }

  @Test
  void aNewMailboxInheritsRightsAndADeletedOneForgetsThem() {
    grant("Project", BOB, "lr");
    alice
        .mailboxes()
        .createMailbox(CreateMailboxRequest.newBuilder().setName("Project/x/y").build());
    assertThat(list(bob))
        .containsExactly(
            named(ALICE, "Project"), named(ALICE, "Project/x"), named(ALICE, "Project/x/y"));
    for (String name : List.of("Project/x/y", "Project/x", "Project")) {
      alice.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName(name).build());
    }
    assertThat(list(bob)).isEmpty();
    assertThat(store.number("SELECT count(*) FROM acl")).isZero();
    assertThat(store.number("SELECT count(*) FROM shared_by")).isZero();
  }

  @Test
  void eachHasSeenItsOwnAndAllShareTheRest() {
    grant("Project", BOB, "lrswite");
    User carol = store.user(CAROL);
    grant("Project", CAROL, "lrs");
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
    grant("Project", BOB, "lrsw");
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
    grant("Project", BOB, "lrs");
    grant("Target", BOB, "lrsi");
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
    grant("Project", BOB, "lrswite");
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

  private static List<CopyMessagesResponse> copy(
      User user, MailboxRef source, MailboxRef to, String name, boolean move) {
    List<CopyMessagesResponse> responses = new ArrayList<>();
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(source)
                .addUids(range(1, 1000))
                .setDestination(to)
                .setDestinationName(name)
                .setMove(move)
                .build())
        .forEachRemaining(responses::add);
    return responses;
  }

  @Test
  void statusOfSeveralUsersInOneCallIsEachOnesOwn() {
    grant("Project", BOB, "lrs");
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

  @Test
  void openingTellsRightsAndReadOnly() {
    append(alice, "Project", 0);
    grant("Project", BOB, "lrs");
    OpenMailboxRequest open =
        OpenMailboxRequest.newBuilder()
            .setName(named(ALICE, "Project"))
            .setClaimRecent(true)
            .build();
    OpenMailboxResponse opened = bob.mailboxes().openMailbox(open);
    assertThat(opened.getReadOnly()).isTrue();
    assertThat(opened.getStatus().getRights()).isEqualTo(rights("lrs"));
    assertThat(opened.getMailbox().getName()).isEqualTo(named(ALICE, "Project"));
    // \Recent is left to the owner.
    assertThat(opened.getStatus().getRecent()).isZero();
    assertThat(alice.status("Project").getRecent()).isEqualTo(1);
    grant("Project", BOB, "lrt");
    assertThat(bob.mailboxes().openMailbox(open).getReadOnly()).isFalse();
  }

  @Test
  void annotationsOfOthersMailboxesAreOnesOwnOrShared() {
    grant("Project", BOB, "lr");
    String name = named(ALICE, "Project");
    annotate(bob, name, "/private/comment", "bob's");
    annotate(alice, "Project", "/private/comment", "alice's");
    assertThat(error(() -> annotate(bob, name, "/shared/comment", "ours")))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
    grant("Project", BOB, "lrw");
    annotate(bob, name, "/shared/comment", "ours");
    assertThat(annotations(bob, name)).containsExactly("bob's", "ours");
    assertThat(annotations(alice, "Project")).containsExactly("alice's", "ours");
    grant("Project", BOB, "l");
    assertThat(error(() -> annotations(bob, name))).isEqualTo(ErrorCode.PERMISSION_DENIED);
  }

  private static void annotate(User user, String mailbox, String entry, String value) {
    user.mailboxes()
        .setMetadata(
            SetMetadataRequest.newBuilder()
                .setMailbox(mailbox)
                .addEntries(
                    MetadataEntry.newBuilder()
                        .setName(entry)
                        .setValue(com.google.protobuf.ByteString.copyFromUtf8(value)))
                .build());
  }

  private static List<String> annotations(User user, String mailbox) {
    return user
        .mailboxes()
        .getMetadata(
            GetMetadataRequest.newBuilder()
                .setMailbox(mailbox)
                .addEntries("/private/comment")
                .addEntries("/shared/comment")
                .build())
        .getEntriesList()
        .stream()
        .map(entry -> entry.getValue().toStringUtf8())
        .toList();
  }

  @Test
  void anAccountThatGoesTakesItsSharesAlong() {
    User carol = store.user(CAROL);
    grant("Project", BOB, "lrs");
    grant("Project", CAROL, "lrs");
    append(alice, "Project", 0);
    add(bob, project, SEEN);
    add(carol, project, SEEN);
    // A grantee goes.
    store.directory().removeUser(RemoveUserRequest.newBuilder().setAddress(CAROL).build());
    await("SELECT count(*) FROM acl WHERE grantee = " + carol.accountId());
    await("SELECT count(*) FROM seen WHERE holder = " + carol.accountId());
    assertThat(list(bob)).containsExactly(named(ALICE, "Project"));
    // The owner goes: at once for those who share.
    store.directory().removeUser(RemoveUserRequest.newBuilder().setAddress(ALICE).build());
    assertThat(error(() -> bob.snapshot(project))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(list(bob)).isEmpty();
    assertThat(
            bob.mailboxes().listSharers(ListSharersRequest.getDefaultInstance()).getSharersList())
        .isEmpty();
    await("SELECT count(*) FROM seen");
    await("SELECT count(*) FROM seen_count");
  }

  private void await(String count) {
    long until = System.nanoTime() + java.time.Duration.ofSeconds(30).toNanos();
    while (store.number(count) > 0) {
      assertThat(System.nanoTime()).as(count).isLessThan(until);
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
