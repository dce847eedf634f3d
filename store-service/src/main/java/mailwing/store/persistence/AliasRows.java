package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import java.util.List;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Aliases and what they lead to.
public final class AliasRows {
  /// Where an alias stands in lists.
  public record Key(String domain, String localPart) {
    public static final Key FIRST = new Key("", "");
  }

  /// One alias.
  public record AliasRow(Key key, String address, List<String> targets) {
    public AliasRow {
      targets = List.copyOf(targets);
    }
  }

  /// One target of an alias to be.
  ///
  /// @param outside it is no address of ours
  public record NewTarget(Address address, boolean outside) {}

  private final DbClient client;

  public AliasRows(Database database) {
    this.client = database.client();
  }

  /// ALREADY_EXISTS, DOMAIN_NOT_FOUND; ACCOUNT_NOT_FOUND for a target of ours that is no user,
  /// alias or group.
  public void addAlias(Address address, List<NewTarget> targets) {
    Columns.inTransaction(
        client,
        tx -> {
          DirectoryStore.addAddress(tx, address, 0);
          int position = 0;
          for (NewTarget named : targets) {
            Address target = named.address();
            if (!named.outside()
                && tx.get(
                        "SELECT 1 FROM address WHERE domain = ? AND local_part = ? FOR SHARE",
                        target.domain(),
                        target.localPart())
                    .isEmpty()) {
              throw new StoreException(
                  ErrorCode.ACCOUNT_NOT_FOUND,
                  "the target " + target.spelling() + " is no user, alias or group here");
            }
            tx.insert(
                """
                INSERT INTO alias_target
                  (domain, local_part, position, target_domain, target_local, spelling, outside)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                address.domain(),
                address.localPart(),
                position++,
                target.domain(),
                target.localPart(),
                target.spelling(),
                named.outside());
          }
          return position;
        });
  }

  /// Also takes it out of the aliases that lead to it. False if there is none.
  public boolean removeAlias(Address address) {
    return Columns.inTransaction(
        client,
        tx -> {
          long removed =
              tx.delete(
                  "DELETE FROM address WHERE domain = ? AND local_part = ? AND account_id IS NULL"
                      + " AND group_id IS NULL",
                  address.domain(),
                  address.localPart());
          DirectoryStore.prune(tx);
          return removed > 0;
        });
  }

  /// At most `limit` aliases of a domain (empty: of all) after a key.
  public List<AliasRow> aliases(String domain, Key after, int limit) {
    return Columns.list(
        client,
        """
        SELECT a.domain, a.local_part, a.spelling,
               (SELECT string_agg(t.spelling, chr(10) ORDER BY t.position)
                FROM alias_target t
                WHERE t.domain = a.domain AND t.local_part = a.local_part) AS targets
        FROM address a
        WHERE a.account_id IS NULL AND a.group_id IS NULL AND (a.domain, a.local_part) > (?, ?)
          AND (? = '' OR a.domain = ?)
        ORDER BY a.domain, a.local_part LIMIT ?
        """,
        r ->
            new AliasRow(
                new Key(Columns.text(r, "domain"), Columns.text(r, "local_part")),
                Columns.text(r, "spelling"),
                List.of(Columns.text(r, "targets").split("\n", -1))),
        after.domain(),
        after.localPart(),
        domain,
        domain,
        limit);
  }

  /// Aliases that lead, at any depth, to this address.
  public List<String> aliasesTo(Address address) {
    return Columns.list(
        client,
        """
        WITH RECURSIVE up (domain, local_part, depth) AS (
          SELECT t.domain, t.local_part, 1 FROM alias_target t
          WHERE t.target_domain = ? AND t.target_local = ?
          UNION
          SELECT t.domain, t.local_part, up.depth + 1 FROM alias_target t
          JOIN up ON t.target_domain = up.domain AND t.target_local = up.local_part
          WHERE up.depth < 8)
        SELECT DISTINCT a.spelling FROM up
        JOIN address a ON a.domain = up.domain AND a.local_part = up.local_part
        ORDER BY 1 LIMIT 1000
        """,
        r -> Columns.text(r, "spelling"),
        address.domain(),
        address.localPart());
  }
}
