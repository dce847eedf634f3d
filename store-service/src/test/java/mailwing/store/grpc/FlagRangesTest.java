package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.MailFixture.states;
import static mailwing.store.grpc.MailFixture.system;
import static mailwing.store.grpc.MailFixture.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import mailwing.store.grpc.MailFixture.State;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsRequest.Operation;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.UidRange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Flags along ranges, which are in no message's row: nobody who reads can tell.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FlagRangesTest {
  private static final int SEEN = 1;
  private static final int FLAGGED = 4;
  private static final int DELETED = 8;
  private static final int MANY = 600;

  private MailFixture store;

  @BeforeAll
  void start() {
    store = new MailFixture();
  }

  @AfterAll
  void stop() {
    store.close();
  }

  private static final class Message {
    private final int size;
    private int flags;
    private long modseq;
    private boolean wasSeen;

    Message(int size, int flags, long modseq, boolean wasSeen) {
      this.size = size;
      this.flags = flags;
      this.modseq = modseq;
      this.wasSeen = wasSeen;
    }

    State state() {
      return new State(flags, modseq);
    }
  }

  private static final class Box {
    private final MailboxRef ref;
    private final TreeMap<Integer, Message> messages = new TreeMap<>();
    private int uidNext = 1;
    private long modseq = 1;

    Box(MailboxRef ref) {
      this.ref = ref;
    }

    void add(int size, int flags, boolean wasSeen) {
      messages.put(uidNext++, new Message(size, flags, modseq, wasSeen));
    }

    /// Whether anything changed.
    boolean store(Map<Integer, Message> of, Operation operation, int flags) {
      boolean any = false;
      for (Message each : of.values()) {
        int after =
            switch (operation) {
              case ADD -> each.flags | flags;
              case REMOVE -> each.flags & ~flags;
              default -> flags;
            };
        if (after != each.flags) {
          each.wasSeen |= (after & ~each.flags & SEEN) != 0;
          each.flags = after;
          each.modseq = modseq + 1;
          any = true;
        }
      }
      modseq += any ? 1 : 0;
      return any;
    }

    Map<Integer, Message> of(UidRange uids) {
      return messages.subMap(uids.getFirst(), true, uids.getLast(), true);
    }

    Map<Integer, State> states(Predicate<Message> which) {
      Map<Integer, State> states = new TreeMap<>();
      messages.forEach(
          (uid, each) -> {
            if (which.test(each)) {
              states.put(uid, each.state());
            }
          });
      return states;
    }

    UidRange some(Random random) {
      int first = 1 + random.nextInt(uidNext);
      return range(first, first + random.nextInt(4));
    }

    UidRange many(Random random) {
      int first = 1 + random.nextInt(uidNext);
      return random.nextBoolean()
          ? range(1, uidNext)
          : range(first, first + random.nextInt(uidNext));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void rangesAreSeenByAllWhoRead(long seed) throws SQLException {
    Random random = new Random(seed);
    MailFixture.User user = store.user("ranges" + seed + "@example.test");
    MailFixture.User friend = store.user("friend" + seed + "@example.test");
    SharesFixture.grant(user, "INBOX", "friend" + seed + "@example.test", "lr");
    Box inbox = new Box(user.ref("INBOX"));
    inbox.modseq = user.status("INBOX").getHighestModseq();
    Box archive = new Box(user.ref("Archive"));
    for (int i = 0; i < 12; i++) {
      append(user, inbox, random);
    }
    UidRange uids = inbox.many(random);
    int flags = FLAGGED;
    for (int step = 0; step < 200; step++) {
      switch (random.nextInt(10)) {
        case 0 -> append(user, inbox, random);
        case 1, 2, 3, 4 -> {
          if (random.nextInt(3) == 0) {
            uids = inbox.many(random);
          }
          if (random.nextInt(3) == 0) {
            flags = random.nextInt(3) == 0 ? 1 + random.nextInt(31) : 1 << random.nextInt(5);
          }
          storeRange(user, inbox, uids, random.nextBoolean(), flags, random.nextBoolean());
        }
        case 5, 6 -> storeSome(user, inbox, random);
        case 7 -> {
          if (random.nextBoolean()) {
            expunge(user, inbox, inbox.some(random));
          } else {
            copy(user, inbox, random.nextBoolean() ? inbox : archive, random);
          }
        }
        case 8 -> fold(user, inbox);
        default -> readsChanges(user, inbox, random.nextLong(inbox.modseq + 1));
      }
      readsAll(user, inbox);
      if (step % 5 == 0) {
        readsSome(user, inbox, random);
        MailFixture.Snapshot others = friend.snapshot(inbox.ref);
        Map<Integer, State> theirs = new TreeMap<>();
        inbox
            .states(each -> true)
            .forEach((uid, s) -> theirs.put(uid, new State(s.flags() & ~SEEN, s.modseq())));
        assertThat(states(others.frames())).isEqualTo(theirs);
      }
    }
    readsAll(user, archive);
    long traced = timesSeen(user, inbox);
    fold(user, inbox);
    assertThat(timesSeen(user, inbox)).isEqualTo(traced);
    readsAll(user, inbox);
    assertThat(
            store.number(
                "SELECT count(*) FROM entry WHERE account_id = ? AND mailbox_id = ?"
                    + " AND seen_at IS NOT NULL",
                user.accountId(),
                inbox.ref.getMailboxId()))
        .isEqualTo(inbox.messages.values().stream().filter(each -> each.wasSeen).count());
  }

  /// As traces tell when messages were seen, added up.
  private long timesSeen(MailFixture.User user, Box box) {
    return store.number(
        "SELECT coalesce(sum(t.at), 0) FROM entry e CROSS JOIN LATERAL trace_places("
            + "e.account_id, e.mailbox_id, e.uid, e.message_id) t"
            + " WHERE e.account_id = ? AND e.mailbox_id = ? AND t.kind = 9",
        user.accountId(),
        box.ref.getMailboxId());
  }

  private static void append(MailFixture.User user, Box box, Random random) {
    byte[] message = message("flagged", 100 + random.nextInt(300));
    int flags = random.nextInt(32);
    user.append(to(box.ref, flags), message);
    box.modseq++;
    box.add(message.length, flags, false);
  }

  /// As the store does for many messages.
  private void storeRange(
      MailFixture.User user, Box box, UidRange uids, boolean set, int flags, boolean known)
      throws SQLException {
    long before = box.modseq;
    box.store(box.of(uids), set ? Operation.ADD : Operation.REMOVE, flags);
    try (Connection connection = store.database.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT outcome, known, previous_modseq, modseq, uids, flags, modseqs"
                    + " FROM mail_store_range(?, ?, ?, ?, 1, 1000, ?, ?, ?)")) {
      statement.setLong(1, user.accountId());
      statement.setLong(2, box.ref.getMailboxId());
      statement.setLong(3, uids.getFirst());
      statement.setLong(4, uids.getLast());
      statement.setInt(5, set ? 2 : 3);
      statement.setInt(6, flags);
      statement.setLong(7, known ? before : before - 1);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(box.messages.isEmpty() ? 0 : 1);
        if (box.messages.isEmpty()) {
          return;
        }
        assertThat(row.getBoolean(2)).isEqualTo(known);
        assertThat(row.getLong(3)).isEqualTo(before);
        assertThat(row.getLong(4)).isEqualTo(box.modseq);
        Map<Integer, State> told = new TreeMap<>();
        if (row.getArray(5) != null) {
          Long[] found = (Long[]) row.getArray(5).getArray();
          Integer[] nowFlags = (Integer[]) row.getArray(6).getArray();
          Long[] modseqs = (Long[]) row.getArray(7).getArray();
          for (int i = 0; i < found.length; i++) {
            told.put(found[i].intValue(), new State(nowFlags[i], modseqs[i]));
          }
        }
        Map<Integer, State> expected = new TreeMap<>();
        box.of(uids).forEach((uid, each) -> expected.put(uid, each.state()));
        assertThat(told).isEqualTo(known ? Map.of() : expected);
      }
    }
  }

  private static void storeSome(MailFixture.User user, Box box, Random random) {
    UidRange uids = box.some(random);
    Operation operation = Operation.forNumber(1 + random.nextInt(3)); // REPLACE, ADD or REMOVE
    int flags = random.nextInt(32);
    StoreFlagsRequest.Builder request =
        StoreFlagsRequest.newBuilder()
            .setMailbox(box.ref)
            .addUids(uids)
            .setOperation(operation)
            .setFlags(system(flags));
    Map<Integer, Message> changes = new TreeMap<>(box.of(uids));
    if (random.nextBoolean()) {
      long since = Math.max(0, box.modseq - random.nextInt(5));
      request.setUnchangedSince(since);
      changes.values().removeIf(each -> each.modseq > since);
    }
    Map<Integer, State> told = new TreeMap<>();
    user.messages()
        .storeFlags(request.build())
        .forEachRemaining(response -> told.putAll(states(List.of(response.getMessages()))));
    box.store(changes, operation, flags);
    Map<Integer, State> expected = new TreeMap<>();
    changes.forEach((uid, each) -> expected.put(uid, each.state()));
    assertThat(told).isEqualTo(expected);
  }

  private static void expunge(MailFixture.User user, Box box, UidRange uids) {
    List<Integer> told = new ArrayList<>();
    user.messages()
        .expunge(ExpungeRequest.newBuilder().setMailbox(box.ref).addUids(uids).build())
        .forEachRemaining(response -> told.addAll(response.getUidsList()));
    List<Integer> expected =
        box.of(uids).entrySet().stream()
            .filter(each -> (each.getValue().flags & DELETED) != 0)
            .map(Map.Entry::getKey)
            .toList();
    assertThat(told).isEqualTo(expected);
    expected.forEach(box.messages::remove);
    box.modseq += expected.isEmpty() ? 0 : 1;
  }

  private static void copy(MailFixture.User user, Box from, Box to, Random random) {
    UidRange uids = from.some(random);
    boolean move = random.nextBoolean();
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(from.ref)
                .addUids(uids)
                .setDestination(to.ref)
                .setMove(move)
                .build())
        .forEachRemaining(response -> {});
    List<Integer> sources = List.copyOf(from.of(uids).keySet());
    if (sources.isEmpty()) {
      return;
    }
    to.modseq++;
    for (int uid : sources) {
      Message source = from.messages.get(uid);
      if (source != null) {
        to.add(source.size, source.flags, source.wasSeen);
      }
    }
    if (move) {
      from.modseq++;
      sources.forEach(from.messages::remove);
    }
  }

  private void fold(MailFixture.User user, Box box) {
    store.execute("SELECT mail_fold(%d, %d)".formatted(user.accountId(), box.ref.getMailboxId()));
  }

  private static void readsAll(MailFixture.User user, Box box) {
    MailFixture.Snapshot snapshot = user.snapshot(box.ref);
    MailboxStatus head = snapshot.head();
    assertThat(states(snapshot.frames())).isEqualTo(box.states(each -> true));
    assertThat(head.getHighestModseq()).isEqualTo(box.modseq);
    assertThat(head.getUnseen()).isEqualTo(box.states(each -> (each.flags & SEEN) == 0).size());
    assertThat(head.getDeleted()).isEqualTo(box.states(each -> (each.flags & DELETED) != 0).size());
  }

  private static void readsChanges(MailFixture.User user, Box box, long since) {
    Map<Integer, State> told = new TreeMap<>();
    user.changes(box.ref, since, false)
        .forEach(response -> told.putAll(states(List.of(response.getMessages()))));
    assertThat(told).isEqualTo(box.states(each -> each.modseq > since));
  }

  private static void readsSome(MailFixture.User user, Box box, Random random) {
    long since = random.nextBoolean() ? 0 : random.nextLong(box.modseq + 1);
    Map<Integer, State> expected = box.states(each -> each.modseq > since);
    FetchItems flags = FetchItems.newBuilder().setFlags(true).build();
    assertThat(fetched(user, box, flags, since)).isEqualTo(expected);
    assertThat(fetched(user, box, flags.toBuilder().setHeader(true).build(), since))
        .isEqualTo(expected);
    int flag = 1 << random.nextInt(5);
    List<Integer> flagged = List.copyOf(box.states(each -> (each.flags & flag) != 0).keySet());
    SearchKey.Builder set = SearchKey.newBuilder().setFlagSet(flag);
    SortCriterion.Builder order = SortCriterion.newBuilder();
    SearchRequest.Builder search = SearchRequest.newBuilder().setMailbox(box.ref).setKey(set);
    assertThat(found(user, search)).isEqualTo(flagged);
    assertThat(found(user, search.addSort(order.setField(SortCriterion.Field.ARRIVAL))))
        .containsExactlyInAnyOrderElementsOf(flagged);
    assertThat(found(user, search.clearSort().addSort(order.setField(SortCriterion.Field.SUBJECT))))
        .containsExactlyInAnyOrderElementsOf(flagged);
    assertThat(
            found(
                user,
                search.clearSort().setKey(SearchKey.newBuilder().setModseq(Math.max(1, since)))))
        .isEqualTo(List.copyOf(box.states(each -> each.modseq >= since).keySet()));
    assertThat(
            user.mailboxes()
                .getStatus(
                    GetStatusRequest.newBuilder()
                        .addQueries(
                            StatusQuery.newBuilder().setRef(box.ref).setWithDeletedOctets(true))
                        .build())
                .getResults(0)
                .getStatus()
                .getDeletedOctets())
        .isEqualTo(
            box.messages.values().stream()
                .filter(each -> (each.flags & DELETED) != 0)
                .mapToLong(each -> each.size)
                .sum());
  }

  private static Map<Integer, State> fetched(
      MailFixture.User user, Box box, FetchItems items, long since) {
    Map<Integer, State> states = new TreeMap<>();
    user.messages()
        .fetchMessages(
            FetchMessagesRequest.newBuilder()
                .setMailbox(box.ref)
                .addUids(range(1, 0))
                .setItems(items)
                .setChangedSince(since)
                .build())
        .forEachRemaining(
            response -> {
              for (FetchedMessage each : response.getMessagesList()) {
                states.put(each.getUid(), new State(each.getFlags().getSystem(), each.getModseq()));
              }
            });
    return states;
  }

  private static List<Integer> found(MailFixture.User user, SearchRequest.Builder search) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(search.build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  @Test
  void manyMessagesAreOneValueAndWhoKnowsThemIsToldNoMore() {
    MailFixture.User user = store.user("many@example.test");
    Box box = new Box(user.ref("INBOX"));
    append(user, box, new Random(1));
    while (user.status("INBOX").getMessages() < MANY) {
      user.messages()
          .copyMessages(
              CopyMessagesRequest.newBuilder()
                  .setSource(box.ref)
                  .addUids(range(1, 0))
                  .setDestination(box.ref)
                  .build())
          .forEachRemaining(response -> {});
    }
    MailFixture.Snapshot before = user.snapshot(box.ref);
    StoreFlagsRequest.Builder request =
        StoreFlagsRequest.newBuilder()
            .setMailbox(box.ref)
            .addUids(range(1, before.head().getUidNext() - 1))
            .setOperation(Operation.ADD)
            .setFlags(system(FLAGGED));
    remove(user, request);
    StoreFlagsResponse unknown = only(user, request.setOperation(Operation.ADD).build());
    assertThat(unknown.getMessages().getUidsList()).isEqualTo(before.uids());
    assertThat(unknown.hasAsKnown()).isFalse();
    long known = unknown.getModseq();
    StoreFlagsResponse told =
        only(user, request.setOperation(Operation.REMOVE).setKnownModseq(known).build());
    assertThat(told.getMessages().getUidsCount()).isZero();
    assertThat(told.getAsKnown()).isEqualTo(request.getUids(0));
    assertThat(told.getPreviousModseq()).isEqualTo(known);
    assertThat(told.getModseq()).isEqualTo(known + 1);
    assertThat(
            store.number(
                "SELECT count(*) FROM entry WHERE account_id = ? AND modseq >= ?",
                user.accountId(),
                known))
        .isZero();
    assertThat(states(user.snapshot(box.ref).frames()).values())
        .containsOnly(
            new State(before.frames().getFirst().getSystemFlags(0) & ~FLAGGED, known + 1));
    StoreFlagsResponse again = only(user, request.build());
    assertThat(again.hasAsKnown()).isFalse();
    assertThat(again.getModseq()).isEqualTo(known + 1);
  }

  private static void remove(MailFixture.User user, StoreFlagsRequest.Builder request) {
    only(user, request.setOperation(Operation.REMOVE).build());
  }

  private static StoreFlagsResponse only(MailFixture.User user, StoreFlagsRequest request) {
    List<StoreFlagsResponse> all = new ArrayList<>();
    user.messages().storeFlags(request).forEachRemaining(all::add);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  /// A program of before reads rows alone.
  @Test
  void noRangeIsMadeWhileAnOlderProgramIsConnected() throws SQLException {
    MailFixture.User user = store.user("older@example.test");
    Box box = new Box(user.ref("INBOX"));
    append(user, box, new Random(1));
    String call =
        "SELECT outcome FROM mail_store_range(%d, %d, 1, 9, 1, 1000, %s, 16, 0)"
            .formatted(user.accountId(), box.ref.getMailboxId(), "%d");
    try (Connection older = store.database.connect()) {
      older.setClientInfo("ApplicationName", "mailwing-store");
      assertThat(store.number(call.formatted(2))).isZero();
    }
    // PostgreSQL lets go of a connection some time after it was closed.
    await().until(() -> store.number(call.formatted(2)) == 1);
  }
}
