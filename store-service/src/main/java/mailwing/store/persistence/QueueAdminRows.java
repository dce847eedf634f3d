package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueAttempt;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueueRef;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.QueuedRecipient;

/// The outbound queue's rows as an administrator sees and changes them.
public final class QueueAdminRows {
  private static final int PAGE = 200;

  /// What queue_event adds to a change's number.
  static final int EVENT = 10;

  /// What queue_event calls a message that its sender has taken back.
  static final int TAKEN_BACK = 9;

  /// A worker has the recipient `r` now.
  static final String LEASED = "(r.lease_id IS NOT NULL AND r.next_at > mail_now())";

  private static final String WAITING_OR_SUSPENDED =
      "CASE WHEN queue_suspended(r.domain, r.sender, r.path) THEN "
          + QueueRows.SUSPENDED
          + " ELSE "
          + QueueRows.WAITING
          + " END";
  private static final String NOW_UNLESS_SUSPENDED =
      "CASE WHEN NOT queue_suspended(r.domain, r.sender, r.path) THEN mail_now() END";

  private final Sql sql;

  public QueueAdminRows(Sql sql) {
    this.sql = sql;
  }

  /// A page of messages, by account and delivery id, after `after` (null: the first ones); empty at
  /// the end.
  public List<QueuedMessage> page(
      QueueFilter filter, boolean finished, boolean attempts, QueueRef after) {
    return sql.repeatable(
        connection -> {
          Condition condition = Condition.of(filter);
          List<Object> parameters = new ArrayList<>();
          parameters.add(after.getAccountId());
          parameters.add(after.getDeliveryId().toByteArray());
          String chosen = "";
          if (!filter.getQueueId().isEmpty()) {
            chosen = " AND m.queue_id = ?";
            parameters.add(filter.getQueueId());
          }
          parameters.addAll(condition.parameters());
          parameters.add(PAGE);
          List<QueuedMessage> page = new ArrayList<>();
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT m.account_id, m.delivery_id, m.queue_id, m.reverse_path, m.size,"
                      + " m.created_at, m.expires_at, m.origin, m.hold_until, m.priority, m.deliver_by"
                      + " FROM queue_message m"
                      + " WHERE (m.account_id, m.delivery_id) > (?, ?)"
                      + chosen
                      + (finished ? "" : " AND m.finished_at IS NULL")
                      + " AND EXISTS (SELECT 1 FROM queue_recipient r"
                      + " WHERE r.account_id = m.account_id AND r.delivery_id = m.delivery_id"
                      + condition.text()
                      + ") ORDER BY m.account_id, m.delivery_id LIMIT ?",
                  parameters.toArray())) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                page.add(message(row));
              }
            }
          }
          List<QueuedMessage> whole = new ArrayList<>();
          for (QueuedMessage message : page) {
            whole.add(
                message.toBuilder()
                    .addAllRecipients(recipients(connection, message.getRef(), attempts))
                    .build());
          }
          return whole;
        });
  }

  private static QueuedMessage message(ResultSet row) throws SQLException {
    return QueuedMessage.newBuilder()
        .setRef(
            QueueRef.newBuilder()
                .setAccountId(row.getLong(1))
                .setDeliveryId(ByteString.copyFrom(row.getBytes(2))))
        .setQueueId(row.getString(3))
        .setReversePath(row.getString(4))
        .setSize(row.getLong(5))
        .setCreatedAtMillis(row.getLong(6))
        .setExpiresAtMillis(row.getLong(7))
        .setOrigin(QueueNoticeRows.origin(row.getBytes(8)))
        .setHoldUntilMillis(row.getLong(9))
        .setPriority(row.getInt(10))
        .setDeliverByMillis(row.getLong(11))
        .build();
  }

  private static List<QueuedRecipient> recipients(Connection c, QueueRef ref, boolean attempts)
      throws SQLException {
    List<QueuedRecipient> recipients = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT r.recipient_no, r.path, CASE WHEN "
                + LEASED
                + " THEN 2 ELSE r.state END, r.attempts, coalesce(r.next_at, 0), r.status, r.reply,"
                + " r.local"
                + " FROM queue_recipient r WHERE r.account_id = ? AND r.delivery_id = ?"
                + " ORDER BY r.recipient_no",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray())) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          recipients.add(
              QueuedRecipient.newBuilder()
                  .setNumber(row.getInt(1))
                  .setPath(row.getString(2))
                  .setStateValue(row.getInt(3))
                  .setAttempts(row.getInt(4))
                  .setNextAtMillis(row.getLong(5))
                  .setStatus(row.getString(6))
                  .setReply(row.getString(7))
                  .setLocal(row.getBoolean(8))
                  .build());
        }
      }
    }
    if (!attempts) {
      return recipients;
    }
    List<QueuedRecipient> whole = new ArrayList<>();
    for (QueuedRecipient recipient : recipients) {
      whole.add(
          recipient.toBuilder().addAllAttempt(attempts(c, ref, recipient.getNumber())).build());
    }
    return whole;
  }

  private static List<QueueAttempt> attempts(Connection c, QueueRef ref, int number)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT at, worker, result FROM queue_attempt"
                + " WHERE account_id = ? AND delivery_id = ? AND recipient_no = ?"
                + " ORDER BY attempt_no",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray(),
            number)) {
      List<QueueAttempt> attempts = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          attempts.add(
              QueueAttempt.newBuilder()
                  .setAtMillis(row.getLong(1))
                  .setWorker(row.getString(2))
                  .setResult(TraceQueueRows.result(row.getBytes(3)))
                  .build());
        }
      }
      return attempts;
    }
  }

  /// A filter as SQL over `queue_recipient r`, the queue id aside.
  private record Condition(String text, List<Object> parameters) {
    static Condition of(QueueFilter filter) {
      StringBuilder text = new StringBuilder();
      List<Object> parameters = new ArrayList<>();
      if (!filter.getSender().isEmpty()) {
        text.append(" AND lower(r.sender) = lower(?)");
        parameters.add(filter.getSender());
      }
      if (!filter.getRecipient().isEmpty()) {
        text.append(" AND lower(r.path) = lower(?)");
        parameters.add(filter.getRecipient());
      }
      if (!filter.getDomain().isEmpty()) {
        text.append(" AND r.domain = ?");
        parameters.add(filter.getDomain());
      }
      return new Condition(text.toString(), parameters);
    }
  }

  /// How far a change has come.
  public record Changed(int changed, int inProgress) {}

  /// Changes one message's recipients that the filter selects, those aside that a worker has now.
  public Changed change(QueueRef ref, Change change, QueueFilter filter, long expiryMillis) {
    return sql.transaction(
        connection -> {
          QueueRows.lock(connection, ref);
          Condition condition = Condition.of(filter);
          int leased = 0;
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT r.recipient_no FROM queue_recipient r"
                      + " WHERE r.account_id = ? AND r.delivery_id = ? AND r.state < 5 AND "
                      + LEASED
                      + condition.text(),
                  of(ref, condition))) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                leased++;
              }
            }
          }
          int changed;
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH changed AS (UPDATE queue_recipient r SET "
                      + assignment(change)
                      + " WHERE r.account_id = ? AND r.delivery_id = ? AND NOT coalesce("
                      + LEASED
                      + ", false) AND "
                      + where(change)
                      + condition.text()
                      + " RETURNING r.account_id, r.delivery_id, r.recipient_no)"
                      + " INSERT INTO queue_event SELECT account_id, delivery_id, recipient_no,"
                      + " mail_now(), "
                      + (EVENT + change.getNumber())
                      + " FROM changed",
                  of(ref, condition))) {
            changed = statement.executeUpdate();
          }
          if (change == Change.REQUEUE && changed > 0) {
            expire(connection, ref, expiryMillis);
          }
          QueueBodies.finish(connection, ref);
          return new Changed(changed, leased);
        });
  }

  /// Takes a message back that is still held, and says how many recipients it had.
  /// MESSAGE_NOT_FOUND; CANNOT where any of them may have been tried.
  ///
  /// @param accountId whose it has to be; 0: anybody's
  public int takeBack(String queueId, long accountId) {
    return sql.transaction(
        connection -> {
          QueueRef ref = held(connection, queueId, accountId);
          QueueRows.lock(connection, ref);
          int recipients = 0;
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT m.hold_until > mail_now() AND r.state < 5 AND r.attempts = 0 AND NOT coalesce("
                      + LEASED
                      + ", false) FROM queue_recipient r JOIN queue_message m"
                      + " ON m.account_id = r.account_id AND m.delivery_id = r.delivery_id"
                      + " WHERE r.account_id = ? AND r.delivery_id = ? FOR UPDATE OF r",
                  ref.getAccountId(),
                  ref.getDeliveryId().toByteArray())) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                if (!row.getBoolean(1)) {
                  throw new StoreException(ErrorCode.CANNOT, "the message is held no longer");
                }
                recipients++;
              }
            }
          }
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH changed AS (UPDATE queue_recipient r SET "
                      + assignment(Change.DELETE)
                      + " WHERE r.account_id = ? AND r.delivery_id = ?"
                      + " RETURNING r.account_id, r.delivery_id, r.recipient_no)"
                      + " INSERT INTO queue_event SELECT account_id, delivery_id, recipient_no,"
                      + " mail_now(), "
                      + TAKEN_BACK
                      + " FROM changed",
                  ref.getAccountId(),
                  ref.getDeliveryId().toByteArray())) {
            statement.executeUpdate();
          }
          QueueBodies.finish(connection, ref);
          return recipients;
        });
  }

  private static QueueRef held(Connection c, String queueId, long accountId) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT account_id, delivery_id FROM queue_message"
                + " WHERE queue_id = ? AND hold_until > 0 AND (? = 0 OR account_id = ?)",
            queueId,
            accountId,
            accountId)) {
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "no such message was held");
        }
        return QueueRef.newBuilder()
            .setAccountId(row.getLong(1))
            .setDeliveryId(ByteString.copyFrom(row.getBytes(2)))
            .build();
      }
    }
  }

  private static Object[] of(QueueRef ref, Condition condition) {
    List<Object> parameters = new ArrayList<>();
    parameters.add(ref.getAccountId());
    parameters.add(ref.getDeliveryId().toByteArray());
    parameters.addAll(condition.parameters());
    return parameters.toArray();
  }

  private static void expire(Connection c, QueueRef ref, long expiryMillis) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_message SET expires_at = mail_now() + ?"
                + " WHERE account_id = ? AND delivery_id = ?",
            expiryMillis,
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray())) {
      statement.executeUpdate();
    }
  }

  private static String assignment(Change change) {
    return switch (change) {
      case FLUSH -> "next_at = mail_now(), lease_id = NULL";
      case HOLD -> "state = " + QueueRows.HELD + ", next_at = NULL, lease_id = NULL";
      case RELEASE -> "state = " + WAITING_OR_SUSPENDED + ", next_at = " + NOW_UNLESS_SUSPENDED;
      case REQUEUE ->
          "state = "
              + WAITING_OR_SUSPENDED
              + ", next_at = "
              + NOW_UNLESS_SUSPENDED
              + ", lease_id = NULL, attempts = 0";
      case DELETE -> "state = " + QueueRows.DELETED + ", next_at = NULL, lease_id = NULL";
      case BOUNCE ->
          "state = "
              + QueueRows.FAILED
              + ", next_at = NULL, lease_id = NULL, status = '5.7.0', remote_host = '',"
              + " reply = 'Returned by the administrator',"
              + " dsn_kind = CASE WHEN r.sender <> '' AND (r.notify = 0 OR r.notify & 4 <> 0)"
              + " THEN 1 ELSE 0 END, dsn_id = NULL,"
              + " dsn_next = CASE WHEN r.sender <> '' AND (r.notify = 0 OR r.notify & 4 <> 0)"
              + " THEN mail_now() END";
      case CHANGE_UNSPECIFIED, UNRECOGNIZED ->
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such change");
    };
  }

  private static String where(Change change) {
    return switch (change) {
      case FLUSH -> "r.state = " + QueueRows.WAITING;
      case HOLD -> "r.state IN (" + QueueRows.WAITING + ", " + QueueRows.SUSPENDED + ")";
      case RELEASE -> "r.state = " + QueueRows.HELD;
      default -> "r.state < 5";
    };
  }

  /// Recipients that wait, for a gauge.
  public long depth() {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  connection.prepareStatement(
                      "SELECT count(*) FROM queue_recipient WHERE state < 5");
              ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
          }
        });
  }
}
