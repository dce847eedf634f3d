package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Segments of the text index that are put together, and which accounts have some.
public final class TextUpkeepRows {
  private static final int FETCH_ROWS = 64;

  private final Sql sql;
  private final TextIndexRows rows;

  public TextUpkeepRows(Sql sql, TextIndexRows rows) {
    this.sql = sql;
    this.rows = rows;
  }

  /// An account to look at.
  ///
  /// @param gone messages removed since somebody did
  public record Due(long account, long gone) {}

  /// Accounts with new segments, or with at least `gone` messages removed since somebody looked.
  public List<Due> due(long gone, int most) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "(SELECT account_id, gone FROM text_upkeep WHERE grown LIMIT ?)"
                      + " UNION (SELECT account_id, gone FROM text_upkeep WHERE gone >= ?"
                      + " ORDER BY gone DESC LIMIT ?)",
                  most,
                  gone,
                  most)) {
            List<Due> due = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                due.add(new Due(row.getLong(1), row.getLong(2)));
              }
            }
            return due;
          }
        });
  }

  /// An account has been looked at, by who has claimed it: what came meanwhile stays.
  public void settle(Due due) {
    sql.transaction(
        connection -> {
          if (rows.claimOn(connection, due.account())) {
            TextIndexRows.update(
                connection,
                "UPDATE text_upkeep SET grown = false, gone = gone - ? WHERE account_id = ?",
                due.gone(),
                due.account());
            if (due.gone() > 0) {
              // Pages went with them.
              TextIndexRows.update(
                  connection,
                  "UPDATE text_segment SET paged = false WHERE account_id = ? AND paged",
                  due.account());
            }
            TextIndexRows.update(
                connection,
                "DELETE FROM text_upkeep WHERE account_id = ? AND NOT grown AND gone <= 0",
                due.account());
          }
          return true;
        });
  }

  /// A segment as it is.
  ///
  /// @param octets of its postings
  public record Kept(int number, long firstId, long lastId, int messages, long octets, int span) {}

  /// An account's segments, the oldest messages first.
  public List<Kept> segments(long accountId, int version) {
    return sql.repeatable(connection -> segments(connection, accountId, version));
  }

  private static List<Kept> segments(Connection connection, long accountId, int version)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT segment_no, first_id, last_id, messages, octets, span FROM text_segment"
                + " WHERE account_id = ? AND version = ? ORDER BY first_id",
            accountId,
            version)) {
      List<Kept> segments = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          segments.add(
              new Kept(
                  row.getInt(1),
                  row.getLong(2),
                  row.getLong(3),
                  row.getInt(4),
                  row.getLong(5),
                  row.getInt(6)));
        }
      }
      return segments;
    }
  }

  /// How many messages there still are from `firstId` to `lastId`.
  public int alive(long accountId, long firstId, long lastId) {
    return sql.repeatable(
        connection ->
            TextIndexRows.number(
                    connection,
                    "SELECT CAST(count(*) AS integer) FROM message"
                        + " WHERE account_id = ? AND message_id BETWEEN ? AND ?",
                    accountId,
                    firstId,
                    lastId)
                .orElse(0));
  }

  /// What is done with segments that are replaced.
  public interface Work {
    void run(Merging merging);
  }

  /// A statement of a merge failed.
  private static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient SQLException reason;

    Failed(SQLException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  /// Replaces neighbouring segments by one of what is still there, in one transaction: whoever
  /// reads sees these or that one, and a store that dies leaves these. False, and nothing done,
  /// where the claim has been lost or the segments are not there any more.
  public boolean replace(long accountId, int version, List<Kept> inputs, Work work) {
    return sql.transaction(
        connection -> {
          if (!rows.claimOn(connection, accountId)
              || !segments(connection, accountId, version).containsAll(inputs)) {
            return false;
          }
          int number =
              TextIndexRows.number(
                      connection,
                      "SELECT max(segment_no) + 1 FROM text_segment WHERE account_id = ?",
                      accountId)
                  .orElseThrow();
          try {
            work.run(new Merging(connection, accountId, version, number, inputs));
          } catch (Failed e) {
            throw e.reason;
          }
          Object[] old = inputs.stream().map(Kept::number).toArray();
          for (String table : List.of("text_postings", "text_segment")) {
            TextIndexRows.update(
                connection,
                "DELETE FROM " + table + " WHERE account_id = ? AND segment_no = ANY (?)",
                accountId,
                connection.createArrayOf("int4", old));
          }
          return true;
        });
  }

  /// Reads what is replaced and writes what replaces it, within the transaction.
  public static final class Merging {
    private final Connection connection;
    private final long accountId;
    private final int version;
    private final int number;
    private final List<Kept> inputs;
    private long octets;

    Merging(Connection connection, long accountId, int version, int number, List<Kept> inputs) {
      this.connection = connection;
      this.accountId = accountId;
      this.version = version;
      this.number = number;
      this.inputs = inputs;
    }

    /// The ids of the messages that are still there, ascending.
    public long[] alive() {
      try {
        try (PreparedStatement statement =
            Sql.prepare(
                connection,
                "SELECT message_id FROM message WHERE account_id = ?"
                    + " AND message_id BETWEEN ? AND ? ORDER BY message_id",
                accountId,
                inputs.getFirst().firstId(),
                inputs.getLast().lastId())) {
          statement.setFetchSize(8192);
          long[] ids = new long[inputs.stream().mapToInt(Kept::messages).sum()];
          int count = 0;
          try (ResultSet row = statement.executeQuery()) {
            while (row.next() && count < ids.length) {
              ids[count++] = row.getLong(1);
            }
          }
          return java.util.Arrays.copyOf(ids, count);
        }
      } catch (SQLException e) {
        throw new Failed(e);
      }
    }

    /// Takes what a segment has beside its postings.
    @FunctionalInterface
    public interface Heads {
      void head(Kept segment, byte[] messageIds, byte[] unknown, byte[] words);
    }

    /// Reads the heads in the order of the inputs.
    public void heads(Heads each) {
      try {
        for (Kept input : inputs) {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT message_ids, unknown, words FROM text_segment"
                      + " WHERE account_id = ? AND segment_no = ?",
                  accountId,
                  input.number())) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                each.head(input, row.getBytes(1), row.getBytes(2), row.getBytes(3));
              }
            }
          }
        }
      } catch (SQLException e) {
        throw new Failed(e);
      }
    }

    /// Takes a row of postings.
    @FunctionalInterface
    public interface Postings {
      void row(int input, int block, byte[] octets);
    }

    /// Reads rows of postings of one of the inputs.
    public void postings(int input, int firstBlock, int lastBlock, Postings each) {
      try {
        try (PreparedStatement statement =
            Sql.prepare(
                connection,
                "SELECT block_no, postings FROM text_postings WHERE account_id = ?"
                    + " AND segment_no = ? AND block_no BETWEEN ? AND ?",
                accountId,
                inputs.get(input).number(),
                firstBlock,
                lastBlock)) {
          statement.setFetchSize(FETCH_ROWS);
          try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
              each.row(input, row.getInt(1), row.getBytes(2));
            }
          }
        }
      } catch (SQLException e) {
        throw new Failed(e);
      }
    }

    /// Writes rows of postings.
    public void write(Map<Integer, byte[]> blocks) {
      try {
        octets += TextIndexRows.addRows(connection, accountId, number, new TreeMap<>(blocks));
      } catch (SQLException e) {
        throw new Failed(e);
      }
    }

    /// Writes the segment, once its postings are there.
    public void write(TextIndexRows.Segment segment) {
      try {
        TextIndexRows.addSegment(connection, accountId, number, version, segment, octets);
      } catch (SQLException e) {
        throw new Failed(e);
      }
    }
  }
}
