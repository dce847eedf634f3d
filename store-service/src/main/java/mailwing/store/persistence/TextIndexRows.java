package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The rows of the text index.
public final class TextIndexRows {
  private static final long CLAIM_MILLIS = 300_000;

  private final Sql sql;
  private final UUID holder = UUID.randomUUID();

  public TextIndexRows(Sql sql) {
    this.sql = sql;
  }

  /// An account with messages that are not indexed.
  ///
  /// @param messages how many, at most
  public record Account(long id, long messages) {}

  /// What was found of some accounts that follow each other.
  ///
  /// @param accounts those that are behind
  /// @param reached the last that was looked at; empty where there are none above it
  public record Behind(List<Account> accounts, OptionalLong reached) {}

  /// Of the next `most` accounts above `after`, those with at least `least` messages that are not
  /// indexed.
  public Behind behind(long after, int most, long least, int version) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT a.account_id, CASE WHEN a.next_message_id > ? THEN"
                      + " a.next_message_id - 1 - coalesce((SELECT max(s.last_id)"
                      + " FROM text_segment s WHERE s.account_id = a.account_id"
                      + " AND s.version = ?), 0) ELSE 0 END FROM (SELECT account_id,"
                      + " next_message_id FROM account_state WHERE account_id > ?"
                      + " ORDER BY account_id LIMIT ?) a ORDER BY a.account_id",
                  least,
                  version,
                  after,
                  most)) {
            List<Account> accounts = new ArrayList<>();
            long last = after;
            int looked = 0;
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                last = row.getLong(1);
                looked++;
                long messages = row.getLong(2);
                if (messages >= least) {
                  accounts.add(new Account(last, messages));
                }
              }
            }
            return new Behind(
                accounts, looked < most ? OptionalLong.empty() : OptionalLong.of(last));
          }
        });
  }

  /// Keeps other stores from the same work for five minutes; false where one of them has it. Waits
  /// for nobody.
  public boolean claim(long accountId) {
    return sql.once(
        connection ->
            update(
                        connection,
                        // To conflict with a claim whose holder is at work would be to wait.
                        "INSERT INTO text_claim (account_id, until, holder)"
                            + " SELECT ?, mail_now() + ?, ? WHERE NOT EXISTS"
                            + " (SELECT 1 FROM text_claim WHERE account_id = ?)"
                            + " ON CONFLICT DO NOTHING",
                        accountId,
                        CLAIM_MILLIS,
                        holder,
                        accountId)
                    == 1
                || update(
                        connection,
                        "UPDATE text_claim SET until = mail_now() + ?, holder = ?"
                            + " WHERE account_id IN (SELECT account_id FROM text_claim"
                            + " WHERE account_id = ? AND until < mail_now()"
                            + " FOR UPDATE SKIP LOCKED)",
                        CLAIM_MILLIS,
                        holder,
                        accountId)
                    == 1);
  }

  /// Claims for five minutes more, and until the transaction ends whatever its length; false where
  /// the claim has been lost.
  boolean claimOn(Connection connection, long accountId) throws SQLException {
    return update(
            connection,
            "UPDATE text_claim SET until = mail_now() + ? WHERE account_id = ? AND holder = ?",
            CLAIM_MILLIS,
            accountId,
            holder)
        == 1;
  }

  public void release(long accountId) {
    sql.repeatable(
        connection ->
            update(
                connection,
                "DELETE FROM text_claim WHERE account_id = ? AND holder = ?",
                accountId,
                holder));
  }

  /// How far an account is indexed: no message up to here is not covered.
  public long indexedTo(long accountId, int version) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT coalesce(max(last_id), 0) FROM text_segment"
                      + " WHERE account_id = ? AND version = ?",
                  accountId,
                  version)) {
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return row.getLong(1);
            }
          }
        });
  }

  /// A message to be indexed.
  ///
  /// @param octets the whole message where it is one chunk
  @SuppressWarnings("ArrayRecordComponent") // read once
  public record Source(
      long messageId,
      Blobs.Place place,
      long headerOctets,
      byte[] structure,
      byte @Nullable [] octets) {}

  /// Messages above `after`, ascending by id.
  public List<Source> sources(long accountId, long after, int most) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT m.message_id, m.blob_id, m.size, m.first_chunk_octets, m.header_octets,"
                      + " m.structure, CASE WHEN m.size = m.first_chunk_octets THEN b.octets END"
                      + " FROM message m LEFT JOIN blob_chunk b ON b.account_id = m.account_id"
                      + " AND b.blob_id = m.blob_id AND b.chunk_no = 0"
                      + " WHERE m.account_id = ? AND m.message_id > ?"
                      + " ORDER BY m.message_id LIMIT ?",
                  accountId,
                  after,
                  most)) {
            List<Source> sources = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                sources.add(
                    new Source(
                        row.getLong(1),
                        new Blobs.Place(Rows.uuid(row, 2), row.getLong(3), row.getInt(4)),
                        row.getLong(5),
                        row.getBytes(6),
                        row.getBytes(7)));
              }
            }
            return sources;
          }
        });
  }

  /// A segment to be written.
  ///
  /// @param span buckets of a row of postings
  @SuppressWarnings("ArrayRecordComponent") // on its way to SQL
  public record Segment(
      long firstId,
      long lastId,
      int messages,
      int span,
      byte[] messageIds,
      byte[] unknown,
      byte[] words) {}

  /// Adds a segment behind `indexedTo`; false where another store has been quicker. Segments of
  /// other versions go.
  public boolean add(
      long accountId, long indexedTo, int version, Segment segment, Map<Integer, byte[]> blocks) {
    return sql.transaction(
        connection -> {
          // One writer an account at a time, without holding up its mail.
          if (!claimOn(connection, accountId)) {
            return false;
          }
          number(
              connection,
              "WITH old AS (DELETE FROM text_segment WHERE account_id = ? AND version <> ?"
                  + " RETURNING segment_no) DELETE FROM text_postings WHERE account_id = ?"
                  + " AND segment_no IN (SELECT segment_no FROM old) RETURNING 1",
              accountId,
              version,
              accountId);
          Optional<Integer> number =
              number(
                  connection,
                  "SELECT coalesce(max(segment_no), 0) + 1 FROM text_segment WHERE account_id = ?"
                      + " HAVING coalesce(max(last_id), 0) = ?",
                  accountId,
                  indexedTo);
          if (number.isEmpty()) {
            return false;
          }
          long octets = addRows(connection, accountId, number.get(), blocks);
          addSegment(connection, accountId, number.get(), version, segment, octets);
          update(
              connection,
              "INSERT INTO text_upkeep AS u VALUES (?, true, 0)"
                  + " ON CONFLICT (account_id) DO UPDATE SET grown = true",
              accountId);
          return true;
        });
  }

  static void addSegment(
      Connection connection, long accountId, int number, int version, Segment segment, long octets)
      throws SQLException {
    update(
        connection,
        "INSERT INTO text_segment (account_id, segment_no, first_id, last_id, version,"
            + " message_ids, unknown, messages, octets, span, words)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        accountId,
        number,
        segment.firstId(),
        segment.lastId(),
        version,
        segment.messageIds(),
        segment.unknown(),
        segment.messages(),
        octets,
        segment.span(),
        segment.words());
  }

  /// Adds rows of postings; the number of their octets.
  static long addRows(
      Connection connection, long accountId, int segment, Map<Integer, byte[]> blocks)
      throws SQLException {
    if (blocks.isEmpty()) {
      return 0;
    }
    Array numbers = connection.createArrayOf("int4", blocks.keySet().toArray());
    Array octets = connection.createArrayOf("bytea", blocks.values().toArray(byte[][]::new));
    update(
        connection,
        "INSERT INTO text_postings SELECT ?, t.block, ?, t.octets FROM unnest(?, ?) t (block, octets)",
        accountId,
        segment,
        numbers,
        octets);
    return blocks.values().stream().mapToLong(row -> row.length).sum();
  }

  static int update(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      return prepared.executeUpdate();
    }
  }

  static Optional<Integer> number(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      try (ResultSet row = prepared.executeQuery()) {
        return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
      }
    }
  }

  /// Takes what a look-up finds, ascending by segment; postings after their segment.
  public interface Found {
    void segment(
        int number, long lastId, int messages, int span, byte[] messageIds, byte[] unknown);

    void postings(int segment, int block, byte[] octets);
  }

  /// All segments of an account and these blocks of them, of one moment.
  public void find(long accountId, int version, int[] blocks, Found found) {
    Integer[] wanted = new Integer[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      wanted[i] = blocks[i];
    }
    sql.snapshot(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT segment_no, last_id, messages, span, message_ids, unknown"
                      + " FROM text_segment"
                      + " WHERE account_id = ? AND version = ? ORDER BY segment_no",
                  accountId,
                  version)) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                found.segment(
                    row.getInt(1),
                    row.getLong(2),
                    row.getInt(3),
                    row.getInt(4),
                    row.getBytes(5),
                    row.getBytes(6));
              }
            }
          }
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT segment_no, block_no, postings FROM text_postings"
                      + " WHERE account_id = ? AND block_no = ANY (?)",
                  accountId,
                  connection.createArrayOf("int4", wanted))) {
            statement.setFetchSize(256);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                found.postings(row.getInt(1), row.getInt(2), row.getBytes(3));
              }
            }
          }
          return true;
        });
  }

  /// Takes the words of a segment.
  @FunctionalInterface
  public interface Words {
    void of(int messages, byte[] messageIds, byte[] words);
  }

  /// The words of all segments of an account.
  public void words(long accountId, int version, Words each) {
    sql.repeatableTransaction(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT messages, message_ids, words FROM text_segment"
                      + " WHERE account_id = ? AND version = ?",
                  accountId,
                  version)) {
            statement.setFetchSize(4);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                each.of(row.getInt(1), row.getBytes(2), row.getBytes(3));
              }
            }
          }
          return true;
        });
  }
}
