package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Aliases of domains, and who gets the mail of unknown users.
public final class DomainRules {
  /// One domain.
  ///
  /// @param catchAll empty: unknown users are refused
  public record DomainRow(String name, List<String> aliases, String catchAll) {
    public DomainRow {
      aliases = List.copyOf(aliases);
    }
  }

  private static final String DOMAIN =
      """
      SELECT d.name, COALESCE(d.catch_all, '') AS catch_all,
             COALESCE((SELECT string_agg(a.name, chr(10) ORDER BY a.name)
                       FROM domain_alias a WHERE a.target = d.name), '') AS aliases
      FROM domain d
      """;

  private final DbClient client;

  public DomainRules(Database database) {
    this.client = database.client();
  }

  /// The domain that this name is an alias of.
  public Optional<String> target(String name) {
    return client
        .execute()
        .get("SELECT target FROM domain_alias WHERE name = ?", name)
        .map(row -> Columns.text(row, "target"));
  }

  /// The names that are aliases of the domain.
  public List<String> aliasesOf(String domain) {
    List<String> found = new ArrayList<>();
    try (Stream<DbRow> rows =
        client
            .execute()
            .query("SELECT name FROM domain_alias WHERE target = ? ORDER BY name", domain)) {
      rows.forEach(row -> found.add(Columns.text(row, "name")));
    }
    return found;
  }

  /// Who gets the mail of the domain's unknown users.
  public Optional<Address> catchAll(String domain) {
    return client
        .execute()
        .get("SELECT catch_all FROM domain WHERE name = ? AND catch_all IS NOT NULL", domain)
        .flatMap(row -> Address.parse(Columns.text(row, "catch_all")));
  }

  /// DOMAIN_NOT_FOUND.
  public DomainRow domain(String name) {
    return client
        .execute()
        .get(DOMAIN + "WHERE d.name = ?", name)
        .map(DomainRules::row)
        .orElseThrow(() -> new StoreException(ErrorCode.DOMAIN_NOT_FOUND, "no such domain"));
  }

  /// At most `limit` domains after `after`, by name.
  public List<DomainRow> domains(String after, int limit) {
    List<DomainRow> found = new ArrayList<>();
    try (Stream<DbRow> rows =
        client.execute().query(DOMAIN + "WHERE d.name > ? ORDER BY d.name LIMIT ?", after, limit)) {
      rows.forEach(row -> found.add(row(row)));
    }
    return found;
  }

  /// Changes a domain's rules, all or none. DOMAIN_NOT_FOUND; ALREADY_EXISTS for an alias that is a
  /// domain, or another's alias; ACCOUNT_NOT_FOUND for a catch-all that is neither user nor alias.
  ///
  /// @param changesCatchAll whether the catch-all becomes this one, empty for none
  public void change(
      String domain,
      List<String> added,
      List<String> removed,
      boolean changesCatchAll,
      Optional<Address> catchAll) {
    Columns.inTransaction(
        client,
        tx -> {
          if (tx.get("SELECT 1 FROM domain WHERE name = ? FOR UPDATE", domain).isEmpty()) {
            throw new StoreException(ErrorCode.DOMAIN_NOT_FOUND, "no such domain");
          }
          for (String alias : removed) {
            tx.delete("DELETE FROM domain_alias WHERE name = ? AND target = ?", alias, domain);
          }
          for (String alias : added) {
            add(tx, alias, domain);
          }
          if (changesCatchAll) {
            setCatchAll(tx, domain, catchAll);
          }
          return domain;
        });
  }

  private static void add(DbTransaction tx, String alias, String domain) {
    boolean taken = tx.get("SELECT 1 FROM domain WHERE name = ?", alias).isPresent();
    if (taken
        || tx.insert(
                """
                INSERT INTO domain_alias (name, target) VALUES (?, ?)
                ON CONFLICT (name) DO NOTHING
                """,
                alias,
                domain)
            == 0) {
      throw new StoreException(
          ErrorCode.ALREADY_EXISTS, alias + " is a domain already, or an alias of one");
    }
  }

  private static void setCatchAll(DbTransaction tx, String domain, Optional<Address> catchAll) {
    if (catchAll.isEmpty()) {
      tx.update("UPDATE domain SET catch_all = NULL WHERE name = ?", domain);
      return;
    }
    Address to = catchAll.get();
    if (tx.get(
            "SELECT 1 FROM address WHERE domain = ? AND local_part = ?",
            to.domain(),
            to.localPart())
        .isEmpty()) {
      throw new StoreException(
          ErrorCode.ACCOUNT_NOT_FOUND,
          "the catch-all " + to.spelling() + " is neither a user nor an alias here");
    }
    tx.update("UPDATE domain SET catch_all = ? WHERE name = ?", to.spelling(), domain);
  }

  private static DomainRow row(DbRow row) {
    String aliases = Columns.text(row, "aliases");
    return new DomainRow(
        Columns.text(row, "name"),
        aliases.isEmpty() ? List.of() : List.of(aliases.split("\n", -1)),
        Columns.text(row, "catch_all"));
  }
}
