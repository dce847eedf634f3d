package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountMail.Quota;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Domains, addresses and accounts.
///
/// A transaction locks the address row, or makes it, before the account's.
public final class DirectoryStore {
  private static final String ACCOUNT =
      """
      SELECT c.account_id, c.address, c.enabled, c.credential_version, c.administrator, c.shared,
             COALESCE(c.home_site, '') AS home_site, COALESCE(c.argon2id, '') AS argon2id,
             COALESCE(c.scram_salt, CAST('' AS bytea)) AS scram_salt,
             COALESCE(c.scram_iterations, 0) AS scram_iterations,
             COALESCE(c.scram_stored_key, CAST('' AS bytea)) AS scram_stored_key,
             COALESCE(c.scram_server_key, CAST('' AS bytea)) AS scram_server_key
      FROM account c
      """;

  private final Database database;
  private final DbClient client;

  public DirectoryStore(Database database) {
    this.database = database;
    this.client = database.client();
  }

  // Domains

  public boolean hasDomain(String name) {
    return client.execute().get("SELECT 1 FROM domain WHERE name = ?", name).isPresent();
  }

  /// False if it is there already.
  public boolean addDomain(String name) {
    return client
            .execute()
            .insert("INSERT INTO domain (name) VALUES (?) ON CONFLICT DO NOTHING", name)
        > 0;
  }

  /// DOMAIN_NOT_FOUND; IN_USE while it has addresses, or aliases elsewhere lead into it.
  public void removeDomain(String name) {
    inTransaction(
        tx -> {
          if (tx.get("SELECT 1 FROM domain WHERE name = ? FOR UPDATE", name).isEmpty()) {
            throw new StoreException(ErrorCode.DOMAIN_NOT_FOUND, "no such domain");
          }
          if (tx.get("SELECT 1 FROM address WHERE domain = ? LIMIT 1", name).isPresent()
              || tx.get("SELECT 1 FROM alias_target WHERE target_domain = ? LIMIT 1", name)
                  .isPresent()) {
            throw new StoreException(
                ErrorCode.IN_USE, "the domain has users or aliases, or is the target of some");
          }
          tx.delete("DELETE FROM domain WHERE name = ?", name);
          return name;
        });
  }

  // Addresses

  /// What stands behind exactly this address.
  public Optional<Entry> entry(Address address) {
    List<DbRow> rows =
        list(
            """
            SELECT COALESCE(a.account_id, 0) AS account_id, COALESCE(c.address, '') AS address,
                   COALESCE(c.enabled, false) AS enabled, COALESCE(c.forwarding, 0) AS forwarding,
                   COALESCE(a.group_id, 0) AS group_id, COALESCE(t.spelling, '') AS target,
                   COALESCE(t.outside, false) AS outside
            FROM address a
            LEFT JOIN account c ON c.account_id = a.account_id
            LEFT JOIN alias_target t ON t.domain = a.domain AND t.local_part = a.local_part
            WHERE a.domain = ? AND a.local_part = ?
            ORDER BY t.position
            """,
            row -> row,
            address.domain(),
            address.localPart());
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    DbRow first = rows.getFirst();
    if (number(first, "account_id") != 0) {
      return Optional.of(entryOf(first));
    }
    if (number(first, "group_id") != 0) {
      return Optional.of(new Entry.Group(number(first, "group_id")));
    }
    return Optional.of(
        new Entry.Alias(
            rows.stream()
                .map(r -> new Entry.Target(text(r, "target"), truth(r, "outside")))
                .toList()));
  }

  private static Entry.Account entryOf(DbRow row) {
    return new Entry.Account(
        number(row, "account_id"),
        text(row, "address"),
        truth(row, "enabled"),
        Entry.Forwarding.of(number(row, "forwarding")));
  }

  /// The number of a domain of ours; 0 for another one.
  public long domainId(String name) {
    return client
        .execute()
        .get("SELECT domain_id FROM domain WHERE name = ?", name)
        .map(row -> number(row, "domain_id"))
        .orElse(0L);
  }

  /// The account that has been there longest.
  public Optional<Entry.Account> oldestAccount() {
    return client
        .execute()
        .get(
            """
            SELECT account_id, address, enabled, forwarding FROM account
            WHERE removed_at IS NULL ORDER BY account_id LIMIT 1
            """)
        .map(DirectoryStore::entryOf);
  }

