package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.TracedMessage;
import org.jspecify.annotations.Nullable;

/// Finds traced messages and what became of their copies. What became of them in the outbound queue
/// is told by [TraceQueueRows].
public final class TraceRows {
  /// Copies of one message that are looked at; one more tells that there are more.
  public static final int COPIES = 100;

  private static final String TIME = "SET LOCAL statement_timeout = '20s'";

  private final Sql sql;

  public TraceRows(Sql sql) {
    this.sql = sql;
  }

  /// What is looked for.
  ///
  /// @param keys of each set a message has one
  /// @param since milliseconds since 1970; before `until`
  /// @param viewer the account that asks; 0: who may see all
  public record Query(List<long[]> keys, long since, long until, long viewer) {
    public Query {
      keys = List.copyOf(keys);
    }
  }

  /// A message that was found.
  ///
  /// @param deliveryId or, of a refusal, what is its own
  public record Found(long at, ByteString deliveryId, long idKey, @Nullable RefusedMail refusal) {}

  /// A message at its place in the order.
  public record Position(long at, ByteString deliveryId) {}

  /// A delivered copy.
  ///
  /// @param recipientRemoved its account is gone, and this is what its submitter is told
  public record Copy(
      long account,
      ByteString deliveryId,
      long at,
      long mailboxId,
      String mailbox,
      long uidValidity,
      long uid,
      long messageId,
      Traced trace,
      boolean recipientRemoved) {}

  /// What became of a copy.
  ///
  /// @param copy its index among the copies that were asked for
  /// @param reader 0: the owner
  public record Place(
      int copy,
      int kind,
      long at,
      String mailbox,
      long uid,
      String fromMailbox,
      long fromUid,
      long reader) {}

  /// A copy that is still to be stored.
  public record Owed(ByteString deliveryId, long account, long since, long nextAt, Traced trace) {}

  /// Messages that match, the newest first, after a position: as they are at one moment.
  /// UNAVAILABLE where that takes too long.
  public List<TracedMessage> page(Query query, Position after, int most) {
    return sql.snapshot(
        connection -> {
          try (PreparedStatement time = connection.prepareStatement(TIME)) {
            time.execute();
          }
          return new TracePage(connection, query.viewer()).of(find(connection, query, after, most));
        });
  }

