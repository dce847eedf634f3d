package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rest of deliveries of which a part is committed.
public final class DeliveryRetries {
  private final Sql sql;

  public DeliveryRetries(Sql sql) {
    this.sql = sql;
  }

  /// What is still to be stored for `targetAccountId`: `headerPrefix`, then the octets of the
  /// holder's blob after its own prefix.
  ///
  /// @param told DeliveryEnvelope: who is to be told what becomes of it; empty: nobody
  @SuppressWarnings("ArrayRecordComponent") // on their way to SQL, never compared
  public record Retry(
      long holderAccountId,
      byte[] deliveryId,
      long targetAccountId,
      Blobs.Place place,
      int skipOctets,
      byte[] headerPrefix,
      String mailboxName,
      long internalDate,
      long createdAt,
      int attempts,
      byte[] told,
      @Nullable Traced trace) {}

  /// Makes retries durable with the caller's transaction. They are due after a minute, unless the
  /// call that made them has settled them by then.
  static void add(Connection connection, List<Retry> retries) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO delivery_retry (account_id, delivery_id, target_account_id, blob_id,"
                + " size, first_chunk_octets, skip_octets, header_prefix, mailbox_name,"
                + " internal_date, told, submitter, trace, created_at, next_at) VALUES"
                + " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, mail_now(), mail_now() + 60000)"
                + " ON CONFLICT DO NOTHING")) {
      for (Retry retry : retries) {
        statement.setLong(1, retry.holderAccountId());
        statement.setBytes(2, retry.deliveryId());
        statement.setLong(3, retry.targetAccountId());
        statement.setObject(4, retry.place().blobId());
        statement.setLong(5, retry.place().size());
        statement.setInt(6, retry.place().firstChunkOctets());
        statement.setInt(7, retry.skipOctets());
        statement.setBytes(8, retry.headerPrefix());
        statement.setString(9, retry.mailboxName());
        statement.setLong(10, retry.internalDate());
        statement.setBytes(11, retry.told());
        Traced trace = retry.trace();
        statement.setObject(
            12, trace == null || trace.submitter() == 0 ? null : trace.submitter(), Types.BIGINT);
        statement.setBytes(13, trace == null ? null : trace.told().toByteArray());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /// Says what became of a delivery's rest: nothing is left of what was `settled`, and the others
  /// are due. Losing this to a crash costs a repeat that stores nothing, so nobody waits for the
  /// disk.
  public void settle(long holderAccountId, byte[] deliveryId, List<Long> settled) {
    sql.repeatable(
        connection -> {
          Array targets = connection.createArrayOf("int8", settled.toArray(Long[]::new));
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH gone AS (DELETE FROM delivery_retry r"
                      + " USING (SELECT set_config('synchronous_commit', 'off', true)) s"
                      + " WHERE r.account_id = ? AND r.delivery_id = ?"
                      + " AND r.target_account_id = ANY (?))"
                      + " UPDATE delivery_retry r SET next_at = mail_now() + 1000"
                      + " WHERE r.account_id = ? AND r.delivery_id = ?"
                      + " AND r.target_account_id <> ALL (?)",
                  holderAccountId,
                  deliveryId,
                  targets,
                  holderAccountId,
                  deliveryId,
                  targets)) {
            return statement.executeUpdate();
          }
        });
  }

  /// Takes retries that are due, so that no other store takes them for the next five minutes.
  public List<Retry> take(int most) {
    return sql.once(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "UPDATE delivery_retry r SET attempts = r.attempts + 1,"
                      + " next_at = mail_now() + 300000"
                      + " FROM (SELECT account_id, delivery_id, target_account_id"
                      + " FROM delivery_retry WHERE next_at <= mail_now() ORDER BY next_at LIMIT ?"
                      + " FOR UPDATE SKIP LOCKED) d"
                      + " WHERE r.account_id = d.account_id AND r.delivery_id = d.delivery_id"
                      + " AND r.target_account_id = d.target_account_id"
                      + " RETURNING r.account_id, r.delivery_id, r.target_account_id, r.blob_id,"
                      + " r.size, r.first_chunk_octets, r.skip_octets, r.header_prefix,"
                      + " r.mailbox_name, r.internal_date, r.created_at, r.attempts,"
                      + " coalesce(r.told, ''), coalesce(r.submitter, 0), r.trace",
                  most)) {
            List<Retry> taken = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                taken.add(
                    new Retry(
                        row.getLong(1),
                        row.getBytes(2),
                        row.getLong(3),
                        new Blobs.Place(Rows.uuid(row, 4), row.getLong(5), row.getInt(6)),
                        row.getInt(7),
                        row.getBytes(8),
                        row.getString(9),
                        row.getLong(10),
                        row.getLong(11),
                        row.getInt(12),
                        row.getBytes(13),
                        Rows.traced(row, 14)));
              }
            }
            return taken;
          }
        });
  }

  /// It could not be done: again after a time that doubles, up to half an hour.
  public void postpone(Retry retry) {
    long delay = Math.min(1_800_000, 1000L << Math.min(retry.attempts(), 20));
    sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "UPDATE delivery_retry SET next_at = mail_now() + ?"
                      + " WHERE account_id = ? AND delivery_id = ? AND target_account_id = ?",
                  delay,
                  retry.holderAccountId(),
                  retry.deliveryId(),
                  retry.targetAccountId())) {
            return statement.executeUpdate();
          }
        });
  }

  /// The retry is settled, and with that its sender is to be told.
  public void remove(Retry retry, List<NewReport> reports) {
    sql.repeatableTransaction(
        connection -> {
          QueueReports.add(connection, reports);
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "DELETE FROM delivery_retry"
                      + " WHERE account_id = ? AND delivery_id = ? AND target_account_id = ?",
                  retry.holderAccountId(),
                  retry.deliveryId(),
                  retry.targetAccountId())) {
            return statement.executeUpdate();
          }
        });
  }
}
