package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import mailwing.store.v1.ListMetadataChangesRequest;
import mailwing.store.v1.ListMetadataChangesResponse;
import mailwing.store.v1.MetadataChange;

/// Which annotations were set or removed last, by the change_seq of their account or the server.
public final class AnnotationChanges {
  /// For how long a removal is told.
  private static final long KEPT_MILLIS = Duration.ofDays(1).toMillis();

  /// How many changes of a mailbox are told, whatever was removed.
  private static final int KEPT = 1000;

  private final Sql sql;

  public AnnotationChanges(Sql sql) {
    this.sql = sql;
  }

  /// Changes that a holder may see, of an account's mailboxes and of the server; and where to go on
  /// from.
  public ListMetadataChangesResponse since(
      long accountId, long holder, ListMetadataChangesRequest request) {
    return sql.repeatable(
        connection -> {
          // Where to go on from is read first: what comes between is told twice, never lost.
          ListMetadataChangesResponse.Builder response =
              ListMetadataChangesResponse.newBuilder()
                  .setChangeSeq(current(connection, "account_state", accountId))
                  .setServerSeq(current(connection, "server_state", 0));
          if (request.hasSinceChangeSeq()) {
            list(connection, accountId, holder, request.getSinceChangeSeq(), response);
          }
          if (request.hasSinceServerSeq()) {
            list(connection, 0, 0, request.getSinceServerSeq(), response);
          }
          return response.build();
        });
  }

  private static long current(Connection connection, String table, long accountId)
      throws SQLException {
    return number(
        connection, "SELECT change_seq FROM " + table + " WHERE account_id = ?", accountId);
  }

  private static void list(
      Connection connection,
      long accountId,
      long holder,
      long since,
      ListMetadataChangesResponse.Builder response)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT mailbox_id, name FROM annotation_change WHERE account_id = ?"
                + " AND change_seq > ? AND holder IN (0, ?)",
            accountId,
            since,
            holder)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          response.addChanges(
              MetadataChange.newBuilder().setMailboxId(row.getLong(1)).setName(row.getString(2)));
        }
      }
    }
  }

  /// The account's next change_seq, published; its row must be locked.
  static long next(Connection connection, long accountId) throws SQLException {
    return next(connection, "account_state", accountId);
  }

  /// The server's next change_seq, published; locks it.
  static long nextOfServer(Connection connection) throws SQLException {
    return next(connection, "server_state", 0);
  }

  private static long next(Connection connection, String table, long accountId)
      throws SQLException {
    long next =
        number(
            connection,
            "UPDATE "
                + table
                + " SET change_seq = change_seq + 1 WHERE account_id = ? RETURNING change_seq",
            accountId);
    MailboxRows.publish(connection, accountId, next);
    return next;
  }

  private static long number(Connection connection, String statement, long accountId)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, accountId)) {
      try (ResultSet row = prepared.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /// An annotation was set or removed. Old removals are forgotten.
  static void note(
      Connection connection,
      long accountId,
      long mailboxId,
      long holder,
      String name,
      long changeSeq)
      throws SQLException {
    MailboxRows.update(
        connection,
        "DELETE FROM annotation_change c WHERE account_id = ? AND mailbox_id = ?"
            + " AND (at < mail_now() - ? OR change_seq <= (SELECT change_seq FROM"
            + " annotation_change WHERE account_id = ? AND mailbox_id = ?"
            + " ORDER BY change_seq DESC OFFSET ? LIMIT 1))"
            + " AND NOT EXISTS (SELECT 1 FROM annotation a WHERE a.account_id = c.account_id"
            + " AND a.mailbox_id = c.mailbox_id AND a.holder = c.holder AND a.name = c.name)",
        accountId,
        mailboxId,
        KEPT_MILLIS,
        accountId,
        mailboxId,
        KEPT);
    MailboxRows.update(
        connection,
        "INSERT INTO annotation_change (account_id, mailbox_id, holder, name, change_seq, at)"
            + " VALUES (?, ?, ?, ?, ?, mail_now())"
            + " ON CONFLICT (account_id, mailbox_id, holder, name)"
            + " DO UPDATE SET change_seq = excluded.change_seq, at = excluded.at",
        accountId,
        mailboxId,
        holder,
        name,
        changeSeq);
  }

  static void forget(Connection connection, long accountId, long mailboxId) throws SQLException {
    MailboxRows.update(
        connection,
        "DELETE FROM annotation_change WHERE account_id = ? AND mailbox_id = ?",
        accountId,
        mailboxId);
  }
}
