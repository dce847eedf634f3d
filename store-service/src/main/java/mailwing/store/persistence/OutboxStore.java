package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/// The outbox as its relays see it, and the leases by which they share it.
///
/// Accounts fall into [#RANGES] ranges by their id; a range is relayed by the store that holds its
/// lease. Times are the database's, which all stores share.
public final class OutboxStore {
  public static final int RANGES = 64;

  /// A change that is committed and not yet published.
  public record Change(
      long accountId,
      long changeSeq,
      long mailboxId,
      long modseq,
      long uidNext,
      boolean deleted,
      long at) {}

  /// Ranges as bits, by their numbers.
  ///
  /// @param held those on lease
  /// @param batches those whose changes in batches are published: `held`, and those of older
  ///   programs, which do not know batches
  public record Leases(long held, long batches) {
    public static final Leases NONE = new Leases(0, 0);
  }

  /// What is published next.
  ///
  /// @param changes by account and in each account's order
  /// @param singles ids of changes that are rows of their own
  /// @param batches ids of rows with changes that were committed together
  /// @param more there may be more
  public record Round(List<Change> changes, List<Long> singles, List<Long> batches, boolean more) {
    private static final Round NOTHING = new Round(List.of(), List.of(), List.of(), false);
  }

  private final DataSource source;
  private final UUID owner = UUID.randomUUID();

  public OutboxStore(DataSource source) {
    this.source = source;
  }