  /// Messages that match, the newest first, after a position.
  private static List<Found> find(Connection c, Query query, Position after, int most)
      throws SQLException {
    List<Object> parameters = new ArrayList<>();
    String text =
        "SELECT f.at, f.delivery_id, f.id_key, f.refusal FROM ("
            + "SELECT min(m.at) AS at, m.delivery_id, min(m.id_key) AS id_key,"
            + " NULL::bytea AS refusal FROM ("
            + "SELECT t.at, t.delivery_id, t.trace_keys[1] AS id_key FROM delivery t"
            + where(c, query, "t.at", parameters)
            + " UNION ALL SELECT t.at, t.delivery_id, t.trace_keys[1] FROM delivery_kept t"
            + where(c, query, "t.at", parameters)
            + " UNION ALL SELECT t.created_at, t.delivery_id, t.trace_keys[1] FROM queue_message t"
            + where(c, query, "t.created_at", parameters)
            + ") m GROUP BY m.delivery_id"
            + " UNION ALL SELECT t.at, int8send(t.refusal_id), 0, t.refusal FROM refusal t"
            + where(c, query, "t.at", parameters)
            + ") f WHERE (f.at, f.delivery_id) < (?, ?)"
            + " ORDER BY f.at DESC, f.delivery_id DESC LIMIT ?";
    parameters.add(after.at());
    parameters.add(after.deliveryId().toByteArray());
    parameters.add(most);
    List<Found> found = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(c, text, parameters.toArray());
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        byte[] refusal = row.getBytes(4);
        found.add(
            new Found(
                row.getLong(1),
                ByteString.copyFrom(row.getBytes(2)),
                row.getLong(3),
                refusal == null ? null : refusal(refusal)));
      }
    }
    return found;
  }

  private static String where(Connection c, Query query, String at, List<Object> parameters)
      throws SQLException {
    StringBuilder text = new StringBuilder(" WHERE t.trace_keys IS NOT NULL");
    for (long[] keys : query.keys()) {
      text.append(" AND t.trace_keys && ?");
      parameters.add(array(c, keys));
    }
    parameters.add(query.since());
    parameters.add(query.until());
    return text.append(" AND ")
        .append(at)
        .append(" >= ? AND ")
        .append(at)
        .append(" < ?")
        .toString();
  }

  private static RefusedMail refusal(byte[] octets) {
    try {
      return RefusedMail.parseFrom(octets);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a refusal cannot be read", e);
    }
  }

  static Array array(Connection c, long[] values) throws SQLException {
    Long[] boxed = new Long[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return c.createArrayOf("int8", boxed);
  }

  static Array deliveryIds(Connection c, List<Found> found) throws SQLException {
    return c.createArrayOf(
        "bytea", found.stream().map(f -> f.deliveryId().toByteArray()).toArray(byte[][]::new));
  }

  static Array idKeys(Connection c, List<Found> found) throws SQLException {
    return array(c, found.stream().mapToLong(Found::idKey).toArray());
  }

  /// The copies of messages, at most one more than [#COPIES] of each: those first that the viewer
  /// has got.
  static List<Copy> copies(Connection c, List<Found> found, long viewer) throws SQLException {
    List<Copy> copies = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT d.account_id, d.delivery_id, d.at, d.mailbox_id,"
                + " trace_mailbox(d.account_id, d.mailbox_id), d.uid_validity, d.uid,"
                + " coalesce(d.message_id, 0), coalesce(d.submitter, 0), d.trace, d.removed"
                + " FROM unnest(?::bytea[], ?::bigint[]) k (delivery_id, id_key)"
                + " CROSS JOIN LATERAL ("
                + "SELECT x.* FROM (SELECT t.account_id, t.delivery_id, t.at, t.mailbox_id,"
                + " t.uid_validity, t.uid, t.message_id, t.submitter, t.trace, false AS removed"
                + " FROM delivery t WHERE t.trace_keys @> ARRAY[k.id_key]"
                + " AND t.delivery_id = k.delivery_id"
                + " UNION ALL SELECT t.recipient, t.delivery_id, t.at, 0, 0, 0, 0, t.account_id,"
                + " t.trace, true FROM delivery_kept t WHERE t.trace_keys @> ARRAY[k.id_key]"
                + " AND t.delivery_id = k.delivery_id) x"
                + " WHERE ? = 0 OR x.account_id = ? OR x.submitter = ?"
                + " ORDER BY x.account_id <> ?, x.at, x.account_id LIMIT ?) d",
            deliveryIds(c, found),
            idKeys(c, found),
            viewer,
            viewer,
            viewer,
            viewer,
            COPIES + 1)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Traced trace = Rows.traced(row, 9);
          if (trace != null) {
            copies.add(
                new Copy(
                    row.getLong(1),
                    ByteString.copyFrom(row.getBytes(2)),
                    row.getLong(3),
                    row.getLong(4),
                    row.getString(5),
                    row.getLong(6),
                    row.getLong(7),
                    row.getLong(8),
                    trace,
                    row.getBoolean(11)));
          }
        }
      }
    }
    return copies;
  }

  /// What became of copies in their accounts.
  static List<Place> places(Connection c, List<Copy> copies) throws SQLException {
    List<Place> places = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT k.n, p.kind, p.at, p.mailbox, p.uid, p.from_mailbox, p.from_uid,"
                + " coalesce(p.reader, 0) FROM unnest(?::bigint[], ?::bigint[], ?::bigint[],"
                + " ?::bigint[]) WITH ORDINALITY k (account_id, mailbox_id, uid, message_id, n)"
                + " CROSS JOIN LATERAL trace_places(k.account_id, k.mailbox_id, k.uid,"
                + " k.message_id) p",
            array(c, copies.stream().mapToLong(Copy::account).toArray()),
            array(c, copies.stream().mapToLong(Copy::mailboxId).toArray()),
            array(c, copies.stream().mapToLong(Copy::uid).toArray()),
            array(c, copies.stream().mapToLong(Copy::messageId).toArray()))) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          places.add(
              new Place(
                  row.getInt(1) - 1,
                  row.getInt(2),
                  row.getLong(3),
                  row.getString(4),
                  row.getLong(5),
                  row.getString(6),
                  row.getLong(7),
                  row.getLong(8)));
        }
      }
    }
    return places;
  }

  /// What of messages is still to be stored.
  ///
  /// @param holders accounts that have got them, or submitted them
  static List<Owed> owed(Connection c, List<Found> found, Collection<Long> holders, long viewer)
      throws SQLException {
    List<Owed> owed = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT r.delivery_id, r.target_account_id, r.created_at, r.next_at,"
                + " coalesce(r.submitter, 0), r.trace FROM delivery_retry r"
                + " WHERE r.account_id = ANY (?) AND r.delivery_id = ANY (?)"
                + " AND r.trace IS NOT NULL"
                + " AND (? = 0 OR r.target_account_id = ? OR r.submitter = ?)"
                + " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.account_id ="
                + " r.target_account_id AND d.delivery_id = r.delivery_id)"
                + " LIMIT 1000",
            c.createArrayOf("int8", holders.toArray()),
            deliveryIds(c, found),
            viewer,
            viewer,
            viewer)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Traced trace = Rows.traced(row, 5);
          if (trace != null) {
            owed.add(
                new Owed(
                    ByteString.copyFrom(row.getBytes(1)),
                    row.getLong(2),
                    row.getLong(3),
                    row.getLong(4),
                    trace));
          }
        }
      }
    }
    return owed;
  }

  /// Accounts' addresses; those that are removed have none.
  static Map<Long, String> addresses(Connection c, Collection<Long> accounts) throws SQLException {
    Map<Long, String> addresses = new HashMap<>();
    try (PreparedStatement statement =
        Sql.prepare(
            c,
            "SELECT account_id, address FROM account"
                + " WHERE account_id = ANY (?) AND removed_at IS NULL",
            c.createArrayOf("int8", accounts.toArray()))) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          addresses.put(row.getLong(1), row.getString(2));
        }
      }
    }
    return addresses;
  }

  /// A refusal and under which keys it is found.
  @SuppressWarnings("ArrayRecordComponent") // on their way to SQL, never compared
  public record Refused(RefusedMail mail, long[] keys) {}

  public void refused(List<Refused> refusals) {
    sql.change(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "INSERT INTO refusal (at, refusal, trace_keys) VALUES (?, ?, ?)")) {
            for (Refused one : refusals) {
              statement.setLong(1, one.mail().getAtMillis());
              statement.setBytes(2, one.mail().toByteArray());
              statement.setArray(3, array(connection, one.keys()));
              statement.addBatch();
            }
            statement.executeBatch();
          }
        });
  }
}
