package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.collect.ImmutableList;
import java.util.List;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.SetSubscribedRequest;
import mailwing.store.v1.SpecialUse;
import mailwing.store.v1.StatusQuery;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MailboxesTest {
  private MailFixture store;
  private int users;

  @BeforeAll
  void start() {
    store = new MailFixture();
  }

  @AfterAll
  void stop() {
    store.close();
  }

  private MailFixture.User fresh() {
    return store.user("user" + users++ + "@example.test");
  }

  private static List<Mailbox> list(MailFixture.User user) {
    return ImmutableList.copyOf(
        user.mailboxes()
            .listMailboxes(
                ListMailboxesRequest.newBuilder()
                    .setWithStatus(true)
                    .setWithNonexistent(true)
                    .build()));
  }

  private static Mailbox named(MailFixture.User user, String name) {
    return list(user).stream().filter(m -> m.getName().equals(name)).findFirst().orElseThrow();
  }

  private static Mailbox create(MailFixture.User user, String name) {
    return user.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName(name).build());
  }

  private static void delete(MailFixture.User user, String name) {
    user.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName(name).build());
  }

  private static void rename(MailFixture.User user, String name, String newName) {
    user.mailboxes()
        .renameMailbox(RenameMailboxRequest.newBuilder().setName(name).setNewName(newName).build());
  }

  private static void append(MailFixture.User user, String name) {
    user.append(AppendHeader.newBuilder().setMailboxName(name).build(), message("m", 200));
  }

  @Test
  void aNewAccountHasItsSpecialMailboxes() {
    assertThat(list(fresh()))
        .allSatisfy(m -> assertThat(m.getSubscribed() && m.getSelectable()).isTrue())
        .extracting(Mailbox::getName, Mailbox::getSpecialUse)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("Archive", SpecialUse.ARCHIVE_VALUE),
            org.assertj.core.groups.Tuple.tuple("Drafts", SpecialUse.DRAFTS_VALUE),
            org.assertj.core.groups.Tuple.tuple("INBOX", 0),
            org.assertj.core.groups.Tuple.tuple("Junk", SpecialUse.JUNK_VALUE),
            org.assertj.core.groups.Tuple.tuple("Sent", SpecialUse.SENT_VALUE),
            org.assertj.core.groups.Tuple.tuple("Trash", SpecialUse.TRASH_VALUE));
  }

  @Test
  void createMakesSuperiorsAndDeleteLeavesANameWithChildren() {
    MailFixture.User user = fresh();
    create(user, "a/b/ü/");
    append(user, "a/b");
    assertThat(named(user, "a/b").getHasChildren()).isTrue();
    int validity = named(user, "a/b").getStatus().getUidValidity();
    delete(user, "a/b");
    Mailbox left = named(user, "a/b");
    assertThat(left.getSelectable()).isFalse();
    assertThat(left.getStatus().getMessages()).isZero();
    assertThat(MailFixture.error(catchThrowable(() -> user.ref("a/b"))))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(MailFixture.error(catchThrowable(() -> delete(user, "a/b"))))
        .isEqualTo(ErrorCode.CANNOT);
    assertThat(
            store.number(
                "SELECT used_messages FROM account_state WHERE account_id = ?", user.accountId()))
        .isZero();
    Mailbox again = create(user, "a/b");
    assertThat(again.getSelectable()).isTrue();
    assertThat(named(user, "a/b").getStatus().getUidValidity()).isGreaterThan(validity);
    delete(user, "a/b/ü");
    delete(user, "a/b");
    assertThat(list(user)).extracting(Mailbox::getName).doesNotContain("a/b");
  }

  @Test
  void badNamesAreRefused() {
    MailFixture.User user = fresh();
    for (String name :
        List.of("", "/", "/a", "a//b", "a\u0001", "a\u0085b", "x".repeat(1001), "a/".repeat(40))) {
      assertThat(MailFixture.error(catchThrowable(() -> create(user, name))))
          .as(name)
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
    assertThat(MailFixture.error(catchThrowable(() -> create(user, "inBox"))))
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThat(MailFixture.error(catchThrowable(() -> delete(user, "Inbox"))))
        .isEqualTo(ErrorCode.CANNOT);
    create(user, "e\u0301");
    assertThat(MailFixture.error(catchThrowable(() -> create(user, "\u00e9"))))
        .as("the same name in NFC")
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
  }

  @Test
  void renameTakesChildrenAlong() {
    MailFixture.User user = fresh();
    create(user, "old/child/grand");
    append(user, "old/child");
    create(user, "older");
    MailboxStatus before = user.status("old/child");
    MailboxRef ref = user.ref("old/child");
    rename(user, "old", "new/place");
    assertThat(list(user))
        .extracting(Mailbox::getName)
        .contains("new", "new/place", "new/place/child", "new/place/child/grand", "older")
        .doesNotContain("old", "old/child");
    assertThat(user.ref("new/place/child")).isEqualTo(ref);
    assertThat(user.status("new/place/child")).isEqualTo(before);
    assertThat(MailFixture.error(catchThrowable(() -> rename(user, "new", "new/x"))))
        .isEqualTo(ErrorCode.CANNOT);
    assertThat(MailFixture.error(catchThrowable(() -> rename(user, "new", "older"))))
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThat(MailFixture.error(catchThrowable(() -> rename(user, "none", "x"))))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
  }

  @Test
  void renameOfInboxMovesItsMessages() {
    MailFixture.User user = fresh();
    create(user, "INBOX/sub");
    append(user, "INBOX");
    append(user, "INBOX");
    rename(user, "inbox", "Saved/2026");
    assertThat(user.status("INBOX").getMessages()).isZero();
    assertThat(user.status("Saved/2026").getMessages()).isEqualTo(2);
    assertThat(list(user)).extracting(Mailbox::getName).contains("INBOX/sub", "Saved");
  }

  @Test
  void subscriptionsAreNames() {
    MailFixture.User user = fresh();
    user.mailboxes()
        .setSubscribed(
            SetSubscribedRequest.newBuilder().setName("not/there").setSubscribed(true).build());
    user.mailboxes()
        .setSubscribed(
            SetSubscribedRequest.newBuilder().setName("Junk").setSubscribed(false).build());
    Mailbox nonexistent = named(user, "not/there");
    assertThat(nonexistent.getRef().getMailboxId()).isZero();
    assertThat(nonexistent.getSubscribed()).isTrue();
    assertThat(named(user, "Junk").getSubscribed()).isFalse();
  }

  @Test
  void statusAnswersEachQueryAndForeignMailboxesAreNotThere() {
    MailFixture.User user = fresh();
    MailFixture.User other = fresh();
    append(user, "INBOX");
    var response =
        user.mailboxes()
            .getStatus(
                GetStatusRequest.newBuilder()
                    .addQueries(StatusQuery.newBuilder().setName("inbox"))
                    .addQueries(StatusQuery.newBuilder().setName("none"))
                    .addQueries(StatusQuery.newBuilder().setRef(user.ref("INBOX")))
                    .addQueries(StatusQuery.newBuilder().setRef(other.ref("INBOX")))
                    .addQueries(StatusQuery.newBuilder().setName("INBOX").setToken("mwt_bad"))
                    .build());
    assertThat(response.getResults(0).getStatus().getMessages()).isEqualTo(1);
    assertThat(response.getResults(1).getError()).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(response.getResults(2).getStatus()).isEqualTo(response.getResults(0).getStatus());
    assertThat(response.getResults(3).getError()).isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
    assertThat(response.getResults(4).getError()).isEqualTo(ErrorCode.CREDENTIAL_INVALID);
  }

  @Test
  void theNumberOfMailboxesIsLimited() {
    MailFixture.User user =
        store.user(
            "limited@example.test",
            mailwing.store.v1.QuotaLimits.newBuilder().setMailboxes(8).build());
    create(user, "one");
    create(user, "two");
    assertThat(MailFixture.error(catchThrowable(() -> create(user, "three"))))
        .isEqualTo(ErrorCode.OVER_QUOTA);
    delete(user, "one");
    create(user, "three");
  }

  @Test
  void manyAccountsAreToldTheirStatusInOneCallEachItsOwn() {
    String alice = "together1@example.test";
    String bob = "together2@example.test";
    MailFixture.User first = store.user(alice);
    MailFixture.User second = store.user(bob);
    append(first, "INBOX");
    append(second, "INBOX");
    append(second, "INBOX");
    List<String> tokens =
        List.of(store.token("mws_imap", alice, "secret"), store.token("mws_imap", bob, "secret"));
    GetStatusRequest.Builder request = GetStatusRequest.newBuilder();
    for (String token : tokens) {
      request
          .addQueries(StatusQuery.newBuilder().setToken(token).setName("inbox"))
          .addQueries(StatusQuery.newBuilder().setToken(token).setName("Nowhere"));
    }
    request
        .addQueries(StatusQuery.newBuilder().setToken("none").setName("INBOX"))
        .addQueries(StatusQuery.newBuilder().setToken(tokens.get(1)).setName("a\0b"))
        .addQueries(StatusQuery.newBuilder().setRef(first.ref("INBOX")))
        .addQueries(StatusQuery.newBuilder().setToken(tokens.get(0)).setName("INBOX"));
    List<String> told =
        first.mailboxes().getStatus(request.build()).getResultsList().stream()
            .map(r -> r.getError().getNumber() + " " + r.getStatus().getMessages())
            .toList();
    assertThat(told.subList(0, 4))
        .containsExactly(
            "0 1",
            ErrorCode.MAILBOX_NOT_FOUND_VALUE + " 0",
            "0 2",
            ErrorCode.MAILBOX_NOT_FOUND_VALUE + " 0");
    assertThat(told.get(4)).isNotEqualTo("0 1").endsWith(" 0");
    assertThat(told.get(5)).doesNotStartWith("0 ");
    assertThat(told.subList(6, 8)).containsExactly("0 1", "0 1");
  }
}
