package mailwing.store.persistence;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.dbclient.DbClientException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/// Runs statements: borrows a connection, repeats what may be repeated, names what failed.
///
/// What the database rolled back by itself (deadlock, serialization) is always repeated. What was
/// cut off may have been committed: that is repeated only where a repeat is harmless. The rest
/// becomes UNAVAILABLE where the same call may succeed later, else INTERNAL.
public final class Sql {
  private static final int ATTEMPTS = 5;
  private static final String ONE_MOMENT =
      "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
  private static final Pattern MOMENT = Pattern.compile("[0-9A-Fa-f-]+");

  private final DataSource source;

  public Sql(DataSource source) {
    this.source = source;
  }

  /// Statements on one connection.
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /// Statements that each commit by themselves; not repeated once their outcome is unknown.
  public <T> T once(Work<T> work) {
    return attempt(work, false);
  }

  /// Statements that may run twice without harm.
  public <T> T repeatable(Work<T> work) {
    return attempt(work, true);
  }

  /// One transaction, READ COMMITTED; not repeated once its outcome is unknown.
  public <T> T transaction(Work<T> work) {
    return attempt(connection -> inTransaction(connection, work), false);
  }

  /// One transaction, READ COMMITTED, that may run twice without harm.
  public <T> T repeatableTransaction(Work<T> work) {
    return attempt(connection -> inTransaction(connection, work), true);
  }

  /// Statements that give nothing back.
  @FunctionalInterface
  public interface Change {
    void run(Connection connection) throws SQLException;
  }

  /// As [#transaction], for what gives nothing back.
  public void change(Change change) {
    transaction(
        connection -> {
          change.run(connection);
          return true;
        });
  }

  /// One read-only transaction that sees a single moment.
  public <T> T snapshot(Work<T> work) {
    return reading(ONE_MOMENT, work);
  }

  /// One read-only transaction that sees the moment that a running one has exported.
  ///
  /// @param moment as `pg_export_snapshot` names it
  <T> T within(String moment, Work<T> work) {
    if (!MOMENT.matcher(moment).matches()) {
      throw new StoreException(ErrorCode.INTERNAL, "no name of a snapshot");
    }
    return reading(ONE_MOMENT + "; SET TRANSACTION SNAPSHOT '" + moment + "'", work);
  }

  private <T> T reading(String characteristics, Work<T> work) {
    return attempt(
        connection ->
            inTransaction(
                connection,
                begun -> {
                  // One round trip, BEGIN included.
                  try (Statement statement = begun.createStatement()) {
                    statement.execute(characteristics);
                  }
                  return work.run(begun);
                }),
        false);
  }

  /// Is there a connection that nobody uses?
  boolean hasIdle() {
    return source instanceof HikariDataSource pool
        && pool.getHikariPoolMXBean().getIdleConnections() > 0;
  }

  private static <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
    connection.setAutoCommit(false);
    boolean done = false;
    try {
      T result = work.run(connection);
      connection.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        rollback(connection);
      }
      if (!connection.isClosed()) {
        connection.setAutoCommit(true);
      }
    }
  }

  private static void rollback(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // The connection is gone, and the transaction with it; what broke it is already on its way.
      return;
    }
  }

  private <T> T attempt(Work<T> work, boolean repeatable) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = source.getConnection()) {
        return work.run(connection);
      } catch (SQLException e) {
        if (attempt == ATTEMPTS || !mayRepeat(e, repeatable)) {
          throw failure(e);
        }
      }
      pause(attempt);
    }
  }

  /// Waits before reading again what the DB Client failed to read, or throws its failure where that
  /// would not help.
  static void awaitRepeat(DbClientException failure, int attempt) {
    if (attempt == ATTEMPTS
        || !(failure.getCause() instanceof SQLException e)
        || !mayRepeat(e, true)) {
      throw failure;
    }
    pause(attempt);
  }

  private static boolean mayRepeat(SQLException e, boolean repeatable) {
    if (e instanceof SQLTransientConnectionException) {
      // The pool gave no connection in its whole patience: waiting again would only pile up.
      return false;
    }
    String state = state(e);
    return state.equals("40001") || state.equals("40P01") || (repeatable && cutOff(state));
  }

  /// The connection was lost or never made: the statement may have been committed or not.
  private static boolean cutOff(String state) {
    return state.startsWith("08") || state.startsWith("57P");
  }

  private static void pause(int attempt) {
    try {
      long base = 5L << (2 * attempt);
      Thread.sleep(base / 2 + ThreadLocalRandom.current().nextLong(base));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
    }
  }

  /// True where the same statement may succeed later.
  static boolean temporary(SQLException e) {
    if (e instanceof SQLTransientConnectionException) {
      return true;
    }
    String state = state(e);
    return cutOff(state)
        || state.startsWith("40") // deadlock, serialization
        || state.startsWith("53") // disk full, out of memory, too many connections
        || state.startsWith("57") // shutdown, statement timeout
        || state.startsWith("58") // I/O error
        || state.equals("55P03") // lock timeout
        || state.equals("25006"); // a standby, just before it is promoted
  }

  static StoreException failure(SQLException e) {
    String state = state(e);
    if (temporary(e)) {
      return new StoreException(
          ErrorCode.UNAVAILABLE, "the database cannot do it now, SQLSTATE " + state, e);
    }
    return new StoreException(ErrorCode.INTERNAL, "SQLSTATE " + state, e);
  }

  private static String state(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "" : state;
  }

  /// Sets parameters by position: Long, Integer, String, Boolean, byte[], UUID, Array, null.
  static PreparedStatement prepare(
      Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  /// A statement that comes back often and with much: its results come in binary form from the
  /// first time on, else from the fourth.
  static PreparedStatement binary(PreparedStatement statement) throws SQLException {
    statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
    return statement;
  }

  /// The first column of all rows.
  static List<Long> longs(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = prepare(connection, statement, parameters)) {
      List<Long> longs = new ArrayList<>();
      try (ResultSet row = prepared.executeQuery()) {
        while (row.next()) {
          longs.add(row.getLong(1));
        }
      }
      return longs;
    }
  }
}
