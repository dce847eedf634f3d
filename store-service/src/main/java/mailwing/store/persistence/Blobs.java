package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Bodies: immutable octets under ids that are never used again, in chunks.
public final class Blobs {
  /// The octets of every chunk but the first and the last.
  public static final int CHUNK = 256 << 10;

  /// What is read by the statement that finds a body.
  private static final int AT_ONCE = 4 * CHUNK;

  private static final String LOCATE =
      """
      SELECT m.blob_id, m.size, m.first_chunk_octets,
        substring(b.octets FROM (greatest(r.low - b.start, 0) + 1)::integer
          FOR (r.high - greatest(r.low, b.start))::integer)
      FROM (VALUES (?::bigint, ?::bigint)) r (low, high)
        CROSS JOIN entry e JOIN message m ON m.account_id = e.account_id AND m.message_id = e.message_id
        LEFT JOIN LATERAL (
          SELECT c.octets, c.chunk_no,
            CASE c.chunk_no WHEN 0 THEN 0 ELSE m.first_chunk_octets + (c.chunk_no - 1)::bigint * %1$d END AS start
          FROM blob_chunk c
          WHERE c.account_id = m.account_id AND c.blob_id = m.blob_id AND r.low < r.high
            AND c.chunk_no >= CASE WHEN r.low < m.first_chunk_octets THEN 0
              ELSE 1 + (r.low - m.first_chunk_octets) / %1$d END
            AND c.chunk_no <= CASE WHEN r.high <= m.first_chunk_octets THEN 0
              ELSE 1 + (r.high - 1 - m.first_chunk_octets) / %1$d END) b ON true
      WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid = ?
      ORDER BY b.chunk_no
      """
          .formatted(CHUNK);

  private final Sql sql;

  public Blobs(Sql sql) {
    this.sql = sql;
  }

  /// An id for a new body: the time and 74 random bits (RFC 9562 §5.7), so that new ones lie
  /// together in the index.
  public static UUID newId() {
    UUID random = UUID.randomUUID();
    return new UUID(
        System.currentTimeMillis() << 16 | 0x7000 | (random.getMostSignificantBits() & 0xfff),
        random.getLeastSignificantBits());
  }

  /// Where a message's octets are.
  public record Place(UUID blobId, long size, int firstChunkOctets) {
    /// The chunk that holds the octet at `offset`.
    int chunk(long offset) {
      return offset < firstChunkOctets
          ? 0
          : Math.toIntExact(1 + (offset - firstChunkOctets) / CHUNK);
    }

    /// The offset at which a chunk starts.
    long start(int chunk) {
      return chunk == 0 ? 0 : firstChunkOctets + (chunk - 1L) * CHUNK;
    }
  }

