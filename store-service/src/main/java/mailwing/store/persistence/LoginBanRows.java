package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Addresses that may not log in.
public final class LoginBanRows {
  /// One ban.
  ///
  /// @param failures logins that failed before it
  public record BanRow(String address, int failures, Instant until) {}

  private static final int MOST = 100_000;

  private final DbClient client;

  public LoginBanRows(Database database) {
    this.client = database.client();
  }

  public void ban(String address, int failures, Duration time) {
    client
        .execute()
        .insert(
            """
            INSERT INTO login_ban (address, failures, until)
            VALUES (?, ?, now() + ? * interval '1 second')
            ON CONFLICT (address) DO UPDATE
              SET failures = excluded.failures, until = excluded.until
            """,
            address,
            failures,
            time.toSeconds());
  }

  /// False where there was none.
  public boolean lift(String address) {
    return client.execute().delete("DELETE FROM login_ban WHERE address = ?", address) > 0;
  }

  /// Those that hold; the others are removed.
  public List<BanRow> bans() {
    client.execute().delete("DELETE FROM login_ban WHERE until <= now()");
    List<BanRow> bans = new ArrayList<>();
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(
                """
                SELECT address, failures, CAST(EXTRACT(EPOCH FROM until) AS bigint) AS until
                FROM login_ban ORDER BY address LIMIT ?
                """,
                MOST)) {
      rows.forEach(
          row ->
              bans.add(
                  new BanRow(
                      Columns.text(row, "address"),
                      (int) Columns.number(row, "failures"),
                      Instant.ofEpochSecond(Columns.number(row, "until")))));
    }
    return bans;
  }
}