  /// Says that this store lives, keeps or takes its fair share of the ranges, and tells which it
  /// holds now.
  ///
  /// A lease that is not renewed for `leaseMillis` is anyone's. What is more than its share a store
  /// lets go, so that one that has just started gets some.
  public Leases claim(long leaseMillis) {
    try {
      return claimOnce(leaseMillis);
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private Leases claimOnce(long leaseMillis) throws SQLException {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      try {
        // One claims at a time, so that shares add up.
        try (PreparedStatement lock =
            connection.prepareStatement("LOCK TABLE relay IN SHARE ROW EXCLUSIVE MODE")) {
          lock.execute();
        }
        long alive;
        try (PreparedStatement beat =
            connection.prepareStatement(
                """
                WITH dead AS (
                  DELETE FROM relay WHERE owner <> ? AND seen < now() - ? * interval '1 millisecond'),
                me AS (
                  INSERT INTO relay (owner, seen, batches) VALUES (?, now(), true)
                  ON CONFLICT (owner) DO UPDATE SET seen = now())
                SELECT count(*) FROM relay
                WHERE owner <> ? AND seen >= now() - ? * interval '1 millisecond'
                """)) {
          beat.setObject(1, owner);
          beat.setLong(2, leaseMillis);
          beat.setObject(3, owner);
          beat.setObject(4, owner);
          beat.setLong(5, leaseMillis);
          try (ResultSet row = beat.executeQuery()) {
            row.next();
            alive = 1 + row.getLong(1);
          }
        }
        int share = (int) ((RANGES + alive - 1) / alive);
        try (PreparedStatement claim =
            connection.prepareStatement(
                """
                WITH mine AS (
                  SELECT range FROM relay_lease
                  WHERE owner IS NULL OR owner = ? OR until < now()
                  ORDER BY (owner = ?) DESC NULLS LAST, range LIMIT ?)
                UPDATE relay_lease l SET
                  owner = CASE WHEN m.range IS NULL THEN NULL ELSE ? END,
                  until = now() + ? * interval '1 millisecond'
                FROM relay_lease a LEFT JOIN mine m ON m.range = a.range
                WHERE l.range = a.range AND (m.range IS NOT NULL OR a.owner = ?)
                RETURNING l.range, m.range IS NOT NULL
                """)) {
          claim.setObject(1, owner);
          claim.setObject(2, owner);
          claim.setInt(3, share);
          claim.setObject(4, owner);
          claim.setLong(5, leaseMillis);
          claim.setObject(6, owner);
          long held = 0;
          try (ResultSet rows = claim.executeQuery()) {
            while (rows.next()) {
              if (rows.getBoolean(2)) {
                held |= bit(rows.getInt(1));
              }
            }
          }
          long batches = held | ofOlder(connection);
          connection.commit();
          return new Leases(held, batches);
        }
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    }
  }

  /// Ranges held by relays of programs that do not know batches.
  private static long ofOlder(Connection connection) throws SQLException {
    long ranges = 0;
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT l.range FROM relay_lease l JOIN relay r ON r.owner = l.owner"
                    + " WHERE NOT r.batches");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        ranges |= bit(row.getInt(1));
      }
    }
    return ranges;
  }

  /// Lets go of everything, so that another store need not wait for the leases to end.
  public void release() {
    try {
      releaseAll();
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private void releaseAll() throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement leases =
            connection.prepareStatement("UPDATE relay_lease SET owner = NULL WHERE owner = ?");
        PreparedStatement relay =
            connection.prepareStatement("DELETE FROM relay WHERE owner = ?")) {
      leases.setObject(1, owner);
      leases.executeUpdate();
      relay.setObject(1, owner);
      relay.executeUpdate();
    }
  }

  /// The oldest unpublished changes of these ranges, of at most `limit` commits.
  public Round unpublished(Leases leases, int limit) {
    if (leases.batches() == 0) {
      return Round.NOTHING;
    }
    try {
      return read(leases, limit);
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private Round read(Leases leases, int limit) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT id, at, waiting, changes, deleted FROM mail_unpublished(?, ?, ?)")) {
      statement.setLong(1, leases.held());
      statement.setLong(2, leases.batches());
      statement.setInt(3, limit);
      List<Change> changes = new ArrayList<>();
      List<Long> singles = new ArrayList<>();
      List<Long> batches = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          long waiting = row.getLong(3) & leases.batches();
          (waiting == 0 ? singles : batches).add(row.getLong(1));
          Array array = row.getArray(4);
          if (waiting == 0) {
            changes.add(change((Long[]) array.getArray(), row.getBoolean(5), row.getLong(2)));
          } else {
            for (Long[] each : (Long[][]) array.getArray()) {
              if ((waiting & bit(each[0])) != 0) {
                changes.add(change(each, false, row.getLong(2)));
              }
            }
          }
        }
      }
      changes.sort(
          Comparator.comparingLong(Change::accountId).thenComparingLong(Change::changeSeq));
      return new Round(changes, singles, batches, singles.size() + batches.size() == limit);
    }
  }

  private static long bit(long accountId) {
    return 1L << (accountId & (RANGES - 1));
  }

  private static Change change(Long[] of, boolean deleted, long at) {
    return new Change(of[0], of[1], of[2], of[3], of[4], deleted, at);
  }

  /// Forgets what has been published. What a crash brings back is published again.
  ///
  /// Of batches it leaves what others are to publish, and nothing of those of which nothing is
  /// left.
  public void published(Leases leases, Round round) {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement("SELECT mail_published(?, ?, ?)")) {
      statement.setArray(1, connection.createArrayOf("bigint", round.singles().toArray()));
      statement.setArray(2, connection.createArrayOf("bigint", round.batches().toArray()));
      statement.setLong(3, leases.batches());
      statement.execute();
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  /// Forgets what is unpublished, in small statements: for a system without Kafka, whose gateways
  /// poll.
  public void trimAll() {
    try {
      trim();
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private void trim() throws SQLException {
    for (String table : List.of("outbox", "outbox_batch")) {
      int trimmed;
      do {
        try (Connection connection = source.getConnection();
            PreparedStatement statement =
                connection.prepareStatement(
                    "DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s LIMIT 5000))"
                        .formatted(table))) {
          trimmed = statement.executeUpdate();
        }
      } while (trimmed == 5000);
    }
  }

  /// Changes that wait, counted in up to 100,000 rows of each table; -1 if the database does not
  /// answer.
  public long depth() {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS single)
                  + (SELECT coalesce(sum(array_length(changes, 1)), 0)
                    FROM (SELECT changes FROM outbox_batch LIMIT 100000) AS batch)
                """);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      return -1;
    }
  }
}
