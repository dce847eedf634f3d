package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Keys of authorized URLs, one a user and mailbox (RFC 4467 §2.2).
public final class UrlKeys {
  private final Sql sql;

  public UrlKeys(DataSource source) {
    this.sql = new Sql(source);
  }

  /// Whose key, and of which mailbox.
  public record Of(long accountId, long owner, long mailboxId) {}

  public Optional<byte[]> find(Of of) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      "SELECT key FROM url_key"
                          + " WHERE account_id = ? AND owner = ? AND mailbox_id = ?"
                          + " AND key IS NOT NULL",
                      of.accountId(),
                      of.owner(),
                      of.mailboxId());
              ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
          }
        });
  }

  /// The key that is there, else `fresh`.
  public byte[] findOrMake(Of of, byte[] fresh) {
    sql.repeatable(
        connection -> {
          MailboxRows.update(
              connection,
              "INSERT INTO url_key AS k (account_id, owner, mailbox_id, key) VALUES (?, ?, ?, ?)"
                  + " ON CONFLICT (account_id, owner, mailbox_id)"
                  + " DO UPDATE SET key = excluded.key WHERE k.key IS NULL",
              of.accountId(),
              of.owner(),
              of.mailboxId(),
              fresh);
          return of;
        });
    return find(of).orElse(fresh);
  }

  /// A key that was changed or removed.
  ///
  /// @param resets how often that has happened to it
  public record Reset(long owner, long mailboxId, long resets) {}

  /// Instead of the key that is there, if any. The mailbox's modseq moves, so that whoever has it
  /// open asks again. MAILBOX_NOT_FOUND.
  public List<Reset> replace(Of of, byte[] fresh) {
    return sql.transaction(
        connection -> {
          Shares.lock(connection, of.owner());
          List<Reset> reset =
              resets(
                  connection,
                  "INSERT INTO url_key AS k VALUES (?, ?, ?, ?, 1)"
                      + " ON CONFLICT (account_id, owner, mailbox_id)"
                      + " DO UPDATE SET key = excluded.key, resets = k.resets + 1"
                      + RETURNING,
                  of.accountId(),
                  of.owner(),
                  of.mailboxId(),
                  fresh);
          tell(connection, of.owner(), of.mailboxId());
          return reset;
        });
  }

  /// All of them; who has the mailboxes open asks again, as after [#replace].
  public List<Reset> removeAll(long accountId) {
    List<Reset> removed =
        sql.transaction(
            connection ->
                resets(
                    connection,
                    "UPDATE url_key AS k SET key = NULL, resets = k.resets + 1"
                        + " WHERE account_id = ? AND key IS NOT NULL"
                        + RETURNING,
                    accountId));
    for (Reset reset : removed) {
      try {
        sql.change(
            connection -> {
              Shares.lock(connection, reset.owner());
              tell(connection, reset.owner(), reset.mailboxId());
            });
      } catch (StoreException e) {
        if (e.code() != ErrorCode.MAILBOX_NOT_FOUND) {
          throw e;
        }
      }
    }
    return removed;
  }

  private static final String RETURNING = " RETURNING k.owner, k.mailbox_id, k.resets";

  private static List<Reset> resets(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters);
        ResultSet row = prepared.executeQuery()) {
      List<Reset> resets = new ArrayList<>();
      while (row.next()) {
        resets.add(new Reset(row.getLong(1), row.getLong(2), row.getLong(3)));
      }
      return resets;
    }
  }

  private static void tell(Connection connection, long owner, long mailboxId) throws SQLException {
    MailboxRows.update(
        connection,
        "UPDATE mailbox SET url_resets = url_resets + 1 WHERE account_id = ? AND mailbox_id = ?",
        owner,
        mailboxId);
    Shares.tell(connection, owner, mailboxId, false);
  }
}
