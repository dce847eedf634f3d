package mailwing.store.persistence;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountMail.Quota;

/// What administrators are told of users: all of it by one statement for as many as are listed at a
/// time.
public final class UserRows {
  // A page begins in each table where the last one ended: a merge of them would read each page from
  // the first account on.
  private static final String USER =
      """
      SELECT c.account_id, c.address, c.enabled, c.administrator, c.shared,
             coalesce(c.home_site, '') AS home_site, c.undo_seconds, c.copy_to_sent,
             c.forwarding <> 2 AS keeps_copy,
             ARRAY(SELECT f.spelling FROM forward f WHERE f.account_id = c.account_id
               ORDER BY f.position) AS forward,
             coalesce(s.limit_octets, 0) AS limit_octets,
             coalesce(s.limit_messages, 0) AS limit_messages,
             coalesce(s.limit_mailboxes, 0) AS limit_mailboxes,
             coalesce(s.used_octets, 0) AS used_octets,
             coalesce(s.used_messages, 0) AS used_messages,
             coalesce(s.used_mailboxes, 0) AS used_mailboxes
      FROM account c
      LEFT JOIN account_state s ON s.account_id = c.account_id AND s.account_id > ?
      WHERE c.removed_at IS NULL
      """;

  /// One user.
  ///
  /// @param forward where the mail goes on to; none: nowhere
  /// @param keepsCopy whether a copy stays
  public record UserRow(
      long accountId,
      String address,
      boolean enabled,
      boolean administrator,
      boolean shared,
      String homeSite,
      SubmissionRows.Settings submission,
      List<String> forward,
      boolean keepsCopy,
      Quota quota) {
    public UserRow {
      forward = List.copyOf(forward);
    }
  }

  private final Sql sql;

  public UserRows(DataSource source) {
    this.sql = new Sql(source);
  }

  public Optional<UserRow> user(long accountId) {
    return read(USER + "AND c.account_id = ?", accountId - 1, accountId).stream().findFirst();
  }

  /// At most `limit` users of a domain (empty: of all), by account id.
  public List<UserRow> users(String domain, long afterAccountId, int limit) {
    return read(
        USER
            + """
            AND c.account_id > ? AND EXISTS (SELECT 1 FROM address a
              WHERE a.account_id = c.account_id AND a.account_id > ? AND (? = '' OR a.domain = ?))
            ORDER BY c.account_id LIMIT ?
            """,
        afterAccountId,
        afterAccountId,
        afterAccountId,
        domain,
        domain,
        limit);
  }

  private List<UserRow> read(String statement, Object... parameters) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters);
              ResultSet row = prepared.executeQuery()) {
            List<UserRow> users = new ArrayList<>();
            while (row.next()) {
              users.add(userOf(row));
            }
            return users;
          }
        });
  }

  private static UserRow userOf(ResultSet row) throws SQLException {
    Array forward = row.getArray("forward");
    return new UserRow(
        row.getLong("account_id"),
        row.getString("address"),
        row.getBoolean("enabled"),
        row.getBoolean("administrator"),
        row.getBoolean("shared"),
        row.getString("home_site"),
        new SubmissionRows.Settings(row.getInt("undo_seconds"), row.getBoolean("copy_to_sent")),
        List.of((String[]) forward.getArray()),
        row.getBoolean("keeps_copy"),
        new Quota(
            new Limits(
                row.getLong("limit_octets"),
                row.getLong("limit_messages"),
                row.getLong("limit_mailboxes")),
            row.getLong("used_octets"),
            row.getLong("used_messages"),
            row.getLong("used_mailboxes")));
  }
}
