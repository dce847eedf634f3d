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
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueRef;
import mailwing.store.v1.QueueResult;

/// The outbound queue's rows as workers see them: added, leased, read and reported on.
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
    return sql.repeatableTransaction(connection -> add(connection, messages, reports));
  }

  static List<Boolean> add(Connection connection, List<NewQueued> messages, List<NewReport> reports)
      throws SQLException {
    List<Boolean> added = new ArrayList<>(messages.size());
    for (NewQueued queued : messages) {
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

  static boolean insertMessage(Connection connection, NewQueued q) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "INSERT INTO queue_message (account_id, delivery_id, queue_id, reverse_path, ret,"
                + " envelope_id, smtp_utf8, require_tls, tls_optional, priority, deliver_by,"
                + " deliver_by_mode, deliver_by_trace, content, blob_id, size, first_chunk_octets,"
                + " header_octets, origin, message_id_header, trace_keys, created_at, expires_at,"
                + " hold_until, hold_request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                + " ?, ?, ?, ?, ?, CAST(? AS bigint[]), mail_now(), ?, ?, ?)"
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
                + SUSPENDED
                + " ELSE "
                + WAITING
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
                      + " m.tls_optional",
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
        .setTlsOptional(row.getBoolean(22));
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

  /// A recipient as it stands when a result comes for it.
  ///
  /// @param attempts those before this one
  /// @param beganAt when it came, or when its being held ended
  /// @param deliverBy the time of RFC 2852, in milliseconds since 1970; 0 for none
  /// @param deliverByMode 1 N, 2 R
  /// @param local it is one of ours
  public record Tried(
      int number,
      int attempts,
      int notifyOn,
      boolean delayTold,
      boolean bounces,
      long beganAt,
      long expiresAt,
      long deliverBy,
      int deliverByMode,
      boolean deliverByTrace,
      boolean local,
      long now) {
    /// Its sender wants to hear that the time is over, rather than have it back (RFC 2852 §4.1.3).
    public boolean notesTime() {
      return deliverBy > 0 && deliverByMode == 1;
    }

    /// It is given back when the time is over.
    public boolean returnsInTime() {
      return deliverBy > 0 && deliverByMode == 2;
    }
  }

  /// What a result makes of a recipient.
  ///
  /// @param nextAt when it is due again; 0 for never
  /// @param dsnKind what its sender is to be told; 0 for nothing
  public record Verdict(int state, long nextAt, int dsnKind, QueueResult told) {
    public static Verdict waiting(long nextAt, int dsnKind, QueueResult told) {
      return new Verdict(WAITING, nextAt, dsnKind, told);
    }

    public static Verdict delivered(int dsnKind, QueueResult told) {
      return new Verdict(DELIVERED, 0, dsnKind, told);
    }

    public static Verdict failed(int dsnKind, QueueResult told) {
      return new Verdict(FAILED, 0, dsnKind, told);
    }
  }

  /// Judges one result.
  @FunctionalInterface
  public interface Judge {
    Verdict judge(Tried tried, QueueResult result);
  }

  /// Takes in the results for recipients that are under the lease, and says how many those were.
  public int report(QueueRef ref, UUID leaseId, List<QueueResult> results, Judge judge) {
    return sql.transaction(
        connection -> {
          lock(connection, ref);
          Map<Integer, Tried> held = underLease(connection, ref, leaseId);
          int taken = 0;
          for (QueueResult result : results) {
            Tried tried = held.remove(result.getNumber());
            if (tried == null) {
              continue;
            }
            taken++;
            if (result.getOutcome() == QueueResult.Outcome.RELEASED) {
              release(connection, ref, result.getNumber());
            } else {
              settle(connection, ref, tried, result, judge.judge(tried, result));
            }
          }
          QueueBodies.finish(connection, ref);
          return taken;
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

  private static Map<Integer, Tried> underLease(Connection c, QueueRef ref, UUID leaseId)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT r.recipient_no, r.attempts, r.notify, r.delay_told, m.reverse_path <> '',"
                + " greatest(m.created_at, m.hold_until), m.expires_at, m.deliver_by, m.deliver_by_mode,"
                + " m.deliver_by_trace, r.local, mail_now() FROM queue_recipient r"
                + " JOIN queue_message m ON m.account_id = r.account_id"
                + " AND m.delivery_id = r.delivery_id"
                + " WHERE r.account_id = ? AND r.delivery_id = ? AND r.lease_id = ?"
                + " ORDER BY r.recipient_no FOR UPDATE OF r",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray(),
            leaseId)) {
      Map<Integer, Tried> held = new LinkedHashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          held.put(
              row.getInt(1),
              new Tried(
                  row.getInt(1),
                  row.getInt(2),
                  row.getInt(3),
                  row.getBoolean(4),
                  row.getBoolean(5),
                  row.getLong(6),
                  row.getLong(7),
                  row.getLong(8),
                  row.getInt(9),
                  row.getBoolean(10),
                  row.getBoolean(11),
                  row.getLong(12)));
        }
      }
      return held;
    }
  }

  private static void release(Connection c, QueueRef ref, int number) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_recipient SET lease_id = NULL, next_at = mail_now()"
                + " WHERE account_id = ? AND delivery_id = ? AND recipient_no = ?",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray(),
            number)) {
      statement.executeUpdate();
    }
  }

  private static void settle(
      Connection c, QueueRef ref, Tried tried, QueueResult result, Verdict verdict)
      throws SQLException {
    byte[] deliveryId = ref.getDeliveryId().toByteArray();
    boolean waits = verdict.state() == WAITING;
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_recipient SET lease_id = NULL, attempts = attempts + 1,"
                + " tried_at = mail_now(),"
                + " state = CASE WHEN ? AND queue_suspended(domain, sender, path) THEN "
                + SUSPENDED
                + " ELSE ? END,"
                + " next_at = CASE WHEN ? AND NOT queue_suspended(domain, sender, path)"
                + " THEN CAST(? AS bigint) END,"
                + " status = ?, reply = ?, remote_host = ?, delay_told = delay_told OR ?,"
                + " dsn_kind = CASE WHEN ? <> 0 THEN ? ELSE dsn_kind END,"
                + " dsn_id = CASE WHEN ? <> 0 THEN NULL ELSE dsn_id END,"
                + " dsn_next = CASE WHEN ? <> 0 THEN mail_now() ELSE dsn_next END"
                + " WHERE account_id = ? AND delivery_id = ? AND recipient_no = ?",
            waits,
            verdict.state(),
            waits,
            verdict.nextAt(),
            verdict.told().getStatus(),
            verdict.told().getReply(),
            verdict.told().getRemoteHost(),
            verdict.dsnKind() == DSN_DELAYED,
            verdict.dsnKind(),
            verdict.dsnKind(),
            verdict.dsnKind(),
            verdict.dsnKind(),
            ref.getAccountId(),
            deliveryId,
            tried.number())) {
      statement.executeUpdate();
    }
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            // Its number is not that of attempts, which begins anew when it is requeued.
            "INSERT INTO queue_attempt SELECT r.account_id, r.delivery_id, r.recipient_no,"
                + " (SELECT coalesce(max(a.attempt_no), 0) + 1 FROM queue_attempt a"
                + " WHERE a.account_id = r.account_id AND a.delivery_id = r.delivery_id"
                + " AND a.recipient_no = r.recipient_no), r.tried_at, r.worker, ?"
                + " FROM queue_recipient r"
                + " WHERE r.account_id = ? AND r.delivery_id = ? AND r.recipient_no = ?",
            result.toByteArray(),
            ref.getAccountId(),
            deliveryId,
            tried.number())) {
      statement.executeUpdate();
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
