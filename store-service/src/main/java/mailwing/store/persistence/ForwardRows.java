package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import java.util.List;

/// Where the mail of accounts goes on to.
public final class ForwardRows {
  private final DbClient client;

  public ForwardRows(Database database) {
    this.client = database.client();
  }

  /// The addresses, in their order.
  public List<String> targets(long accountId) {
    return Columns.list(
        client,
        "SELECT spelling FROM forward WHERE account_id = ? ORDER BY position",
        row -> Columns.text(row, "spelling"),
        accountId);
  }

  /// Replaces the addresses; none: the mail stays.
  public void set(long accountId, List<String> targets, boolean keepsCopy) {
    Columns.inTransaction(
        client,
        tx -> {
          tx.delete("DELETE FROM forward WHERE account_id = ?", accountId);
          int position = 0;
          for (String target : targets) {
            tx.insert(
                "INSERT INTO forward (account_id, position, spelling) VALUES (?, ?, ?)",
                accountId,
                position++,
                target);
          }
          tx.update(
              "UPDATE account SET forwarding = ? WHERE account_id = ?",
              targets.isEmpty() ? 0 : keepsCopy ? 1 : 2,
              accountId);
          return position;
        });
  }
}
