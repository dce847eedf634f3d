package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.store.v1.StsPolicy;

/// Other domains' MTA-STS policies, as they were fetched (RFC 8461).
public final class StsPolicyRows {
  private static final String COLUMNS = "domain, record_id, policy, max_age, expires_at";

  private final Sql sql;

  public StsPolicyRows(Sql sql) {
    this.sql = sql;
  }

  /// The policy, unless it has expired. That it was used is noted once a day.
  public Optional<StsPolicy> find(String domain) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement used =
              Sql.prepare(
                  connection,
                  "UPDATE sts_policy SET used_at = mail_now()"
                      + " WHERE domain = ? AND used_at < mail_now() - 86400000",
                  domain)) {
            used.executeUpdate();
          }
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT "
                      + COLUMNS
                      + " FROM sts_policy WHERE domain = ? AND expires_at > mail_now()",
                  domain)) {
            return policies(statement).stream().findFirst();
          }
        });
  }

  /// Keeps a policy from now on: when it expires. One that holds no time is forgotten with the next
  /// lease.
  public long keep(StsPolicy policy) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  """
                  INSERT INTO sts_policy
                    (domain, record_id, policy, max_age, expires_at, used_at, refresh_at)
                  SELECT v.domain, v.id, v.policy, v.age, t.now + v.age * 1000, t.now,
                    t.now + least(86400000, v.age * 500) * (0.9 + 0.2 * random())
                  FROM (SELECT ? AS domain, ? AS id, ? AS policy, ?::bigint AS age) v,
                    (SELECT mail_now() AS now) t
                  ON CONFLICT (domain) DO UPDATE SET record_id = excluded.record_id,
                    policy = excluded.policy, max_age = excluded.max_age,
                    expires_at = excluded.expires_at, refresh_at = excluded.refresh_at
                  RETURNING expires_at
                  """,
                  policy.getDomain(),
                  policy.getRecordId(),
                  policy.getText(),
                  policy.getMaxAgeSeconds())) {
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return row.getLong(1);
            }
          }
        });
  }

  /// Takes policies that are to be fetched again; forgets what has expired.
  public List<StsPolicy> lease(int most) {
    return sql.once(
        connection -> {
          try (PreparedStatement expired =
              Sql.prepare(
                  connection,
                  "DELETE FROM sts_policy WHERE domain IN (SELECT domain FROM sts_policy"
                      + " WHERE refresh_at <= mail_now() AND expires_at <= mail_now()"
                      + " LIMIT 1000 FOR UPDATE SKIP LOCKED)")) {
            expired.executeUpdate();
          }
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "UPDATE sts_policy SET refresh_at = mail_now() + 3600000"
                      + " WHERE domain IN (SELECT domain FROM sts_policy"
                      + " WHERE refresh_at <= mail_now() AND expires_at > mail_now()"
                      + " AND used_at > mail_now() - 2592000000"
                      + " ORDER BY refresh_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING "
                      + COLUMNS,
                  most)) {
            return policies(statement);
          }
        });
  }

  private static List<StsPolicy> policies(PreparedStatement statement) throws SQLException {
    List<StsPolicy> policies = new ArrayList<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        policies.add(
            StsPolicy.newBuilder()
                .setDomain(row.getString(1))
                .setRecordId(row.getString(2))
                .setText(row.getString(3))
                .setMaxAgeSeconds(row.getLong(4))
                .setExpiresAtMillis(row.getLong(5))
                .build());
      }
    }
    return policies;
  }
}
