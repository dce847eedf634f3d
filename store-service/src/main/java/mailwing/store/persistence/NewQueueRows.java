package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Puts messages into the outbound queue, within the caller's transaction.
final class NewQueueRows {
  private NewQueueRows() {}

  /// Adds messages with all their recipients, and what else of their delivery is still to be
  /// stored. False for one that was added before; nothing of it changes then.
  ///
  /// @param reports what the sender is to be told of the delivery's other recipients
  static List<Boolean> add(Connection connection, List<NewQueued> messages, List<NewReport> reports)
      throws SQLException {
    List<Boolean> added = new ArrayList<>(messages.size());
    for (NewQueued queued : messages) {
      mayBeHeld(connection, queued);
      boolean fresh = insertMessage(connection, queued);
      if (fresh) {
        body(connection, queued);
        insertRecipients(connection, queued);
        DeliveryRetries.add(connection, queued.rest());
      }
      added.add(fresh);
    }
    if (added.getFirst()) {
      QueueReports.add(connection, reports);
    }
    return added;
  }

  /// LIMIT where its account has asked for so much to be held that it may not ask for more.
  private static void mayBeHeld(Connection connection, NewQueued queued) throws SQLException {
    if (queued.hold().request().isEmpty() || queued.hold().most() == 0) {
      return;
    }
    try (PreparedStatement statement =
            Sql.prepare(
                connection,
                "SELECT count(*) FROM queue_message WHERE account_id = ? AND delivery_id <> ?"
                    + " AND hold_request <> '' AND hold_until > mail_now()",
                queued.accountId(),
                queued.deliveryId());
        ResultSet row = statement.executeQuery()) {
      row.next();
      if (row.getLong(1) >= queued.hold().most()) {
        throw new StoreException(ErrorCode.LIMIT, "too many messages are held");
      }
    }
  }

  static boolean insertMessage(Connection connection, NewQueued q) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "INSERT INTO queue_message (account_id, delivery_id, queue_id, reverse_path, ret,"
                + " envelope_id, smtp_utf8, require_tls, tls_optional, priority, deliver_by,"
                + " deliver_by_mode, deliver_by_trace, content, blob_id, size, first_chunk_octets,"
                + " header_octets, origin, message_id_header, through, notice, trace_keys, created_at, expires_at,"
                + " hold_until, hold_request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                + " ?, ?, ?, ?, ?, ?, ?, CAST(? AS bigint[]), mail_now(), ?, ?, ?)"
                + " ON CONFLICT DO NOTHING",
            q.accountId(),
            q.deliveryId(),
            q.queueId(),
            q.reversePath(),
            q.ret(),
            q.envelopeId(),
            q.smtpUtf8(),
            q.tls() == NewQueued.Tls.REQUIRED,
            q.tls() == NewQueued.Tls.OPTIONAL,
            q.priority(),
            q.deliverBy(),
            q.deliverByMode(),
            q.deliverByTrace(),
            q.content(),
            q.blobId(),
            q.place().size(),
            q.place().firstChunkOctets(),
            q.headerOctets(),
            q.origin(),
            q.messageId(),
            q.through(),
            q.notice(),
            q.traceKeys(),
            q.expiresAt(),
            q.hold().until(),
            q.hold().request())) {
      return statement.executeUpdate() == 1;
    }
  }

  static void body(Connection connection, NewQueued q) throws SQLException {
    byte[] body = q.body();
    if (body != null) {
      try (PreparedStatement statement =
          Sql.prepare(
              connection,
              "INSERT INTO blob_chunk (account_id, blob_id, chunk_no, octets) VALUES (?, ?, 0, ?)",
              q.accountId(),
              q.blobId(),
              body)) {
        statement.executeUpdate();
      }
      return;
    }
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "DELETE FROM blob_upload WHERE account_id = ? AND blob_id = ?",
            q.accountId(),
            q.blobId())) {
      if (statement.executeUpdate() != 1) {
        throw new StoreException(ErrorCode.UNAVAILABLE, "the uploaded chunks are gone");
      }
    }
  }

  private static void insertRecipients(Connection connection, NewQueued q) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO queue_recipient (account_id, delivery_id, recipient_no, domain, path,"
                + " sender, notify, orcpt, local, priority, state, next_at)"
                + " SELECT ?, ?, ?, v.domain, v.path, v.sender, ?, ?, ?, ?, CASE WHEN v.stopped THEN "
                + QueueRows.SUSPENDED
                + " ELSE "
                + QueueRows.WAITING
                + " END, CASE WHEN NOT v.stopped THEN greatest(mail_now(), ?) END FROM ("
                + "SELECT x.domain, x.path, x.sender,"
                + " queue_suspended(x.domain, x.sender, x.path) AS stopped"
                + " FROM (SELECT ? AS domain, ? AS path, ? AS sender) x) v")) {
      int number = 0;
      for (NewQueued.Recipient recipient : q.recipients()) {
        statement.setLong(1, q.accountId());
        statement.setBytes(2, q.deliveryId());
        statement.setInt(3, number++);
        statement.setInt(4, recipient.notifyOn());
        statement.setString(5, recipient.originalRecipient());
        statement.setBoolean(6, recipient.local());
        statement.setInt(7, q.priority());
        statement.setLong(8, q.hold().until());
        statement.setString(9, recipient.domain());
        statement.setString(10, recipient.path());
        statement.setString(11, q.reversePath());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
