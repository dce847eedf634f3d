package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.OptionalLong;
import mailwing.store.v1.SpecialUse;

/// Where an account keeps what it has sent, and whether a message is there already.
public final class SentRows {
  private final Sql sql;

  public SentRows(Sql sql) {
    this.sql = sql;
  }

  /// Whether a message is in a mailbox.
  public enum Presence {
    /// It never came there.
    NEVER,
    /// It came there a moment ago, and still is.
    JUST_CAME,
    /// It came there long ago, or is gone.
    ONCE
  }

  /// The mailbox with the special use.
  public OptionalLong mailbox(long accountId) {
    return first(
        "SELECT mailbox_id FROM mailbox WHERE account_id = ? AND special_use & ? <> 0"
            + " AND selectable ORDER BY mailbox_id LIMIT 1",
        accountId,
        SpecialUse.SENT_VALUE);
  }

  /// A mailbox by id or, if that is 0, by name, where it has the special use.
  public OptionalLong sent(long accountId, long mailboxId, String name) {
    boolean byId = mailboxId != 0;
    return first(
        "SELECT mailbox_id FROM mailbox WHERE account_id = ? AND "
            + (byId ? "mailbox_id" : "name")
            + " = ? AND special_use & ? <> 0",
        accountId,
        byId ? (Object) mailboxId : name,
        SpecialUse.SENT_VALUE);
  }

  private OptionalLong first(String statement, Object... parameters) {
    return sql.repeatable(connection -> Sql.longs(connection, statement, parameters)).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  /// Whether a message is in a mailbox, and since when.
  ///
  /// @param deliveryId under which it came there
  /// @param millis longer ago is long ago
  public Presence presence(long accountId, long mailboxId, byte[] deliveryId, long millis) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT d.at > mail_now() - ? AND EXISTS (SELECT 1 FROM entry e"
                      + " WHERE e.account_id = d.account_id AND e.mailbox_id = d.mailbox_id"
                      + " AND e.uid = d.uid) FROM delivery d"
                      + " WHERE d.account_id = ? AND d.delivery_id = ? AND d.mailbox_id = ?",
                  millis,
                  accountId,
                  deliveryId,
                  mailboxId)) {
            try (ResultSet row = statement.executeQuery()) {
              if (!row.next()) {
                return Presence.NEVER;
              }
              return row.getBoolean(1) ? Presence.JUST_CAME : Presence.ONCE;
            }
          }
        });
  }
}
