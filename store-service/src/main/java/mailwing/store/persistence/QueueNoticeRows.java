package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueRef;

/// What senders are still to be told of their queued messages.
///
/// A notification's delivery id is kept in the rows it tells of before it is delivered, so that one
/// that is made again after a failure is recognised as a repeat.
public final class QueueNoticeRows {
  private final Sql sql;

  public QueueNoticeRows(Sql sql) {
    this.sql = sql;
  }

  /// One notification to be made.
  ///
  /// @param kind one of [QueueRows]
  /// @param reportingMta the host that tried, or took it
  /// @param content bits of [NewQueued]
  public record Notice(
      QueueRef ref,
      int kind,
      UUID id,
      String reportingMta,
      String queueId,
      String reversePath,
      int ret,
      String envelopeId,
      boolean smtpUtf8,
      boolean requireTls,
      int priority,
      long deliverBy,
      String holdRequest,
      int content,
      Blobs.Place place,
      long headerOctets,
      ClientInfoForTrace origin,
      long createdAt,
      long expiresAt,
      List<Told> recipients) {
    /// The id as a delivery id.
    public ByteString deliveryId() {
      return ByteString.copyFrom(
          ByteBuffer.allocate(16)
              .putLong(id.getMostSignificantBits())
              .putLong(id.getLeastSignificantBits())
              .flip());
    }
  }

  /// What became of one recipient.
  ///
  /// @param triedAt milliseconds since 1970
  public record Told(
      String path,
      String originalRecipient,
      String status,
      String reply,
      String remoteHost,
      long triedAt) {}

  private record Key(long account, ByteString deliveryId, int kind) {}

  /// Takes what is due, so that no other store takes it for five minutes: at most `most`
  /// recipients.
  public List<Notice> take(int most) {
    return sql.transaction(
        connection -> {
          Map<Key, List<Integer>> fresh = new LinkedHashMap<>();
          Map<UUID, QueueRef> ids = new LinkedHashMap<>();
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT account_id, delivery_id, recipient_no, dsn_kind, dsn_id"
                      + " FROM queue_recipient WHERE dsn_next <= mail_now()"
                      + " ORDER BY dsn_next LIMIT ? FOR UPDATE SKIP LOCKED",
                  most)) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                ByteString deliveryId = ByteString.copyFrom(row.getBytes(2));
                UUID id = row.getObject(5, UUID.class);
                if (id != null) {
                  ids.put(id, ref(row.getLong(1), deliveryId));
                } else {
                  fresh
                      .computeIfAbsent(
                          new Key(row.getLong(1), deliveryId, row.getInt(4)),
                          k -> new ArrayList<>())
                      .add(row.getInt(3));
                }
              }
            }
          }
          for (Map.Entry<Key, List<Integer>> group : fresh.entrySet()) {
            UUID id = UUID.randomUUID();
            name(connection, group.getKey(), group.getValue(), id);
            ids.put(id, ref(group.getKey().account(), group.getKey().deliveryId()));
          }
          List<Notice> notices = new ArrayList<>();
          for (Map.Entry<UUID, QueueRef> one : ids.entrySet()) {
            notice(connection, one.getValue(), one.getKey(), notices);
          }
          return notices;
        });
  }

  private static QueueRef ref(long account, ByteString deliveryId) {
    return QueueRef.newBuilder().setAccountId(account).setDeliveryId(deliveryId).build();
  }

  private static void name(Connection c, Key key, List<Integer> numbers, UUID id)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_recipient SET dsn_id = ?"
                + " WHERE account_id = ? AND delivery_id = ? AND recipient_no = ANY (?)",
            id,
            key.account(),
            key.deliveryId().toByteArray(),
            c.createArrayOf("int4", numbers.toArray(Integer[]::new)))) {
      statement.executeUpdate();
    }
  }

  private static void notice(Connection c, QueueRef ref, UUID id, List<Notice> notices)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "UPDATE queue_recipient r SET dsn_next = mail_now() + 300000 FROM queue_message m"
                + " WHERE r.account_id = ? AND r.delivery_id = ? AND r.dsn_id = ?"
                + " AND m.account_id = r.account_id AND m.delivery_id = r.delivery_id"
                + " RETURNING r.dsn_kind, r.worker, r.path, r.orcpt, r.status, r.reply,"
                + " r.remote_host, r.tried_at, m.queue_id, m.reverse_path, m.ret, m.envelope_id,"
                + " m.smtp_utf8, m.content, m.blob_id, m.size, m.first_chunk_octets,"
                + " m.header_octets, m.origin, m.created_at, m.expires_at, m.priority,"
                + " m.deliver_by, m.hold_request, m.require_tls",
            ref.getAccountId(),
            ref.getDeliveryId().toByteArray(),
            id)) {
      try (ResultSet row = statement.executeQuery()) {
        List<Told> told = new ArrayList<>();
        Notice notice = null;
        while (row.next()) {
          told.add(
              new Told(
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6),
                  row.getString(7),
                  row.getLong(8)));
          if (notice == null) {
            ClientInfoForTrace origin = origin(row.getBytes(19));
            String worker = row.getString(2);
            notice =
                new Notice(
                    ref,
                    row.getInt(1),
                    id,
                    worker.isEmpty() ? origin.getHost() : worker,
                    row.getString(9),
                    row.getString(10),
                    row.getInt(11),
                    row.getString(12),
                    row.getBoolean(13),
                    row.getBoolean(25),
                    row.getInt(22),
                    row.getLong(23),
                    row.getString(24),
                    row.getInt(14),
                    new Blobs.Place(Rows.uuid(row, 15), row.getLong(16), row.getInt(17)),
                    row.getLong(18),
                    origin,
                    row.getLong(20),
                    row.getLong(21),
                    told);
          }
        }
        if (notice != null) {
          notices.add(notice);
        }
      }
    }
  }

  static ClientInfoForTrace origin(byte[] octets) {
    try {
      return ClientInfoForTrace.parseFrom(octets);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a queued message's origin cannot be read", e);
    }
  }

  /// The notification is delivered, or never will be.
  public void done(Notice notice) {
    sql.transaction(
        connection -> {
          QueueRows.lock(connection, notice.ref());
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "WITH told AS (UPDATE queue_recipient"
                      + " SET dsn_kind = 0, dsn_id = NULL, dsn_next = NULL"
                      + " WHERE account_id = ? AND delivery_id = ? AND dsn_id = ?"
                      + " RETURNING account_id, delivery_id, recipient_no)"
                      + " INSERT INTO queue_event SELECT account_id, delivery_id, recipient_no,"
                      + " mail_now(), ?, ? FROM told",
                  notice.ref().getAccountId(),
                  notice.ref().getDeliveryId().toByteArray(),
                  notice.id(),
                  notice.kind(),
                  notice.id())) {
            statement.executeUpdate();
          }
          QueueBodies.finish(connection, notice.ref());
          return true;
        });
  }
}
