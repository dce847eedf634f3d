package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.error;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.MailFixture.states;
import static mailwing.store.grpc.MailFixture.system;
import static mailwing.store.grpc.MailFixture.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import mailwing.store.grpc.MailFixture.State;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.StoreFlagsRequest.Operation;
import mailwing.store.v1.UidRange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What has changed since a modseq (RFC 7162), and who claims \Recent with it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChangesTest {
  private static final int SEEN = 1;
  private static final int FLAGGED = 4;
  private static final int DELETED = 8;

  private MailFixture store;

  @BeforeAll
  void start() {
    store = new MailFixture();
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @Test
  void whatIsNewIsRecentToOneOfThoseWhoAskAtTheSameTime() throws Exception {
    MailFixture.User user = store.user("recent@example.test");
    MailboxRef inbox = user.ref("INBOX");
    int messages = 60;
    List<Integer> recent = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<List<Integer>>> claimers =
          IntStream.range(0, 3)
              .mapToObj(i -> threads.submit(() -> claimUntil(user, inbox, messages)))
              .toList();
      for (int i = 0; i < messages; i++) {
        user.append(List.of(to(inbox, 0)), 100);
      }
      for (Future<List<Integer>> one : claimers) {
        recent.addAll(one.get());
      }
    }
    assertThat(recent)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, messages).boxed().toList());
    assertThat(user.status("INBOX").getRecent()).isZero();
  }

  /// The UIDs that were told as new and as recent until so many messages are there.
  private static List<Integer> claimUntil(MailFixture.User user, MailboxRef inbox, int messages) {
    List<Integer> recent = new ArrayList<>();
    long known = 1;
    for (int there = 0; there < messages; ) {
      List<Integer> told = new ArrayList<>();
      MailboxStatus head = MailboxStatus.getDefaultInstance();
      for (ListChangesResponse frame : user.changes(inbox, known, true)) {
        told.addAll(frame.getMessages().getUidsList());
        head = frame.hasHead() ? frame.getHead() : head;
      }
      int first = head.getFirstRecentUid();
      told.stream().filter(uid -> uid >= first).forEach(recent::add);
      known = head.getHighestModseq();
      there = head.getMessages();
    }
    return recent;
  }

  @Test
  void changesTellWhatIsNewChangedAndExpunged() {
    MailFixture.User user = store.user("changes@example.test");
    MailboxRef inbox = user.ref("INBOX");
    user.append(IntStream.range(0, 6).mapToObj(i -> to(inbox, 0)).toList(), 100);
    long since = user.status("INBOX").getHighestModseq();
    user.storeFlags(inbox, Operation.ADD, system(DELETED), range(2, 4));
    user.messages()
        .expunge(ExpungeRequest.newBuilder().setMailbox(inbox).addUids(range(3, 0)).build())
        .forEachRemaining(r -> assertThat(r.getUidsList()).containsExactly(3, 4));
    user.append(List.of(to(inbox, 0)), 100);
    List<ListChangesResponse> changes = user.changes(inbox, since, true);
    List<Integer> uids =
        changes.stream().flatMap(c -> c.getMessages().getUidsList().stream()).toList();
    List<UidRange> expunged = changes.stream().flatMap(c -> c.getExpungedList().stream()).toList();
    assertThat(uids).containsExactly(2, 7);
    assertThat(expunged).containsExactly(range(3, 4));
    MailboxStatus head = changes.getLast().getHead();
    assertThat(head.getMessages()).isEqualTo(5);
    assertThat(head.getRecent()).isEqualTo(5);
    assertThat(head.getFirstRecentUid()).isEqualTo(1);
    MailboxStatus after =
        user.mailboxes()
            .openMailbox(
                OpenMailboxRequest.newBuilder().setName("inbox").setClaimRecent(true).build())
            .getStatus();
    assertThat(after.getRecent()).isZero();
    assertThat(after.getFirstRecentUid()).isEqualTo(8);
    List<ListChangesResponse> none = user.changes(inbox, after.getHighestModseq(), false);
    assertThat(none).hasSize(1);
    assertThat(none.getFirst().getHead().getMessages()).isEqualTo(5);
  }

  /// More than the database hands on at once.
  @Test
  void manyChangesAreToldToWhoClaimsAndWhoDoesNot() {
    MailFixture.User user = store.user("many@example.test");
    MailboxRef inbox = user.ref("INBOX");
    user.append(IntStream.range(0, 600).mapToObj(i -> to(inbox, 0)).toList(), 100);
    for (int i = 0; i < 5; i++) {
      user.messages()
          .copyMessages(
              CopyMessagesRequest.newBuilder()
                  .setSource(inbox)
                  .addUids(range(1, 0))
                  .setDestinationName("INBOX")
                  .build())
          .forEachRemaining(copied -> {});
    }
    user.storeFlags(inbox, Operation.ADD, system(DELETED), range(1, 9000));
    user.messages()
        .expunge(ExpungeRequest.newBuilder().setMailbox(inbox).addUids(range(1, 0)).build())
        .forEachRemaining(expunged -> {});
    for (boolean claiming : new boolean[] {false, true}) {
      List<ListChangesResponse> changes = user.changes(inbox, 1, claiming);
      assertThat(changes.stream().flatMap(c -> c.getMessages().getUidsList().stream()))
          .containsExactlyElementsOf(IntStream.rangeClosed(9001, 19200).boxed().toList());
      assertThat(changes.stream().flatMap(c -> c.getExpungedList().stream()))
          .containsExactly(range(1, 9000));
      assertThat(changes.getLast().getHead().getFirstRecentUid()).isEqualTo(1);
    }
    assertThat(user.status("INBOX").getFirstRecentUid()).isEqualTo(19201);
  }

  /// A replica of a mailbox that asks what has changed is right at last, whatever others do.
  @ParameterizedTest(name = "claiming: {0}")
  @ValueSource(booleans = {false, true})
  void whoFollowsKnowsAllAtLast(boolean claiming) throws ExecutionException, InterruptedException {
    MailFixture.User user = store.user("follow" + claiming + "@example.test");
    MailboxRef inbox = user.ref("INBOX");
    user.append(IntStream.range(0, 40).mapToObj(i -> to(inbox, i % 32)).toList(), 200);
    try (ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> changing = new ArrayList<>();
      for (int seed = 0; seed < 3; seed++) {
        Random own = new Random(seed);
        changing.add(all.submit(() -> changeAnything(user, inbox, own)));
      }
      Map<Integer, State> replica = new TreeMap<>();
      long since = 0;
      boolean more = true;
      while (more) {
        more = changing.stream().anyMatch(each -> !each.isDone());
        since = follow(user, inbox, since, claiming, replica);
      }
      for (Future<?> each : changing) {
        each.get();
      }
      MailFixture.Snapshot before = user.snapshot(inbox);
      assertThat(replica).isEqualTo(states(before.frames()));
      store.execute("SELECT mail_fold(%d, %d)".formatted(user.accountId(), inbox.getMailboxId()));
      assertThat(replica).isEqualTo(states(user.snapshot(inbox).frames()));
      assertThat(before.head().getUnseen())
          .isEqualTo(
              (int) replica.values().stream().filter(each -> (each.flags() & SEEN) == 0).count());
      assertThat(before.head().getDeleted())
          .isEqualTo(
              (int)
                  replica.values().stream().filter(each -> (each.flags() & DELETED) != 0).count());
      Map<Integer, State> late = new TreeMap<>();
      follow(user, inbox, 0, claiming, late);
      assertThat(late).isEqualTo(replica);
    }
  }

  /// Who has found the mailbox and claims \Recent while a range is made is told of the range too.
  @Test
  void aRangeMadeJustBeforeAClaimIsTold() throws Exception {
    MailFixture.User user = store.user("claim@example.test");
    MailboxRef inbox = user.ref("INBOX");
    user.append(to(inbox, 0), message("one", 200));
    Map<Integer, State> told = new TreeMap<>();
    claimWhile(
        "SELECT mail_store_range(%d, %d, 1, 1000, 1, 1000, 2, %d, 0)",
        user, inbox, () -> follow(user, inbox, 1, true, told));
    assertThat(told).isEqualTo(states(user.snapshot(inbox).frames()));
    assertThat(user.status("INBOX").getRecent()).isZero();
  }

  @Test
  void whoseChangesAreForgottenJustBeforeItClaimsIsToldSo() throws Exception {
    MailFixture.User user = store.user("stale@example.test");
    MailboxRef inbox = user.ref("INBOX");
    user.append(to(inbox, 0), message("one", 200));
    claimWhile(
        "UPDATE mailbox SET purged_modseq = 2 WHERE account_id = %d AND mailbox_id = %d",
        user,
        inbox,
        () ->
            assertThat(error(catchThrowable(() -> follow(user, inbox, 1, true, new TreeMap<>()))))
                .isEqualTo(ErrorCode.STALE));
    assertThat(user.status("INBOX").getRecent()).isOne();
  }

  /// What the change has locked is waited for by who claims.
  private void claimWhile(String change, MailFixture.User user, MailboxRef inbox, Runnable claiming)
      throws Exception {
    try (ExecutorService one = Executors.newVirtualThreadPerTaskExecutor();
        Connection connection = store.database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(change.formatted(user.accountId(), inbox.getMailboxId(), FLAGGED));
      Future<?> claimed = one.submit(claiming);
      await()
          .pollInterval(Duration.ofMillis(5))
          .until(
              () ->
                  store.number(
                          "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                              + " AND datname = current_database()")
                      > 0);
      connection.commit();
      claimed.get();
    }
  }

  private void changeAnything(MailFixture.User user, MailboxRef ref, Random random) {
    for (int i = 0; i < 80; i++) {
      int first = 1 + random.nextInt(40);
      int flags = 1 << random.nextInt(5);
      switch (random.nextInt(4)) {
        case 0, 1 ->
            store.execute(
                "SELECT mail_store_range(%d, %d, %d, %d, 1, 1000, %d, %d, 0)"
                    .formatted(
                        user.accountId(),
                        ref.getMailboxId(),
                        random.nextBoolean() ? 1 : first,
                        1000,
                        2 + random.nextInt(2),
                        random.nextBoolean() ? FLAGGED : flags));
        case 2 ->
            user.storeFlags(
                ref,
                random.nextBoolean() ? Operation.ADD : Operation.REMOVE,
                system(flags),
                range(first, first + random.nextInt(3)));
        default -> user.append(to(ref, flags), message("more", 200));
      }
    }
  }

  private static long follow(
      MailFixture.User user,
      MailboxRef ref,
      long since,
      boolean claiming,
      Map<Integer, State> replica) {
    long reached = since;
    for (ListChangesResponse response : user.changes(ref, since, claiming)) {
      replica.putAll(states(List.of(response.getMessages())));
      if (response.hasHead()) {
        reached = response.getHead().getHighestModseq();
      }
    }
    return reached;
  }
}
