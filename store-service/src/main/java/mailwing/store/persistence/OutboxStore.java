package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
  public Set<Integer> claim(long leaseMillis) {
    try {
      return claimOnce(leaseMillis);
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private Set<Integer> claimOnce(long leaseMillis) throws SQLException {
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
                  INSERT INTO relay (owner, seen) VALUES (?, now())
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
          Set<Integer> held = new TreeSet<>();
          try (ResultSet rows = claim.executeQuery()) {
            while (rows.next()) {
              if (rows.getBoolean(2)) {
                held.add(rows.getInt(1));
              }
            }
          }
          connection.commit();
          return held;
        }
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    }
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

  /// At most `limit` unpublished changes of these ranges, by account and in each account's order.
  public List<Change> unpublished(Collection<Integer> ranges, int limit) {
    try {
      return read(ranges, limit);
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private List<Change> read(Collection<Integer> ranges, int limit) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at FROM outbox
                WHERE (? OR CAST(account_id % 64 AS integer) = ANY (?))
                ORDER BY account_id, change_seq LIMIT ?
                """)) {
      Array array = connection.createArrayOf("integer", ranges.toArray());
      statement.setBoolean(1, ranges.size() == RANGES);
      statement.setArray(2, array);
      statement.setInt(3, limit);
      List<Change> changes = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          changes.add(
              new Change(
                  row.getLong(1),
                  row.getLong(2),
                  row.getLong(3),
                  row.getLong(4),
                  row.getLong(5),
                  row.getBoolean(6),
                  row.getLong(7)));
        }
      }
      return changes;
    }
  }

  /// Forgets what has been published. What a crash brings back is published again.
  public void published(List<Change> changes) {
    try {
      delete(changes);
    } catch (SQLException e) {
      throw Sql.failure(e);
    }
  }

  private void delete(List<Change> changes) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                DELETE FROM outbox o USING (SELECT set_config('synchronous_commit', 'off', true)) s,
                  unnest(?::bigint[], ?::bigint[]) AS p (account_id, change_seq)
                WHERE o.account_id = p.account_id AND o.change_seq = p.change_seq
                """)) {
      statement.setArray(
          1, connection.createArrayOf("bigint", changes.stream().map(Change::accountId).toArray()));
      statement.setArray(
          2, connection.createArrayOf("bigint", changes.stream().map(Change::changeSeq).toArray()));
      statement.executeUpdate();
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
    int trimmed;
    do {
      try (Connection connection = source.getConnection();
          PreparedStatement statement =
              connection.prepareStatement(
                  "DELETE FROM outbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox LIMIT 5000))")) {
        trimmed = statement.executeUpdate();
      }
    } while (trimmed == 5000);
  }

  /// Changes that wait, counted up to 100,000; -1 if the database does not answer.
  public long depth() {
    try (Connection connection = source.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS waiting");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      return -1;
    }
  }
}
