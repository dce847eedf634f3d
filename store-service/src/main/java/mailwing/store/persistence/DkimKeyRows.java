package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.v1.DkimKey.Algorithm;
import mailwing.store.v1.DkimKey.State;
import mailwing.store.v1.ErrorCode;

/// Keys that sign mail that leaves, of domains and of aliases of domains.
public final class DkimKeyRows {
  /// One key; times in seconds.
  ///
  /// @param publicKey what p= holds
  /// @param privateKey PKCS #8; empty once it is erased
  public record Row(
      String domain,
      String selector,
      Algorithm algorithm,
      State state,
      ByteString publicKey,
      ByteString privateKey,
      long createdAt,
      long signAfter,
      long changedAt) {
    @Override
    public String toString() {
      return selector + "._domainkey." + domain;
    }
  }

  /// A key to be kept.
  ///
  /// @param privateKey PKCS #8
  public record NewKey(
      String selector, Algorithm algorithm, ByteString publicKey, ByteString privateKey) {
    @Override
    public String toString() {
      return selector;
    }
  }

  /// A domain's algorithm.
  public record Due(String domain, Algorithm algorithm) {}

  /// So long a key that another one has replaced can still sign.
  private static final Duration OVERLAP = Duration.ofDays(1);

  private static final String SELECT =
      """
      SELECT domain, selector, algorithm, state, public_key, COALESCE(private_key, ''::bytea),
             EXTRACT(EPOCH FROM created_at)::bigint, EXTRACT(EPOCH FROM sign_after)::bigint,
             EXTRACT(EPOCH FROM changed_at)::bigint
      FROM dkim_key
      """;

  private final Sql sql;

  public DkimKeyRows(Database database) {
    this.sql = new Sql(database.dataSource());
  }

  /// Those that may sign the domain's mail, the newest first.
  public List<Row> signing(String domain) {
    return sql.repeatable(
        connection ->
            rows(
                connection,
                SELECT
                    + """
                    WHERE domain = ? AND private_key IS NOT NULL
                      AND (state <> 'PUBLISHED' OR sign_after <= now())
                    ORDER BY created_at DESC, selector
                    """,
                domain));
  }

  /// A domain's keys, the oldest first.
  public List<Row> ofDomain(String domain) {
    return sql.repeatable(
        connection ->
            rows(connection, SELECT + "WHERE domain = ? ORDER BY created_at, selector", domain));
  }

