package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueAttempt;
import mailwing.store.v1.QueueResult;
import org.jspecify.annotations.Nullable;

/// What became of messages in the outbound queue, within the caller's transaction.
final class TraceQueueRows {
  /// Recipients of one message that are looked at; one more tells that there are more.
  static final int RECIPIENTS = 100;

  /// Tries of one message that are told, and events.
  private static final int TRIES = 1000;

  private TraceQueueRows() {}

  /// A message that leaves, or has left.
  ///
  /// @param messageId empty for none
  /// @param through the address of ours that sends it on; empty for none
  record Queued(
      long account,
      ByteString deliveryId,
      long createdAt,
      String reversePath,
      String messageId,
      String through,
      ClientInfoForTrace origin) {}

  /// Whom it is for.
  ///
  /// @param local the store delivers to it, once it is due
  /// @param nextAt 0 where no try is due
  /// @param triedAt 0 where it was not tried
  record Recipient(
      int number,
      String path,
      boolean waits,
      boolean failed,
      boolean local,
      long nextAt,
      long triedAt,
      String status,
      String reply) {}

  /// A try to send it to one recipient.
  record Try(int recipient, QueueAttempt attempt) {}

  /// What else happened to one recipient.
  ///
  /// @param kind as `queue_event` has it
  /// @param notice the notification's delivery id
  record Event(int recipient, long at, int kind, @Nullable UUID notice) {
    boolean isTakenBack() {
      return kind == QueueAdminRows.TAKEN_BACK;
    }

    /// The number of an administrator's change; 0 for what is none.
    int change() {
      return kind >= QueueAdminRows.EVENT ? kind - QueueAdminRows.EVENT : 0;
    }
  }

  /// Those of the messages that went into the queue.
  static List<Queued> messages(Connection c, List<TraceRows.Found> found, long viewer)
      throws SQLException {
    List<Queued> queued = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT m.account_id, m.delivery_id, m.created_at, m.reverse_path,"
                + " coalesce(m.message_id_header, ''), coalesce(m.through, ''), m.origin"
                + " FROM unnest(?::bytea[], ?::bigint[]) k (delivery_id, id_key)"
                + " JOIN queue_message m ON m.trace_keys @> ARRAY[k.id_key]"
                + " AND m.delivery_id = k.delivery_id WHERE ? = 0 OR m.account_id = ?",
            TraceRows.deliveryIds(c, found),
            TraceRows.idKeys(c, found),
            viewer,
            viewer)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          queued.add(
              new Queued(
                  row.getLong(1),
                  ByteString.copyFrom(row.getBytes(2)),
                  row.getLong(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6),
                  QueueNoticeRows.origin(row.getBytes(7))));
        }
      }
    }
    return queued;
  }

  /// At most one more than [#RECIPIENTS].
  static List<Recipient> recipients(Connection c, Queued message) throws SQLException {
    List<Recipient> recipients = new ArrayList<>();
    try (PreparedStatement statement =
        prepare(
            c,
            "SELECT recipient_no, path, state, coalesce(next_at, 0), coalesce(tried_at, 0),"
                + " status, reply, local FROM queue_recipient"
                + " WHERE account_id = ? AND delivery_id = ? ORDER BY recipient_no LIMIT ?",
            message,
            RECIPIENTS + 1)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          recipients.add(
              new Recipient(
                  row.getInt(1),
                  row.getString(2),
                  row.getInt(3) == QueueRows.WAITING,
                  row.getInt(3) == QueueRows.FAILED,
                  row.getBoolean(8),
                  row.getLong(4),
                  row.getLong(5),
                  row.getString(6),
                  row.getString(7)));
        }
      }
    }
    return recipients;
  }

  /// The latest tries, by time.
  static List<Try> tries(Connection c, Queued message) throws SQLException {
    List<Try> tries = new ArrayList<>();
    try (PreparedStatement statement =
        prepare(
            c,
            "SELECT recipient_no, at, worker, result FROM (SELECT * FROM queue_attempt"
                + " WHERE account_id = ? AND delivery_id = ? ORDER BY at DESC LIMIT ?) a"
                + " ORDER BY at, recipient_no",
            message,
            TRIES)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tries.add(
              new Try(
                  row.getInt(1),
                  QueueAttempt.newBuilder()
                      .setAtMillis(row.getLong(2))
                      .setWorker(row.getString(3))
                      .setResult(result(row.getBytes(4)))
                      .build()));
        }
      }
    }
    return tries;
  }

  static QueueResult result(byte[] octets) {
    try {
      return QueueResult.parseFrom(octets);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "an attempt's result cannot be read", e);
    }
  }

  /// The latest events.
  static List<Event> events(Connection c, Queued message) throws SQLException {
    List<Event> events = new ArrayList<>();
    try (PreparedStatement statement =
        prepare(
            c,
            "SELECT recipient_no, at, kind, notice_id FROM queue_event"
                + " WHERE account_id = ? AND delivery_id = ? ORDER BY at DESC LIMIT ?",
            message,
            TRIES)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          events.add(
              new Event(
                  row.getInt(1), row.getLong(2), row.getInt(3), row.getObject(4, UUID.class)));
        }
      }
    }
    return events;
  }

  private static PreparedStatement prepare(Connection c, String text, Queued message, int most)
      throws SQLException {
    return Sql.prepare(c, text, message.account(), message.deliveryId().toByteArray(), most);
  }
}
