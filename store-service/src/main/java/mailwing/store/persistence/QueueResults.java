package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mailwing.store.v1.QueueRef;
import mailwing.store.v1.QueueResult;

/// Takes in what workers report of the recipients that they have leased.
public final class QueueResults {
  private final Sql sql;

  public QueueResults(Sql sql) {
    this.sql = sql;
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
      return new Verdict(QueueRows.WAITING, nextAt, dsnKind, told);
    }

    public static Verdict delivered(int dsnKind, QueueResult told) {
      return new Verdict(QueueRows.DELIVERED, 0, dsnKind, told);
    }

    public static Verdict failed(int dsnKind, QueueResult told) {
      return new Verdict(QueueRows.FAILED, 0, dsnKind, told);
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
          QueueRows.lock(connection, ref);
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
    boolean waits = verdict.state() == QueueRows.WAITING;
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_recipient SET lease_id = NULL, attempts = attempts + 1,"
                + " tried_at = mail_now(),"
                + " state = CASE WHEN ? AND queue_suspended(domain, sender, path) THEN "
                + QueueRows.SUSPENDED
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
            verdict.dsnKind() == QueueRows.DSN_DELAYED,
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
}
