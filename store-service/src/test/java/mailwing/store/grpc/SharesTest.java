package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.ALICE;
import static mailwing.store.grpc.MailFixture.BOB;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.SharesFixture.CAROL;
import static mailwing.store.grpc.SharesFixture.DELETED;
import static mailwing.store.grpc.SharesFixture.FLAGGED;
import static mailwing.store.grpc.SharesFixture.LETTERS;
import static mailwing.store.grpc.SharesFixture.SEEN;
import static mailwing.store.grpc.SharesFixture.add;
import static mailwing.store.grpc.SharesFixture.append;
import static mailwing.store.grpc.SharesFixture.changed;
import static mailwing.store.grpc.SharesFixture.error;
import static mailwing.store.grpc.SharesFixture.grant;
import static mailwing.store.grpc.SharesFixture.list;
import static mailwing.store.grpc.SharesFixture.named;
import static mailwing.store.grpc.SharesFixture.rights;
import static mailwing.store.grpc.SharesFixture.search;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mailwing.store.grpc.MailFixture.User;
import mailwing.store.v1.AclEntry;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.GetAclRequest;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetRightsRequest;
import mailwing.store.v1.ListSharersRequest;
import mailwing.store.v1.ListSharesRequest;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.Share;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Rights on mailboxes (RFC 4314), and mailboxes of others.
final class SharesTest {
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
      shares.grant("Project", BOB, call.needs());
      assertThat(error(() -> call.made().accept(bob)))
          .as(call.needs())
          .isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
      for (int i = 0; i < call.needs().length(); i++) {
        String one = call.needs().substring(i, i + 1);
        shares.grant("Project", BOB, LETTERS.replace(one, ""));
        assertThat(error(() -> call.made().accept(bob)))
            .as(call.needs() + " without " + one)
            .isEqualTo(ErrorCode.PERMISSION_DENIED);
      }
      // Who may not even know of it learns nothing.
      shares.grant("Project", BOB, "");
      assertThat(error(() -> call.made().accept(bob)))
          .as(call.needs())
          .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    }
  }

  @Test
  void deleteAndRenameNeedTheirRights() {
    shares.grant("Project", BOB, "lrk");
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
    shares.grant("Project/a", BOB, "lx");
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
    shares.grant("Project", "anyone", "lrsi");
    User carol = store.user(CAROL);
    shares.grant("Project", "-" + BOB, "i");
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
    shares.grant("Project", "-anyone", "lrswipkxtea");
    assertThat(list(carol)).isEmpty();
  }

  @Test
  void anyoneIsWhoeverIsOfTheOwnersDomain() {
    store.directory().addDomain(AddDomainRequest.newBuilder().setName("other.test").build());
    User dave = store.user("dave@other.test");
    shares.grant("Project", "anyone", "lrsi");
    GetRightsRequest ask =
        GetRightsRequest.newBuilder().setMailbox(named(ALICE, "Project")).build();
    assertThat(list(bob)).containsExactly(named(ALICE, "Project"));
    assertThat(list(dave)).isEmpty();
    assertThat(error(() -> dave.mailboxes().getRights(ask))).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(error(() -> append(dave, named(ALICE, "Project"), 0)))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    // What is withheld from anyone is not withheld from who is of another domain.
    shares.grant("Project", "dave@other.test", "lri");
    shares.grant("Project", "-anyone", "i");
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
    assertThat(error(() -> shares.grant("Project", ALICE, "lr"))).isEqualTo(ErrorCode.CANNOT);
    assertThat(error(() -> shares.grant("Project", "-" + ALICE, "l"))).isEqualTo(ErrorCode.CANNOT);
    assertThat(error(() -> shares.grant("Project", ALICE, LETTERS)))
        .isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    assertThat(error(() -> shares.grant("Project", "nobody@example.test", "lr")))
        .isEqualTo(ErrorCode.ACCOUNT_NOT_FOUND);
    assertThat(error(() -> shares.grant("Nowhere", BOB, "lr")))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
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
    shares.grant("Project", BOB, "lr");
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
  void openingTellsRightsAndReadOnly() {
    append(alice, "Project", 0);
    shares.grant("Project", BOB, "lrs");
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
    shares.grant("Project", BOB, "lrt");
    assertThat(bob.mailboxes().openMailbox(open).getReadOnly()).isFalse();
  }

  @Test
  void annotationsOfOthersMailboxesAreOnesOwnOrShared() {
    shares.grant("Project", BOB, "lr");
    String name = named(ALICE, "Project");
    annotate(bob, name, "/private/comment", "bob's");
    annotate(alice, "Project", "/private/comment", "alice's");
    assertThat(error(() -> annotate(bob, name, "/shared/comment", "ours")))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
    shares.grant("Project", BOB, "lrw");
    annotate(bob, name, "/shared/comment", "ours");
    assertThat(annotations(bob, name)).containsExactly("bob's", "ours");
    assertThat(annotations(alice, "Project")).containsExactly("alice's", "ours");
    shares.grant("Project", BOB, "l");
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
    shares.grant("Project", BOB, "lrs");
    shares.grant("Project", CAROL, "lrs");
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