  /// Writes a chunk of a body whose message is not there yet. Durable when it returns; an orphan
  /// until the message is stored.
  public void upload(long accountId, UUID blobId, int chunkNo, byte[] octets) {
    sql.repeatable(
        connection -> {
          String announce =
              chunkNo == 0
                  ? "WITH up AS (INSERT INTO blob_upload VALUES (?, ?, mail_now())"
                      + " ON CONFLICT DO NOTHING) "
                  : "";
          try (PreparedStatement statement =
              connection.prepareStatement(
                  announce
                      + "INSERT INTO blob_chunk (account_id, blob_id, chunk_no, octets)"
                      + " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            int at = 1;
            if (chunkNo == 0) {
              statement.setLong(at++, accountId);
              statement.setObject(at++, blobId);
            }
            statement.setLong(at++, accountId);
            statement.setObject(at++, blobId);
            statement.setInt(at++, chunkNo);
            statement.setBytes(at, octets);
            return statement.executeUpdate();
          }
        });
  }

  /// Removes a body that became no message's; harmless where a message has it.
  public void abandon(long accountId, UUID blobId) {
    sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH up AS (DELETE FROM blob_upload WHERE account_id = ? AND blob_id = ?"
                      + " RETURNING blob_id)"
                      + " DELETE FROM blob_chunk WHERE account_id = ?"
                      + " AND blob_id IN (SELECT blob_id FROM up)",
                  accountId,
                  blobId,
                  accountId)) {
            return statement.executeUpdate();
          }
        });
  }

  /// The octets of one chunk from `from` (in the chunk) on, at most `length`.
  public byte[] read(long accountId, UUID blobId, int chunkNo, long from, long length) {
    Optional<byte[]> octets =
        sql.repeatable(
            connection -> {
              try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      "SELECT substring(octets FROM ? FOR ?) FROM blob_chunk"
                          + " WHERE account_id = ? AND blob_id = ? AND chunk_no = ?",
                      Math.toIntExact(from + 1),
                      Math.toIntExact(length),
                      accountId,
                      blobId,
                      chunkNo)) {
                try (ResultSet row = statement.executeQuery()) {
                  return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
                }
              }
            });
    return octets.orElseThrow(
        () -> new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "the body is gone"));
  }

  /// Octets of a message's body from `offset` on, at most `length`, a chunk at a time.
  /// MESSAGE_NOT_FOUND.
  public void read(
      long accountId, long mailboxId, long uid, long offset, long length, Consumer<byte[]> each) {
    int most = (int) Math.min(length, AT_ONCE);
    Located located = locate(accountId, mailboxId, uid, offset, most);
    long size = located.place().size();
    long end = length > size - offset ? size : offset + length;
    long at = offset;
    for (byte[] piece : located.pieces()) {
      each.accept(piece);
      at += piece.length;
    }
    if (at < Math.min(end, offset + most)) {
      throw new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "the body is gone");
    }
    while (at < end) {
      byte[] piece = piece(accountId, located.place(), at, end - at);
      each.accept(piece);
      at += piece.length;
    }
  }

  /// Octets [offset, offset + length) of a body as one array; for what is known to be small.
  public byte[] read(long accountId, Place place, long offset, int length) {
    byte[] all = new byte[length];
    int done = 0;
    while (done < length) {
      byte[] piece = piece(accountId, place, offset + done, length - done);
      System.arraycopy(piece, 0, all, done, piece.length);
      done += piece.length;
    }
    return all;
  }

  /// The octets from `offset` to the end of its chunk, at most `most`.
  public byte[] piece(long accountId, Place place, long offset, long most) {
    int chunk = place.chunk(offset);
    long end =
        Math.min(place.size(), chunk == 0 ? place.firstChunkOctets() : place.start(chunk + 1));
    long length = Math.min(most, end - offset);
    byte[] piece = read(accountId, place.blobId(), chunk, offset - place.start(chunk), length);
    if (piece.length != length) {
      throw new StoreException(ErrorCode.INTERNAL, "a chunk is shorter than its message says");
    }
    return piece;
  }

  /// A message's place, and octets of its body.
  ///
  /// @param pieces from the offset that was asked for, a chunk each
  public record Located(Place place, List<byte[]> pieces) {}

  /// Finds a message's body, and reads from it, by one statement. MESSAGE_NOT_FOUND.
  ///
  /// @param most octets, all of them in memory
  public Located locate(long accountId, long mailboxId, long uid, long offset, int most) {
    long first = Math.min(offset, Long.MAX_VALUE - most);
    Optional<Located> located =
        sql.repeatable(
            connection -> {
              try (PreparedStatement statement =
                  Sql.prepare(connection, LOCATE, first, first + most, accountId, mailboxId, uid)) {
                try (ResultSet row = statement.executeQuery()) {
                  return located(row);
                }
              }
            });
    return located.orElseThrow(
        () -> new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "no such message"));
  }

  private static Optional<Located> located(ResultSet row) throws SQLException {
    @Nullable Place place = null;
    List<byte[]> pieces = new ArrayList<>();
    while (row.next()) {
      place = new Place(Rows.uuid(row, 1), row.getLong(2), row.getInt(3));
      byte[] octets = row.getBytes(4);
      if (octets != null) {
        pieces.add(octets);
      }
    }
    return Optional.ofNullable(place).map(found -> new Located(found, pieces));
  }
}
