package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.id;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.MailFixture.system;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.store.accounts.Resolution;
import mailwing.store.domain.MailJobs;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.QueueRules;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Database;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.SystemFlag;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What ages out goes, and nothing else does. Rows are made by real calls and aged by SQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CollectorsTest {
  private static final int LARGE = 600_000;

  private final Random random = new Random(20261121);
  private MailFixture store;
  private Database database;
  private MailJobs jobs;
  private int users;

  @BeforeAll
  void start() {
    store = new MailFixture();
    database = store.open();
    jobs = jobs(MailStore.TRACE_MEMORY);
  }

  private MailJobs jobs(Duration traceMemory) {
    return new MailJobs(
        new MailStore(
            database.dataSource(),
            address -> new Resolution.UnknownUser(),
            null,
            new ChangeSignal(),
            MailStore.Limits.DEFAULTS,
            QueueRules.DEFAULTS,
            traceMemory),
        MailJobs.Retention.DEFAULTS);
  }

  @AfterAll
  void stop() {
    database.close();
    store.close();
  }

  private String address() {
    return "user" + users + "@example.test";
  }

  private MailFixture.User fresh() {
    users++;
    return store.user(address());
  }

  private void deliver(int octets) {
    assertThat(
            store
                .deliver(id(random), message("m" + random.nextInt(), octets), address())
                .getResults(0)
                .getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
  }

  private void age(String table, int days, MailFixture.User user) {
    store.execute(
        "UPDATE %s SET at = at - %d * 86400000::bigint WHERE account_id = %d"
            .formatted(table, days, user.accountId()));
  }

  private long count(String table, MailFixture.User user) {
    return store.number(
        "SELECT count(*) FROM " + table + " WHERE account_id = ?", user.accountId());
  }

  private static void expunge(MailFixture.User user, MailboxRef mailbox) {
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder().setMailbox(mailbox).setRegardlessOfDeleted(true).build())
        .forEachRemaining(r -> assertThat(r.getUidsCount()).isPositive());
  }

  private static void flag(MailFixture.User user, MailboxRef mailbox, int last) {
    user.storeFlags(
            mailbox,
            StoreFlagsRequest.Operation.ADD,
            system(SystemFlag.FLAGGED_VALUE),
            range(1, last))
        .forEach(r -> assertThat(r.getMessages().getUidsCount()).isEqualTo(last));
  }

  private static void copy(MailFixture.User user, MailboxRef mailbox, int last, String to) {
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(mailbox)
                .addUids(range(1, last))
                .setDestinationName(to)
                .build())
        .forEachRemaining(r -> assertThat(r.getSourceUidsCount()).isEqualTo(last));
  }

  @Test
  void oldUploadsGoAndRunningOnesAndHeldOnesStay() {
    MailFixture.User user = fresh();
    long account = user.accountId();
    for (String[] upload :
        new String[][] {{"1", "100000"}, {"2", "60000000"}, {"3", "90000000"}, {"4", "90000000"}}) {
      String blob = "00000000-0000-0000-0000-00000000000" + upload[0];
      store.execute(
          ("INSERT INTO blob_upload VALUES (%1$d, '%2$s', mail_now() - %3$s);"
                  + "INSERT INTO blob_chunk VALUES (%1$d, '%2$s', 0, 'x'), (%1$d, '%2$s', 1, 'y')")
              .formatted(account, blob, upload[1]));
    }
    store.execute(
        "INSERT INTO delivery_retry VALUES (%d, '\\x00', %d, '%s', 2, 1, 0, '', 'INBOX', 0, 0, 0, %d)"
            .formatted(account, account, "00000000-0000-0000-0000-000000000003", Long.MAX_VALUE));
    jobs.collect(account);
    assertThat(store.number("SELECT count(*) FROM blob_chunk WHERE account_id = ?", account))
        .isEqualTo(6);
    assertThat(
            store.number(
                "SELECT count(*) FROM blob_chunk WHERE account_id = ? AND blob_id = CAST(? AS uuid)",
                account,
                "00000000-0000-0000-0000-000000000004"))
        .isZero();
    assertThat(count("blob_upload", user)).isEqualTo(3);
    store.execute("DELETE FROM delivery_retry WHERE account_id = " + account);
    jobs.collect(account);
    assertThat(count("blob_upload", user)).isEqualTo(2);
  }

  @Test
  void anExpungedMessageStaysForUndeleteThenGoesUnlessACopyHasIt() {
    MailFixture.User user = fresh();
    deliver(500);
    deliver(LARGE);
    deliver(LARGE);
    MailboxRef inbox = user.ref("INBOX");
    byte[] second = user.body(inbox, 2, 0, 0);
    copy(user, inbox, 2, "Archive");
    expunge(user, inbox);
    age("expunged", 13, user);
    jobs.collect(user.accountId());
    assertThat(count("message", user)).isEqualTo(3);
    assertThat(
            store.number(
                "SELECT count(message_id) FROM expunged WHERE account_id = ?", user.accountId()))
        .isEqualTo(3);
    age("expunged", 2, user);
    jobs.collect(user.accountId());
    assertThat(count("message", user)).isEqualTo(2);
    assertThat(count("expunged", user)).as("tombstones live on").isEqualTo(3);
    assertThat(
            store.number(
                "SELECT count(message_id) FROM expunged WHERE account_id = ?", user.accountId()))
        .isZero();
    MailboxRef archive = user.ref("Archive");
    assertThat(user.body(archive, 2, 0, 0)).isEqualTo(second);
    expunge(user, archive);
    age("expunged", 15, user);
    jobs.collect(user.accountId());
    assertThat(count("message", user)).isZero();
    assertThat(count("blob_chunk", user)).isZero();
  }

  @Test
  void collectingFindsWhatIsDueAndLooksIntoNoOtherAccount() {
    MailFixture.User idle = fresh();
    deliver(200);
    expunge(idle, idle.ref("INBOX"));
    MailFixture.User emptied = fresh();
    deliver(200);
    expunge(emptied, emptied.ref("INBOX"));
    age("expunged", 15, emptied);
    MailFixture.User forgotten = fresh();
    deliver(200);
    expunge(forgotten, forgotten.ref("INBOX"));
    age("expunged", 61, forgotten);
    MailFixture.User tidy = fresh();
    deliver(200);
    copy(tidy, tidy.ref("INBOX"), 1, "Archive");
    tidy.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName("Archive").build());
    long before = locker(idle);
    jobs.collect();
    assertThat(count("message", idle)).isEqualTo(1);
    assertThat(locker(idle)).as("its row was not locked").isEqualTo(before);
    assertThat(count("message", emptied)).isZero();
    assertThat(count("expunged", emptied)).isEqualTo(1);
    assertThat(count("expunged", forgotten)).isZero();
    assertThat(count("mailbox_removed", tidy)).isZero();
    assertThat(count("entry", tidy)).isEqualTo(1);
  }

  /// The transaction that last locked or changed the account's row.
  private long locker(MailFixture.User user) {
    return store.number(
        "SELECT CAST(CAST(xmax AS text) AS bigint) FROM account_state WHERE account_id = ?",
        user.accountId());
  }

  @Test
  void agedTombstonesGoAndTheMailboxSaysHowFar() {
    MailFixture.User user = fresh();
    MailboxRef inbox = user.ref("INBOX");
    deliver(200);
    deliver(200);
    long before = user.status("INBOX").getHighestModseq();
    flag(user, inbox, 2);
    expunge(user, inbox);
    long after = user.status("INBOX").getHighestModseq();
    age("expunged", 59, user);
    jobs.collect(user.accountId());
    assertThat(expungedSince(user, inbox, before)).isEqualTo(2);
    assertThat(user.status("INBOX").getPurgedModseq()).isZero();
    assertThat(count("changed_block", user)).isOne();
    deliver(200);
    long later = user.status("INBOX").getHighestModseq();
    expunge(user, inbox);
    store.execute(
        "UPDATE expunged SET at = at - 2 * 86400000::bigint WHERE uid <= 2 AND account_id = "
            + user.accountId());
    jobs.collect(user.accountId());
    assertThat(user.status("INBOX").getPurgedModseq()).isEqualTo(after);
    assertThat(count("changed_block", user)).isZero();
    assertThat(catchThrowable(() -> expungedSince(user, inbox, before)))
        .satisfies(e -> assertThat(MailFixture.error(e)).isEqualTo(ErrorCode.STALE));
    assertThat(expungedSince(user, inbox, after)).isEqualTo(1);
    assertThat(expungedSince(user, inbox, later)).isEqualTo(1);
  }

  private static int expungedSince(MailFixture.User user, MailboxRef mailbox, long modseq) {
    List<Integer> found = new ArrayList<>();
    user.changes(mailbox, modseq, false)
        .forEach(
            r ->
                r.getExpungedList()
                    .forEach(range -> found.add(range.getLast() - range.getFirst() + 1)));
    return found.stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void deliveriesAreTracedForAMonth() {
    MailFixture.User user = fresh();
    byte[] id = id(random);
    byte[] message = message("month", 200);
    store.deliver(id, message, address());
    age("delivery", 29, user);
    jobs.forgetDeliveries();
    store.deliver(id, message, address());
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
    age("delivery", 2, user);
    jobs.forgetDeliveries();
    assertThat(count("delivery", user)).isZero();
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void deliveryIdsAreKnownForAWeekWhereTracesAreNot() {
    MailJobs forgetful = jobs(Duration.ofDays(1));
    MailFixture.User user = fresh();
    byte[] id = id(random);
    byte[] message = message("week", 200);
    store.deliver(id, message, address());
    age("delivery", 2, user);
    forgetful.forgetDeliveries();
    assertThat(
            store.number(
                "SELECT count(*) FROM delivery WHERE account_id = ? AND (trace IS NOT NULL"
                    + " OR trace_keys IS NOT NULL)",
                user.accountId()))
        .isZero();
    store.deliver(id, message, address());
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
    age("delivery", 6, user);
    forgetful.forgetDeliveries();
    assertThat(count("delivery", user)).isZero();
  }

  @Test
  void aDeletedMailboxTakesItsMessagesButNotWhatOthersHave() {
    MailFixture.User user = fresh();
    for (int i = 0; i < 6; i++) {
      deliver(i == 0 ? LARGE : 300);
    }
    MailboxRef inbox = user.ref("INBOX");
    copy(user, inbox, 5, "Archive");
    MailboxRef archive = user.ref("Archive");
    copy(user, archive, 2, "Junk");
    flag(user, archive, 2);
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(archive)
                .addUids(range(3, 3))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> assertThat(r.getUidsCount()).isEqualTo(1));
    expunge(user, inbox);
    age("expunged", 15, user);
    user.mailboxes().deleteMailbox(DeleteMailboxRequest.newBuilder().setName("Archive").build());
    jobs.collect(user.accountId());
    assertThat(count("message", user)).as("what Junk has").isEqualTo(2);
    assertThat(count("mailbox_removed", user)).isZero();
    assertThat(count("changed_block", user)).isZero();
    assertThat(count("entry", user)).isEqualTo(2);
    MailboxRef junk = user.ref("Junk");
    assertThat(user.body(junk, 1, 0, 0)).hasSizeGreaterThan(LARGE);
    assertThat(
            store.number(
                "SELECT count(*) FROM expunged WHERE account_id = ? AND mailbox_id = ?",
                user.accountId(),
                archive.getMailboxId()))
        .isZero();
  }

  @Test
  void aMessageThatGoesLeavesItsOctetsToTheRetryThatNeedsThem() {
    MailFixture.User user = fresh();
    deliver(LARGE);
    holdForNobody(user, Long.MAX_VALUE);
    expunge(user, user.ref("INBOX"));
    age("expunged", 15, user);
    jobs.collect(user.accountId());
    assertThat(count("message", user)).isZero();
    assertThat(count("blob_chunk", user)).isEqualTo(3);
    assertThat(count("blob_upload", user)).isEqualTo(1);
    store.execute("DELETE FROM delivery_retry WHERE account_id = " + user.accountId());
    age("blob_upload", 2, user);
    jobs.collect(user.accountId());
    assertThat(count("blob_chunk", user)).isZero();
  }

  /// A retry whose octets are the account's only message's.
  private void holdForNobody(MailFixture.User user, long due) {
    store.execute(
        ("INSERT INTO delivery_retry SELECT account_id, '\\x01', 1000000, blob_id, size,"
                + " first_chunk_octets, 0, '', 'INBOX', 0, mail_now(), 0, %d FROM message"
                + " WHERE account_id = %d")
            .formatted(due, user.accountId()));
  }

  @Test
  void aRemovedAccountLeavesNothingButWhatItHoldsForOthersUntilTheyHaveIt() {
    MailFixture.User other = fresh();
    deliver(LARGE);
    String otherAddress = address();
    byte[] kept = other.body(other.ref("INBOX"), 1, 0, 0);
    MailFixture.User user = fresh();
    deliver(LARGE);
    expunge(user, user.ref("INBOX"));
    deliver(LARGE);
    store.execute(
        ("INSERT INTO delivery_retry SELECT account_id, '\\x0102', %d, blob_id, size,"
                + " first_chunk_octets, 0, '', 'INBOX', 0, mail_now(), 0, %d FROM message"
                + " WHERE account_id = %d ORDER BY message_id DESC LIMIT 1")
            .formatted(other.accountId(), Long.MAX_VALUE, user.accountId()));
    store.directory().removeUser(RemoveUserRequest.newBuilder().setAddress(address()).build());
    await().atMost(Duration.ofSeconds(30)).until(() -> count("mailbox", user) == 0);
    await().atMost(Duration.ofSeconds(30)).until(() -> count("blob_chunk", user) == 3);
    assertThat(count("message", user)).isZero();
    store.execute("UPDATE delivery_retry SET next_at = 0 WHERE account_id = " + user.accountId());
    await().atMost(Duration.ofSeconds(30)).until(() -> other.status("INBOX").getMessages() == 2);
    await().atMost(Duration.ofSeconds(30)).until(() -> rowsOf(user) == 0);
    assertThat(other.body(other.ref("INBOX"), 1, 0, 0)).isEqualTo(kept);
    assertThat(store.deliver(id(random), message("on", 50), otherAddress).getResults(0).getUid())
        .isEqualTo(3);
  }

  /// Rows of any table that belong to the account.
  private long rowsOf(MailFixture.User user) {
    return store.number(
        "SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml("
            + "format('SELECT count(*) AS n FROM %I WHERE account_id = %s', table_name,"
            + " CAST(? AS text)), false, true, '')))[1]::text::bigint), 0)"
            + " FROM information_schema.columns"
            + " WHERE column_name = 'account_id' AND table_schema = 'public'",
        user.accountId());
  }
}