  // Accounts

  public Optional<AccountRow> account(Address address) {
    return client
        .execute()
        .get(
            ACCOUNT
                + """
                JOIN address a ON a.account_id = c.account_id
                WHERE a.domain = ? AND a.local_part = ? AND c.removed_at IS NULL
                """,
            address.domain(),
            address.localPart())
        .map(DirectoryStore::accountOf);
  }

  public Optional<AccountRow> account(long accountId) {
    return client
        .execute()
        .get(ACCOUNT + "WHERE c.account_id = ? AND c.removed_at IS NULL", accountId)
        .map(DirectoryStore::accountOf);
  }

  /// Makes an account with its first mailboxes, and tells its number. DOMAIN_NOT_FOUND,
  /// ALREADY_EXISTS.
  ///
  /// @param shared it belongs to nobody
  public long addAccount(
      Address address, @Nullable Verifiers verifiers, Limits limits, boolean shared) {
    return database.inTransaction(
        (tx, connection) -> {
          long id =
              number(
                  tx.get(
                          "INSERT INTO account (address, shared) VALUES (?, ?)"
                              + " RETURNING account_id",
                          address.spelling(),
                          shared)
                      .orElseThrow(),
                  "account_id");
          addAddress(tx, address, id);
          if (verifiers != null) {
            setVerifiers(tx, id, verifiers);
          }
          try {
            AccountMail.createDefaultMailboxes(connection.get(), id, limits);
          } catch (SQLException e) {
            throw new DbClientException("the account's mailboxes", e);
          }
          return id;
        });
  }

  public Quota quota(long accountId) {
    return mail(c -> AccountMail.quota(c, accountId)).orElse(new Quota(Limits.NONE, 0, 0, 0));
  }

  public void setLimits(long accountId, Limits limits) {
    mail(
        connection -> {
          AccountMail.setLimits(connection, accountId, limits);
          return limits;
        });
  }

  /// Removes about so many rows of a removed account's mail.
  public AccountMail.Removal removeSomeMail(long accountId, int rows) {
    return mail(c -> AccountMail.removeSome(c, accountId, rows));
  }

  /// One statement, committed by itself.
  private <T> T mail(MailWork<T> work) {
    try (Connection connection = database.dataSource().getConnection()) {
      return work.apply(connection);
    } catch (SQLException e) {
      throw new DbClientException("the account's mail", e);
    }
  }

  static void addAddress(DbTransaction tx, Address address, long accountId) {
    if (tx.get("SELECT 1 FROM domain WHERE name = ? FOR SHARE", address.domain()).isEmpty()) {
      throw new StoreException(ErrorCode.DOMAIN_NOT_FOUND, "no such domain");
    }
    long made =
        tx.insert(
            """
            INSERT INTO address (domain, local_part, spelling, account_id)
            VALUES (?, ?, ?, NULLIF(?, 0)) ON CONFLICT DO NOTHING
            """,
            address.domain(),
            address.localPart(),
            address.spelling(),
            accountId);
    if (made == 0) {
      throw new StoreException(
          ErrorCode.ALREADY_EXISTS, "a user, an alias or a group has this address");
    }
  }

  /// Replaces what is kept of the password; every token made before loses its renewal.
  public void setPassword(long accountId, Verifiers verifiers) {
    inTransaction(
        tx -> {
          setVerifiers(tx, accountId, verifiers);
          return accountId;
        });
  }

  private static void setVerifiers(DbTransaction tx, long accountId, Verifiers v) {
    tx.createUpdate(
            """
            UPDATE account SET argon2id = ?, scram_salt = ?, scram_iterations = ?,
              scram_stored_key = ?, scram_server_key = ?, credential_version = credential_version + 1
            WHERE account_id = ?
            """)
        .addParam(v.argon2id())
        .addParam(v.scramSalt().toByteArray())
        .addParam(v.scramIterations())
        .addParam(v.scramStoredKey().toByteArray())
        .addParam(v.scramServerKey().toByteArray())
        .addParam(accountId)
        .execute();
  }

  public void setEnabled(long accountId, boolean enabled) {
    client
        .execute()
        .update("UPDATE account SET enabled = ? WHERE account_id = ?", enabled, accountId);
  }

