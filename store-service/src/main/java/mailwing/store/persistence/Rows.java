package mailwing.store.persistence;

import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.v1.DeliveryTrace;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxStatus;
import org.jspecify.annotations.Nullable;

/// Shapes that several tables' readers share.
final class Rows {
  /// Of a table or alias `mailbox`, in the order that [#status] reads.
  static final String STATUS =
      "uid_validity, uid_next, highest_modseq, messages, unseen, deleted, octets,"
          + " first_recent_uid, recent, purged_modseq,"
          + " CASE WHEN url_resets = 0 THEN 0 ELSE coalesce((SELECT k.resets FROM url_key k"
          + " WHERE k.account_id = mailbox.account_id AND k.owner = mailbox.account_id"
          + " AND k.mailbox_id = mailbox.mailbox_id), 0) END";

  private Rows() {}

  static MailboxStatus.Builder status(ResultSet row, int first) throws SQLException {
    return MailboxStatus.newBuilder()
        .setUidValidity((int) row.getLong(first))
        .setUidNext((int) row.getLong(first + 1))
        .setHighestModseq(row.getLong(first + 2))
        .setMessages((int) row.getLong(first + 3))
        .setUnseen((int) row.getLong(first + 4))
        .setDeleted((int) row.getLong(first + 5))
        .setOctets(row.getLong(first + 6))
        .setFirstRecentUid((int) row.getLong(first + 7))
        .setRecent((int) row.getLong(first + 8))
        .setPurgedModseq(row.getLong(first + 9))
        .setUrlKeyResets(row.getLong(first + 10));
  }

  /// An int8[] column; empty for null.
  static Long[] longs(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? new Long[0] : (Long[]) array.getArray();
  }

  static Integer[] ints(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? new Integer[0] : (Integer[]) array.getArray();
  }

  static Boolean[] booleans(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? new Boolean[0] : (Boolean[]) array.getArray();
  }

  /// A text[] column; empty for null.
  static @Nullable String[] strings(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? new String[0] : (String[]) array.getArray();
  }

  /// Keywords that are joined by a space; null or empty for none.
  static List<String> keywords(@Nullable String joined) {
    return joined == null || joined.isEmpty() ? List.of() : List.of(joined.split(" ", -1));
  }

  /// A text[] column without null elements; empty for null.
  static List<String> texts(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? List.of() : List.of((String[]) array.getArray());
  }

  static UUID uuid(ResultSet row, int column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  /// A submitter's account and, in the next column, a DeliveryTrace; null where nothing is traced.
  static @Nullable Traced traced(ResultSet row, int column) throws SQLException {
    byte[] told = row.getBytes(column + 1);
    try {
      return told == null ? null : new Traced(DeliveryTrace.parseFrom(told), row.getLong(column));
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a trace cannot be read", e);
    }
  }

  static Array firsts(Connection c, UidSpans spans) throws SQLException {
    return c.createArrayOf("int8", spans.firsts());
  }

  static Array lasts(Connection c, UidSpans spans) throws SQLException {
    return c.createArrayOf("int8", spans.lasts());
  }

  /// The code of an outcome other than done, as the functions in R__mail.sql number them.
  static ErrorCode error(int outcome) {
    return switch (outcome) {
      case 3 -> ErrorCode.OVER_QUOTA;
      case 4 -> ErrorCode.ACCOUNT_NOT_FOUND;
      case 5, 9 -> ErrorCode.MAILBOX_NOT_FOUND;
      case 6 -> ErrorCode.LIMIT;
      default -> ErrorCode.UNAVAILABLE;
    };
  }
}
