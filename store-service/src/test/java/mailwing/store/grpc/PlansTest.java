package mailwing.store.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Statements on a part of a large mailbox read that part, even where PostgreSQL has never analyzed
/// the tables: counted are the rows it reads, in plans made while the mailbox was empty.
class PlansTest {
  private static final int MESSAGES = 8_000;
  private static final int STEP = 500;

  /// What a step may read of `entry`: each of its messages a few times.
  private static final int FEW = 6 * STEP;

  private static final AtomicInteger ACCOUNTS = new AtomicInteger();
  private static MailFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new MailFixture();
    for (String table :
        new String[] {"entry", "expunged", "message", "mailbox", "seen", "changed_block"}) {
      fixture.execute("ALTER TABLE " + table + " SET (autovacuum_enabled = false)");
    }
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void flagsOfApartOfaLargeMailboxAreChangedWithoutReadingTheRest() throws SQLException {
    reads(
        STEP,
        "SELECT looked FROM mail_store_flags(%1$d, %2$d, '{2001}', '{7999}', "
            + STEP
            + ", 2, 8, '{}', -1, 100)");
  }

  @Test
  void flagsChangedTogetherWithOthersAreChangedWithoutReadingTheRest() throws SQLException {
    reads(
        STEP,
        "SELECT cardinality(uids) FROM mail_store_flags_together('{%1$d}', '{%2$d}', '{2001}',"
            + " '{2500}', '{2}', '{8}', '{-1}')");
  }

  @Test
  void aflagOfOneMessageIsChangedWithoutReadingTheRest() throws SQLException {
    reads(
        1,
        "SELECT cardinality(places) FROM mail_store_flags_singly('{%1$d}', '{%2$d}', '{2001}',"
            + " '{-1}', '{8}')");
  }

  @Test
  void expungeReadsWhatItRemoves() throws SQLException {
    reads(
        STEP,
        "SELECT looked FROM mail_expunge(%1$d, %2$d, '{2001}', '{7999}', " + STEP + ", true)");
  }

  @Test
  void copyReadsWhatItCopies() throws SQLException {
    reads(
        STEP,
        "SELECT cardinality(source_uids) FROM mail_copy(%1$d, %2$d, %3$d, '', '{2001}', '{2500}',"
            + " null, false, 100, 0, -1, true)");
  }

  @Test
  void moveReadsWhatItMoves() throws SQLException {
    reads(
        STEP,
        "SELECT cardinality(source_uids) FROM mail_copy(%1$d, %2$d, %3$d, '', '{2001}', '{7999}', "
            + STEP
            + ", true, 100, 0, -1, true)");
  }

  @Test
  void newMessagesAreFoundWithoutReadingTheRest() throws SQLException {
    reads(STEP, "SELECT count(*) FROM mail_changed(%1$d, %2$d, " + (1 + MESSAGES - STEP) + ")");
  }

  @Test
  void changedMessagesAreFoundByTheirBlocks() throws SQLException {
    reads(
        STEP,
        "SELECT count(*) FROM mail_changed(%1$d, %2$d, " + (1 + MESSAGES) + ")",
        "SELECT looked FROM mail_store_flags(%1$d, %2$d, '{2001}', '{2500}', "
            + MESSAGES
            + ", 2, 8, '{}', -1, 100)");
  }

  @Test
  void theOldestChangesAreFoundAndForgottenWithoutReadingTheRestOfTheOutbox() throws SQLException {
    for (String table : new String[] {"outbox", "outbox_batch"}) {
      String read = "SELECT count(*) FROM mail_unpublished(-1, -1, 10)";
      String forget =
          "SELECT mail_published(s.ids, s.ids, -1) FROM (SELECT array_agg(id) AS ids"
              + " FROM mail_unpublished(-1, -1, 10)) s";
      try (Connection connection = fixture.database.connect();
          Statement call = connection.createStatement()) {
        call.execute("VACUUM " + table); // known to be empty
        number(call, read); // plans are made and kept now
        call.execute(forget);
        connection.setAutoCommit(false);
        call.execute(
            table.equals("outbox")
                ? "INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next,"
                    + " deleted, at) SELECT 7, i, 1, i, 1, false, 0 FROM generate_series(1, 8000) i"
                : "INSERT INTO outbox_batch (at, waiting, changes)"
                    + " SELECT 0, -1, ARRAY[ARRAY[7, i, 1, i, 1]] FROM generate_series(1, 8000) i");
        assertEquals(10, number(call, read));
        call.execute(forget);
        long rows =
            number(
                call,
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
                    + " WHERE relname = '"
                    + table
                    + "'");
        assertTrue(rows <= 60, rows + " rows of " + table + " were read for ten");
        assertEquals(7990, number(call, "SELECT count(*) FROM " + table));
        connection.rollback();
      }
    }
  }

  /// The number is what the statement, with account, mailbox and another mailbox, is to answer,
  /// where the mailbox is full and another statement was done.
  private static void reads(int done, String statement) throws SQLException {
    reads(done, statement, "SELECT 1");
  }

  private static void reads(int done, String statement, String before) throws SQLException {
    MailFixture.User user = fixture.user("plans" + ACCOUNTS.incrementAndGet() + "@example.test");
    long account = user.accountId();
    long inbox = user.ref("INBOX").getMailboxId();
    long other = user.ref("Trash").getMailboxId();
    String sql = String.format(statement, account, inbox, other);
    String first = String.format(before, account, inbox);
    try (Connection connection = fixture.database.connect();
        Statement call = connection.createStatement()) {
      call.execute("SET plan_cache_mode = force_generic_plan");
      number(call, sql); // plans are made and kept now
      call.execute(
          String.format(
              "INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size,"
                  + " internal_date, save_date, zone_minutes, flags)"
                  + " SELECT %d, %d, i, i, i + 1, 100, 0, 0, 0, 0 FROM generate_series(1, %d) i",
              account, inbox, MESSAGES));
      call.execute(
          String.format(
              "UPDATE mailbox SET uid_next = %4$d + 1, messages = %3$d, unseen = %3$d,"
                  + " octets = 100 * %3$d, highest_modseq = %3$d + 1"
                  + " WHERE account_id = %1$d AND mailbox_id = %2$d",
              account, inbox, MESSAGES, MESSAGES));
      call.execute(first);
      requireFew(connection, call, sql, done);
    }
    // And where the plans are made only now.
    try (Connection connection = fixture.database.connect();
        Statement call = connection.createStatement()) {
      requireFew(connection, call, sql, done);
    }
  }

  private static void requireFew(Connection connection, Statement call, String sql, int done)
      throws SQLException {
    connection.setAutoCommit(false);
    assertEquals(done, number(call, sql));
    long read =
        number(
            call,
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
                + " WHERE relname = 'entry'");
    assertTrue(read <= FEW, read + " rows were read for " + done);
    connection.rollback();
  }

  private static long number(Statement call, String sql) throws SQLException {
    try (ResultSet row = call.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }
}
