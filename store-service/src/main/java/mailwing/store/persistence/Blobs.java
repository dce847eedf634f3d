package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Bodies: immutable octets under random ids, in chunks.
public final class Blobs {
  /// The octets of every chunk but the first and the last.
  public static final int CHUNK = 256 << 10;

  private final Sql sql;

  public Blobs(Sql sql) {
    this.sql = sql;
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
    int most = (int) Math.min(length, Integer.MAX_VALUE);
    Located located = locate(accountId, mailboxId, uid, offset, most);
    byte[] octets = located.octets();
    if (octets != null) {
      each.accept(octets);
      return;
    }
    long size = located.place().size();
    long end = length > size - offset ? size : offset + length;
    long at = offset;
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

  /// A message's place, and all of its octets where they are one chunk that ends below `small`.
  @SuppressWarnings("ArrayRecordComponent") // handed on once
  public record Located(Place place, byte @Nullable [] octets) {}

  /// Finds a message's body: one statement for a small message.
  public Located locate(long accountId, long mailboxId, long uid, long offset, int most) {
    Optional<Located> located =
        sql.repeatable(
            connection -> {
              try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      "SELECT m.blob_id, m.size, m.first_chunk_octets,"
                          + " substring(b.octets FROM ? FOR ?)"
                          + " FROM entry e JOIN message m"
                          + " ON m.account_id = e.account_id AND m.message_id = e.message_id"
                          + " LEFT JOIN blob_chunk b ON b.account_id = m.account_id"
                          + " AND b.blob_id = m.blob_id AND b.chunk_no = 0"
                          + " AND m.first_chunk_octets = m.size"
                          + " WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid = ?",
                      (int) Math.min(offset + 1, Integer.MAX_VALUE - CHUNK),
                      most,
                      accountId,
                      mailboxId,
                      uid)) {
                try (ResultSet row = statement.executeQuery()) {
                  return row.next()
                      ? Optional.of(
                          new Located(
                              new Place(Rows.uuid(row, 1), row.getLong(2), row.getInt(3)),
                              row.getBytes(4)))
                      : Optional.empty();
                }
              }
            });
    return located.orElseThrow(
        () -> new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "no such message"));
  }
}