  /// Domains with keys after `after`, by name.
  public List<String> domains(String after, int limit) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      "SELECT DISTINCT domain FROM dkim_key WHERE domain > ? ORDER BY 1 LIMIT ?",
                      after,
                      limit);
              ResultSet found = statement.executeQuery()) {
            List<String> domains = new ArrayList<>();
            while (found.next()) {
              domains.add(found.getString(1));
            }
            return domains;
          }
        });
  }

  /// Keeps new keys, all or none. ALREADY_EXISTS for a selector that was used; CANNOT while a key
  /// of the algorithm is published already.
  public List<Row> add(String domain, List<NewKey> keys, Duration wait) {
    return sql.transaction(
        connection -> {
          for (NewKey key : keys) {
            if (update(
                    connection,
                    """
                    INSERT INTO dkim_key
                      (domain, selector, algorithm, state, public_key, private_key, sign_after)
                    VALUES (?, ?, ?, 'PUBLISHED', ?, ?, now() + ? * interval '1 second')
                    ON CONFLICT DO NOTHING
                    """,
                    domain,
                    key.selector(),
                    key.algorithm().name(),
                    key.publicKey().toByteArray(),
                    key.privateKey().toByteArray(),
                    wait.toSeconds())
                == 0) {
              throw refusal(connection, domain, key);
            }
          }
          List<String> made = keys.stream().map(NewKey::selector).toList();
          return rows(connection, SELECT + "WHERE domain = ? ORDER BY created_at, selector", domain)
              .stream()
              .filter(row -> made.contains(row.selector()))
              .toList();
        });
  }

  private static StoreException refusal(Connection connection, String domain, NewKey key)
      throws SQLException {
    boolean used =
        !rows(connection, SELECT + "WHERE domain = ? AND selector = ?", domain, key.selector())
            .isEmpty();
    return used
        ? new StoreException(ErrorCode.ALREADY_EXISTS, "the selector was used")
        : new StoreException(ErrorCode.CANNOT, "a new key waits for the DNS to show it already");
  }

  /// A published key whose wait is over becomes the active one, and the one before it retires.
  /// STALE where it is not.
  public void activate(String domain, String selector) {
    sql.change(
        connection -> {
          List<Row> found =
              rows(
                  connection,
                  SELECT
                      + """
                      WHERE domain = ? AND selector = ? AND state = 'PUBLISHED'
                        AND sign_after <= now() FOR UPDATE
                      """,
                  domain,
                  selector);
          if (found.isEmpty()) {
            throw new StoreException(ErrorCode.STALE, "the key does not wait to be active");
          }
          update(
              connection,
              """
              UPDATE dkim_key SET state = 'RETIRED', changed_at = now()
              WHERE domain = ? AND algorithm = ? AND state = 'ACTIVE'
              """,
              domain,
              found.getFirst().algorithm().name());
          update(
              connection,
              """
              UPDATE dkim_key SET state = 'ACTIVE', changed_at = now()
              WHERE domain = ? AND selector = ?
              """,
              domain,
              selector);
        });
  }

  /// Ends a key; true where it had never signed and is removed. INVALID_ARGUMENT.
  public boolean retire(String domain, String selector) {
    return sql.transaction(
        connection -> {
          if (update(
                  connection,
                  """
                  DELETE FROM dkim_key WHERE domain = ? AND selector = ? AND state = 'PUBLISHED'
                  """,
                  domain,
                  selector)
              > 0) {
            return true;
          }
          if (update(
                  connection,
                  """
                  UPDATE dkim_key SET private_key = NULL, state = 'RETIRED',
                    changed_at = CASE WHEN state = 'RETIRED' THEN changed_at ELSE now() END
                  WHERE domain = ? AND selector = ?
                  """,
                  domain,
                  selector)
              == 0) {
            throw new StoreException(
                ErrorCode.INVALID_ARGUMENT, "the domain has no key of this selector");
          }
          return false;
        });
  }

  /// Erases what has been replaced for a day, and forgets what retired so long ago and the keys of
  /// names that are ours no more.
  public void trim(Duration keepRetired) {
    sql.change(
        connection -> {
          update(
              connection,
              """
              UPDATE dkim_key SET private_key = NULL
              WHERE state = 'RETIRED' AND private_key IS NOT NULL
                AND changed_at < now() - ? * interval '1 second'
              """,
              OVERLAP.toSeconds());
          update(
              connection,
              """
              DELETE FROM dkim_key k
              WHERE (state = 'RETIRED' AND changed_at < now() - ? * interval '1 second')
                 OR (NOT EXISTS (SELECT 1 FROM domain d WHERE d.name = k.domain)
                     AND NOT EXISTS (SELECT 1 FROM domain_alias a WHERE a.name = k.domain))
              """,
              keepRetired.toSeconds());
        });
  }

  /// Whose active key has been so for so long, and has no successor yet.
  public List<Due> due(Duration age) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      """
                      SELECT domain, algorithm FROM dkim_key k
                      WHERE state = 'ACTIVE' AND changed_at < now() - ? * interval '1 second'
                        AND NOT EXISTS (SELECT 1 FROM dkim_key p WHERE p.domain = k.domain
                          AND p.algorithm = k.algorithm AND p.state = 'PUBLISHED')
                      ORDER BY domain, algorithm LIMIT 1000
                      """,
                      age.toSeconds());
              ResultSet found = statement.executeQuery()) {
            List<Due> due = new ArrayList<>();
            while (found.next()) {
              due.add(new Due(found.getString(1), Algorithm.valueOf(found.getString(2))));
            }
            return due;
          }
        });
  }

  private static int update(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      return prepared.executeUpdate();
    }
  }

  private static List<Row> rows(Connection connection, String query, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = Sql.prepare(connection, query, parameters);
        ResultSet found = statement.executeQuery()) {
      List<Row> rows = new ArrayList<>();
      while (found.next()) {
        rows.add(
            new Row(
                found.getString(1),
                found.getString(2),
                Algorithm.valueOf(found.getString(3)),
                State.valueOf(found.getString(4)),
                UnsafeByteOperations.unsafeWrap(found.getBytes(5)),
                UnsafeByteOperations.unsafeWrap(found.getBytes(6)),
                found.getLong(7),
                found.getLong(8),
                found.getLong(9)));
      }
      return rows;
    }
  }
}
