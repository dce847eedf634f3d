package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import mailwing.store.v1.QueueRef;

/// When a queued message is finished, and what then goes with it.
final class QueueBodies {
  private QueueBodies() {}

  /// Where nothing is left to be tried or told, marks the message as finished and removes its
  /// octets; those that retries of deliveries are made of wait for them among the uploads.
  static void finish(Connection connection, QueueRef ref) throws SQLException {
    long account = ref.getAccountId();
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "WITH done AS (UPDATE queue_message m SET finished_at = mail_now()"
                + " WHERE m.account_id = ? AND m.delivery_id = ? AND m.finished_at IS NULL"
                + " AND NOT EXISTS (SELECT 1 FROM queue_recipient r"
                + " WHERE r.account_id = m.account_id AND r.delivery_id = m.delivery_id"
                + " AND (r.state < 5 OR r.dsn_next IS NOT NULL)) RETURNING m.blob_id),"
                + " held AS (INSERT INTO blob_upload SELECT ?, d.blob_id, mail_now() FROM done d"
                + " WHERE EXISTS (SELECT 1 FROM delivery_retry t WHERE t.account_id = ?"
                + " AND t.blob_id = d.blob_id) ON CONFLICT DO NOTHING)"
                + " DELETE FROM blob_chunk b USING done d WHERE b.account_id = ?"
                + " AND b.blob_id = d.blob_id AND NOT EXISTS (SELECT 1 FROM delivery_retry t"
                + " WHERE t.account_id = ? AND t.blob_id = d.blob_id)",
            account,
            ref.getDeliveryId().toByteArray(),
            account,
            account,
            account,
            account)) {
      statement.executeUpdate();
    }
  }
}
