package mailwing.store.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mailwing.store.v1.MailboxRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// `mail_store_flags_singly`: what it changes and tells where many call it at the same time for the
/// same accounts, and what it leaves to others.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SingleFlagsTest {
  private static final int MESSAGES = 300;
  private static final int CALLERS = 4;
  private static final int CALLS = 150;
  private static final int SEEN = 1;
  private static final int DELETED = 8;

  private final MailFixture fixture = new MailFixture();
  private int users;

  private record Box(long account, long mailbox) {}

  /// A message as it was told to be after a change.
  private record Told(long account, long uid, long previous, long modseq, int flags) {}

  @BeforeAll
  void start() {
    // What is told, since the outbox is emptied here.
    fixture.execute(
        "CREATE TABLE told (changes bigint[]);"
            + "CREATE FUNCTION keep_told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " INSERT INTO told VALUES (NEW.changes); RETURN NEW; END $$;"
            + "CREATE TRIGGER keep_told BEFORE INSERT ON outbox_batch FOR EACH ROW"
            + " EXECUTE FUNCTION keep_told()");
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  private Box box() {
    MailFixture.User user = fixture.user("single" + ++users + "@example.test");
    MailboxRef inbox = user.ref("INBOX");
    Box box = new Box(user.accountId(), inbox.getMailboxId());
    fixture.execute(
        String.format(
            "INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size,"
                + " internal_date, save_date, zone_minutes, flags)"
                + " SELECT %1$d, %2$d, i, i, 2, 100, 0, 0, 0, 0 FROM generate_series(1, %3$d) i;"
                + "UPDATE mailbox SET uid_next = %3$d + 1, messages = %3$d, unseen = %3$d,"
                + " highest_modseq = 2 WHERE account_id = %1$d AND mailbox_id = %2$d",
            box.account, box.mailbox, MESSAGES));
    return box;
  }

  @Test
  void whatManyChangeAtTheSameTimeIsToldOnceAndCountedRight() throws Exception {
    List<Box> boxes = List.of(box(), box(), box(), box());
    List<Callable<List<Told>>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Random random = new Random(i);
      callers.add(() -> change(boxes, random));
    }
    List<Told> told = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      for (Future<List<Told>> one : threads.invokeAll(callers)) {
        told.addAll(one.get());
      }
    }
    for (Box box : boxes) {
      TreeMap<Long, Told> changes = new TreeMap<>();
      TreeMap<Long, Told> last = new TreeMap<>();
      told.stream()
          .filter(one -> one.account == box.account && one.modseq > one.previous)
          .forEach(one -> assertThat(changes.put(one.modseq, one)).isNull());
      changes.values().forEach(one -> last.put(one.uid, one));
      long count = changes.size();
      assertThat(count).isGreaterThan(CALLS / 4);
      assertThat(changes.lastKey()).isEqualTo(2 + count);
      assertThat(number("highest_modseq FROM mailbox", box)).isEqualTo(2 + count);
      assertThat(number("unseen FROM mailbox", box))
          .isEqualTo(number("count(*) FILTER (WHERE flags & 1 = 0) FROM entry", box));
      assertThat(number("deleted FROM mailbox", box))
          .isEqualTo(number("count(*) FILTER (WHERE flags & 8 = 8) FROM entry", box));
      assertThat(number("count(*) FILTER (WHERE modseq > 2) FROM entry", box))
          .isEqualTo(last.size());
      last.forEach(
          (uid, one) ->
              assertThat(
                      number(
                          "count(*) FILTER (WHERE uid = "
                              + uid
                              + " AND modseq = "
                              + one.modseq
                              + " AND flags = "
                              + one.flags
                              + ") FROM entry",
                          box))
                  .isOne());
      assertThat(
              fixture.modseqsSinceWhichTooMuchOrTooLittleHasChanged(
                  box.account, box.mailbox, 2 + count))
          .isZero();
      // Each once, and in the order of the modseqs.
      assertThat(
              fixture.number(
                  "SELECT count(DISTINCT b.changes[i][2] - b.changes[i][4]) * 1000"
                      + " + count(*) FROM told b,"
                      + " generate_subscripts(b.changes, 1) i WHERE b.changes[i][1] = ?"
                      + " AND b.changes[i][4] BETWEEN 3 AND ?",
                  box.account,
                  2 + count))
          .isEqualTo(1000 + count);
    }
  }

  private List<Told> change(List<Box> boxes, Random random) throws SQLException {
    List<Told> told = new ArrayList<>();
    try (Connection connection = fixture.database.connect()) {
      for (int i = 0; i < CALLS; i++) {
        // Few messages, so that the same ones are changed.
        long[] uids =
            random.longs(boxes.size(), 1, MESSAGES).map(uid -> uid * uid / MESSAGES + 1).toArray();
        int[] flags = random.ints(boxes.size(), 0, 16).toArray();
        int[] kept = random.ints(boxes.size(), 0, 2).map(one -> -one).toArray();
        told.addAll(call(connection, boxes, uids, kept, flags));
      }
    }
    return told;
  }

  private List<Told> call(
      Connection connection, List<Box> boxes, long[] uids, int[] kept, int[] added)
      throws SQLException {
    try (PreparedStatement call =
        connection.prepareStatement(
            "SELECT p, previous_modseqs[o], flags[o], modseqs[o]"
                + " FROM mail_store_flags_singly(?, ?, ?, ?, ?),"
                + " unnest(places) WITH ORDINALITY u (p, o)")) {
      call.setArray(1, longs(connection, boxes.stream().mapToLong(Box::account).toArray()));
      call.setArray(2, longs(connection, boxes.stream().mapToLong(Box::mailbox).toArray()));
      call.setArray(3, longs(connection, uids));
      call.setArray(4, connection.createArrayOf("int4", Arrays.stream(kept).boxed().toArray()));
      call.setArray(5, connection.createArrayOf("int4", Arrays.stream(added).boxed().toArray()));
      List<Told> told = new ArrayList<>();
      try (ResultSet row = call.executeQuery()) {
        while (row.next()) {
          int place = row.getInt(1) - 1;
          told.add(
              new Told(
                  boxes.get(place).account,
                  uids[place],
                  row.getLong(2),
                  row.getLong(4),
                  row.getInt(3)));
        }
      }
      return told;
    }
  }

  private static java.sql.Array longs(Connection connection, long[] values) throws SQLException {
    return connection.createArrayOf("int8", Arrays.stream(values).boxed().toArray());
  }

  private long number(String what, Box box) {
    return fixture.number(
        "SELECT " + what + " WHERE account_id = ? AND mailbox_id = ?", box.account, box.mailbox);
  }

  private List<Told> one(Box box, long uid, int kept, int added) throws SQLException {
    try (Connection connection = fixture.database.connect()) {
      return call(connection, List.of(box), new long[] {uid}, new int[] {kept}, new int[] {added});
    }
  }

  @Test
  void flagsAreSetTakenAwayAndReplaced() throws SQLException {
    Box box = box();
    assertThat(one(box, 7, -1, SEEN | DELETED))
        .containsExactly(new Told(box.account, 7, 2, 3, SEEN | DELETED));
    assertThat(one(box, 7, -1, DELETED))
        .containsExactly(new Told(box.account, 7, 3, 3, SEEN | DELETED));
    assertThat(one(box, 7, ~SEEN, 0)).containsExactly(new Told(box.account, 7, 3, 4, DELETED));
    assertThat(one(box, 7, 0, 4)).containsExactly(new Told(box.account, 7, 4, 5, 4));
    assertThat(one(box, 8, -1, 0)).containsExactly(new Told(box.account, 8, 5, 2, 0));
    assertThat(number("count(seen_at) FROM entry", box)).isOne();
  }

  @Test
  void keywordsStayAndAreNotTakenAwayHere() throws SQLException {
    Box box = box();
    fixture.execute(
        "UPDATE entry SET keywords = '{a,b}' WHERE uid = 7 AND account_id = " + box.account);
    assertThat(one(box, 7, 0, SEEN)).isEmpty();
    assertThat(one(box, 7, -1, SEEN)).hasSize(1);
    assertThat(number("count(*) FILTER (WHERE keywords = '{a,b}') FROM entry", box)).isOne();
  }

  @Test
  void aMessageOrMailboxThatIsNotThereIsLeftOut() throws SQLException {
    Box box = box();
    assertThat(one(box, MESSAGES + 1, -1, SEEN)).isEmpty();
    assertThat(one(new Box(box.account, 1 << 20), 7, -1, SEEN)).isEmpty();
  }

  @Test
  void anAccountThatIsLockedIsNotWaitedFor() throws SQLException {
    Box locked = box();
    Box free = box();
    try (Connection connection = fixture.database.connect()) {
      connection.setAutoCommit(false);
      try (PreparedStatement lock =
          connection.prepareStatement(
              "SELECT 1 FROM account_state WHERE account_id = ? FOR NO KEY UPDATE")) {
        lock.setLong(1, locked.account);
        lock.execute();
      }
      try (Connection other = fixture.database.connect()) {
        assertThat(
                call(
                    other,
                    List.of(locked, free),
                    new long[] {7, 7},
                    new int[] {-1, -1},
                    new int[] {SEEN, SEEN}))
            .containsExactly(new Told(free.account, 7, 2, 3, SEEN));
      }
      connection.rollback();
    }
  }

  @Test
  void mailboxesThatKeepFlagsElsewhereAreLeftOut() throws SQLException {
    Box box = box();
    for (String other :
        List.of("holders = 1", "selectable = false", "flag_range = ROW(3, 2, 1, 5, 1, 1, 0)")) {
      fixture.execute("UPDATE mailbox SET " + other + " WHERE account_id = " + box.account);
      assertThat(one(box, 7, -1, SEEN)).as(other).isEmpty();
      fixture.execute(
          "UPDATE mailbox SET holders = 0, selectable = true, flag_range = null"
              + " WHERE account_id = "
              + box.account);
    }
    assertThat(one(box, 7, -1, SEEN)).hasSize(1);
  }
}
