package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Reads the whole of a large mailbox in two halves, on two connections that see the same moment.
///
/// The second connection is one that nobody else wants just now, and few callers have one, so that
/// those who read large mailboxes do not take the pool from others.
final class Halves {
  /// A mailbox with fewer messages is read at once.
  private static final int FEWEST = 2 * EntryPages.ROWS;

  /// How many may have a second connection.
  private static final int SECONDS = 2;

  private final Sql sql;
  private final Semaphore seconds = new Semaphore(SECONDS);

  Halves(Sql sql) {
    this.sql = sql;
  }

  /// Reads what has a UID above `after`, up to `last`.
  @FunctionalInterface
  interface Part<T> {
    T read(Connection connection, long after, long last) throws SQLException;
  }

  /// What the parts made, ascending by UID.
  ///
  /// @param messages how many there are, about
  <T> List<T> read(Access access, long mailboxId, long messages, Part<T> part) {
    return sql.snapshot(connection -> read(connection, access, mailboxId, messages, part));
  }

  /// As [#read] on a connection that is in [Sql#snapshot].
  <T> List<T> read(
      Connection connection, Access access, long mailboxId, long messages, Part<T> part)
      throws SQLException {
    if (messages < FEWEST || !sql.hasIdle() || !seconds.tryAcquire()) {
      return List.of(part.read(connection, 0, UidSpans.MAX));
    }
    try {
      return halves(connection, access, mailboxId, part);
    } finally {
      seconds.release();
    }
  }

  private <T> List<T> halves(Connection connection, Access access, long mailboxId, Part<T> part)
      throws SQLException {
    String moment;
    long middle;
    try (PreparedStatement statement =
            Sql.prepare(
                connection,
                "SELECT pg_export_snapshot(), (min(x.uid) + max(x.uid)) / 2 FROM ("
                    + "(SELECT uid FROM entry WHERE account_id = ? AND mailbox_id = ?"
                    + " ORDER BY uid LIMIT 1) UNION ALL"
                    + " (SELECT uid FROM entry WHERE account_id = ? AND mailbox_id = ?"
                    + " ORDER BY uid DESC LIMIT 1)) x",
                access.account(),
                mailboxId,
                access.account(),
                mailboxId);
        ResultSet row = statement.executeQuery()) {
      row.next();
      moment = row.getString(1);
      middle = row.getLong(2);
    }
    FutureTask<T> upper =
        new FutureTask<>(
            () -> sql.within(moment, second -> part.read(second, middle, UidSpans.MAX)));
    Thread.ofVirtual().name("upper-half").start(upper);
    try {
      T lower = part.read(connection, 0, middle);
      return List.of(lower, upper.get());
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new StoreException(ErrorCode.INTERNAL, "half of a mailbox was not read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
    } finally {
      // Where the lower half failed, nobody wants the upper one any more.
      upper.cancel(true);
    }
  }
}