  public void setAdministrator(long accountId, boolean administrator) {
    client
        .execute()
        .update(
            "UPDATE account SET administrator = ? WHERE account_id = ?", administrator, accountId);
  }

  /// Says where the account lives.
  ///
  /// @param site host or host:port; empty: here
  public void setHomeSite(long accountId, String site) {
    client
        .execute()
        .update(
            "UPDATE account SET home_site = NULLIF(?, '') WHERE account_id = ?", site, accountId);
  }

  /// Makes the account unreachable at once: its address, its place in aliases and its keys go. Its
  /// mail is removed later, see [#removedAccounts].
  public void markRemoved(long accountId) {
    database.inTransaction(
        (tx, connection) -> {
          tx.delete("DELETE FROM address WHERE account_id = ?", accountId);
          try {
            Shares.removeOwner(connection.get(), accountId);
          } catch (SQLException e) {
            throw new DbClientException("the account's shares", e);
          }
          tx.delete("DELETE FROM api_key WHERE account_id = ?", accountId);
          tx.delete("DELETE FROM forward WHERE account_id = ?", accountId);
          tx.update(
              """
              UPDATE account SET removed_at = now(), enabled = false, forwarding = 0,
                argon2id = NULL, scram_salt = NULL, scram_iterations = NULL, scram_stored_key = NULL, scram_server_key = NULL,
                credential_version = credential_version + 1
              WHERE account_id = ?
              """,
              accountId);
          prune(tx);
          return accountId;
        });
  }

  /// Drops alias targets and members of groups that lead nowhere, and aliases that are left without
  /// a target.
  static void prune(DbTransaction tx) {
    long dropped;
    do {
      tx.delete(
          """
          DELETE FROM alias_target t WHERE NOT t.outside AND NOT EXISTS (SELECT 1 FROM address a
            WHERE a.domain = t.target_domain AND a.local_part = t.target_local)
          """);
      dropped =
          tx.delete(
              """
              DELETE FROM address a WHERE a.account_id IS NULL AND a.group_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM alias_target t
                  WHERE t.domain = a.domain AND t.local_part = a.local_part)
              """);
    } while (dropped > 0);
    tx.delete(
        """
        DELETE FROM group_member m WHERE NOT m.outside AND NOT EXISTS (SELECT 1 FROM address a
          WHERE a.domain = m.domain AND a.local_part = m.local_part)
        """);
  }

  /// Accounts whose mail is still to be removed.
  public List<Long> removedAccounts(int limit) {
    return list(
        "SELECT account_id FROM account WHERE removed_at IS NOT NULL ORDER BY account_id LIMIT ?",
        row -> number(row, "account_id"),
        limit);
  }

  /// Forgets an account of which nothing is left.
  public void forgetAccount(long accountId) {
    client
        .execute()
        .delete("DELETE FROM account WHERE account_id = ? AND removed_at IS NOT NULL", accountId);
  }

  // Helpers

  private static AccountRow accountOf(DbRow row) {
    String argon2id = text(row, "argon2id");
    Verifiers verifiers =
        argon2id.isEmpty()
            ? null
            : new Verifiers(
                argon2id,
                Columns.octets(row, "scram_salt"),
                (int) number(row, "scram_iterations"),
                Columns.octets(row, "scram_stored_key"),
                Columns.octets(row, "scram_server_key"));
    return new AccountRow(
        number(row, "account_id"),
        text(row, "address"),
        truth(row, "enabled"),
        number(row, "credential_version"),
        truth(row, "administrator"),
        text(row, "home_site"),
        truth(row, "shared"),
        verifiers);
  }

  private <T> List<T> list(String sql, Function<DbRow, T> map, Object... params) {
    return Columns.list(client, sql, map, params);
  }

  private <T> T inTransaction(Function<DbTransaction, T> work) {
    return Columns.inTransaction(client, work);
  }

  private static String text(DbRow row, String column) {
    return Columns.text(row, column);
  }

  private static long number(DbRow row, String column) {
    return Columns.number(row, column);
  }

  private static boolean truth(DbRow row, String column) {
    return row.column(column).get(Boolean.class);
  }

  @FunctionalInterface
  private interface MailWork<T> {
    T apply(Connection connection) throws SQLException;
  }
}
