package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;
import javax.sql.DataSource;

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
                          + " WHERE account_id = ? AND owner = ? AND mailbox_id = ?",
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
    put(of, fresh, "DO NOTHING");
    return find(of).orElse(fresh);
  }

  /// Instead of the key that is there, if any.
  public void replace(Of of, byte[] fresh) {
    put(of, fresh, "(account_id, owner, mailbox_id) DO UPDATE SET key = excluded.key");
  }

  private void put(Of of, byte[] key, String onConflict) {
    sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "INSERT INTO url_key VALUES (?, ?, ?, ?) ON CONFLICT " + onConflict,
                  of.accountId(),
                  of.owner(),
                  of.mailboxId(),
                  key)) {
            return statement.executeUpdate();
          }
        });
  }

  public void removeAll(long accountId) {
    sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(connection, "DELETE FROM url_key WHERE account_id = ?", accountId)) {
            return statement.executeUpdate();
          }
        });
  }
}
