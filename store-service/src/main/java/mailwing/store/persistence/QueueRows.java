package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueRef;

/// The outbound queue's rows as workers see them: leased and read. What they report of them is
/// taken in by [QueueResults].
public final class QueueRows {
  static final int WAITING = 1;
  static final int HELD = 3;
  static final int SUSPENDED = 4;
  static final int DELIVERED = 5;
  static final int FAILED = 6;
  static final int DELETED = 7;

  public static final int DSN_FAILED = 1;
  public static final int DSN_DELAYED = 2;
  public static final int DSN_RELAYED = 3;
  public static final int DSN_DELIVERED = 4;
  public static final int DSN_EXPANDED = 5;

  private final Sql sql;

  public QueueRows(Sql sql) {
    this.sql = sql;
  }

  /// Adds messages with all their recipients, and what else of their delivery is still to be
  /// stored: one commit. False for one that was added before; nothing of it changes then.
  ///
  /// @param reports what the sender is to be told of the delivery's other recipients
  public List<Boolean> add(List<NewQueued> messages, List<NewReport> reports) {
    return sql.repeatableTransaction(connection -> NewQueueRows.add(connection, messages, reports));
  }

  /// Takes at most `most` recipients that are due, for so long; grouped by message and domain, the
  /// higher priority first.
  ///
  /// @param local those that the store delivers to by itself, else those of workers
  public List<QueueJob> lease(
      UUID leaseId, String worker, int most, long millis, List<String> busyDomains, boolean local) {
    return sql.once(
        connection -> {
          Array busy = connection.createArrayOf("text", busyDomains.toArray(String[]::new));
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH due AS (SELECT account_id, delivery_id, recipient_no FROM queue_recipient"
                      + " WHERE next_at <= (SELECT mail_now()) AND local = ? AND domain <> ALL (?)"
                      // No more of the index is looked at than can be due.
                      + " AND next_at - priority * 60000::bigint <= (SELECT mail_now()) + 540000"
                      + " AND NOT queue_suspended(domain, sender, path)"
                      + " ORDER BY next_at - priority * 60000::bigint LIMIT ?"
                      + " FOR UPDATE SKIP LOCKED)"
                      + " UPDATE queue_recipient r SET lease_id = ?, worker = ?,"
                      + " next_at = mail_now() + ?"
                      + " FROM due d JOIN queue_message m ON m.account_id = d.account_id"
                      + " AND m.delivery_id = d.delivery_id"
                      + " WHERE r.account_id = d.account_id AND r.delivery_id = d.delivery_id"
                      + " AND r.recipient_no = d.recipient_no"
                      + " RETURNING r.account_id, r.delivery_id, r.recipient_no, r.domain, r.path,"
                      + " r.notify, r.orcpt, r.attempts, m.queue_id, m.reverse_path, m.size,"
                      + " m.content, m.smtp_utf8, m.require_tls, m.priority, m.ret, m.envelope_id,"
                      + " m.deliver_by, m.deliver_by_mode, m.deliver_by_trace, m.created_at,"
                      + " m.tls_optional, m.notice",
                  local,
                  busy,
                  most,
                  leaseId,
                  worker,
                  millis)) {
            Map<JobKey, QueueJob.Builder> jobs = new LinkedHashMap<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                JobKey key =
                    new JobKey(
                        row.getLong(1), ByteString.copyFrom(row.getBytes(2)), row.getString(4));
                QueueJob.Builder job = jobs.get(key);
                if (job == null) {
                  job = job(key, row);
                  jobs.put(key, job);
                }
                job.addRecipients(
                    QueueJobRecipient.newBuilder()
                        .setNumber(row.getInt(3))
                        .setPath(row.getString(5))
                        .setNotify(row.getInt(6))
                        .setOriginalRecipient(row.getString(7))
                        .setAttempts(row.getInt(8)));
              }
            }
            return jobs.values().stream()
                .sorted(Comparator.comparingInt(QueueJob.Builder::getPriority).reversed())
                .map(QueueJob.Builder::build)
                .toList();
          }
        });
  }

  private record JobKey(long accountId, ByteString deliveryId, String domain) {}

  private static QueueJob.Builder job(JobKey key, ResultSet row) throws SQLException {
    int content = row.getInt(12);
    return QueueJob.newBuilder()
        .setRef(QueueRef.newBuilder().setAccountId(key.accountId()).setDeliveryId(key.deliveryId()))
        .setDomain(key.domain())
        .setQueueId(row.getString(9))
        .setReversePath(row.getString(10))
        .setSize(row.getLong(11))
        .setEightBitHeader((content & NewQueued.EIGHT_BIT_HEADER) != 0)
        .setEightBitBody((content & NewQueued.EIGHT_BIT_BODY) != 0)
        .setBinary((content & NewQueued.BINARY) != 0)
        .setSmtpUtf8(row.getBoolean(13))
        .setRequireTls(row.getBoolean(14))
        .setPriority(row.getInt(15))
        .setReturnValue(row.getInt(16))
        .setEnvelopeId(row.getString(17))
        .setDeliverByMillis(row.getLong(18))
        .setDeliverByValue(row.getInt(19))
        .setDeliverByTrace(row.getBoolean(20))
        .setCreatedAtMillis(row.getLong(21))
        .setTlsOptional(row.getBoolean(22))
        .setNotice(row.getBoolean(23));
  }

  /// Makes a lease last so long from now; false where nothing is left under it.
  public boolean renew(UUID leaseId, long millis) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "UPDATE queue_recipient SET next_at = mail_now() + ?"
                      + " WHERE lease_id = ? AND next_at IS NOT NULL",
                  millis,
                  leaseId)) {
            return statement.executeUpdate() > 0;
          }
        });
  }

  /// Where the octets of a message under this lease are; empty without the lease.
  public Optional<Blobs.Place> place(QueueRef ref, UUID leaseId) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT m.blob_id, m.size, m.first_chunk_octets FROM queue_message m"
                      + " WHERE m.account_id = ? AND m.delivery_id = ? AND EXISTS ("
                      + "SELECT 1 FROM queue_recipient r WHERE r.account_id = m.account_id"
                      + " AND r.delivery_id = m.delivery_id AND r.lease_id = ?)",
                  ref.getAccountId(),
                  ref.getDeliveryId().toByteArray(),
                  leaseId)) {
            try (ResultSet row = statement.executeQuery()) {
              return row.next()
                  ? Optional.of(new Blobs.Place(Rows.uuid(row, 1), row.getLong(2), row.getInt(3)))
                  : Optional.empty();
            }
          }
        });
  }

  /// Whoever finishes recipients of a message is alone with it, so that the last one is seen.
  static void lock(Connection c, QueueRef ref) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT 1 FROM queue_message WHERE account_id = ? AND delivery_id = ? FOR UPDATE",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray())) {
      statement.execute();
    }
  }

  /// Finished messages that were remembered until `before`: removes at most so many of an account.
  public int forget(long accountId, long before, int rows) {
    return sql.transaction(
        connection -> {
          List<byte[]> old = new ArrayList<>();
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "DELETE FROM queue_message WHERE account_id = ? AND delivery_id = ANY (ARRAY("
                      + "SELECT delivery_id FROM queue_message WHERE account_id = ?"
                      + " AND finished_at < ? LIMIT ?)) RETURNING delivery_id",
                  accountId,
                  accountId,
                  before,
                  rows)) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                old.add(row.getBytes(1));
              }
            }
          }
          for (String table : List.of("queue_recipient", "queue_attempt", "queue_event")) {
            try (PreparedStatement statement =
                Sql.prepare(
                    connection,
                    "DELETE FROM " + table + " WHERE account_id = ? AND delivery_id = ANY (?)",
                    accountId,
                    connection.createArrayOf("bytea", old.toArray(byte[][]::new)))) {
              statement.executeUpdate();
            }
          }
          return old.size();
        });
  }
}
