package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/// Ends traces: those of a removed account, and those that are too old.
public final class TraceRemoval {
  /// Refusals kept at most.
  private static final long REFUSALS = 1_000_000;

  private final Sql sql;

  public TraceRemoval(Sql sql) {
    this.sql = sql;
  }

  /// Removes what was traced of a removed account's mail, about `rows` rows of it; false where none
  /// is left. Who submitted a message to it is still told that it was delivered, and no more.
  static boolean removeSome(Connection connection, long accountId, int rows) throws SQLException {
    long received =
        count(
            connection,
            "WITH gone AS (DELETE FROM delivery WHERE account_id = ? AND ctid = ANY (ARRAY("
                + "SELECT ctid FROM delivery t WHERE account_id = ? AND t.submitter IS NOT NULL"
                + " LIMIT ?)) RETURNING *),"
                + " kept AS (INSERT INTO delivery_kept"
                + " SELECT g.submitter, g.delivery_id, g.account_id, g.at, g.trace,"
                + " array_remove(g.trace_keys, ?) FROM gone g"
                + " WHERE g.submitter <> g.account_id AND g.trace IS NOT NULL"
                + " AND EXISTS (SELECT 1 FROM account_state s WHERE s.account_id = g.submitter)"
                + " ON CONFLICT DO NOTHING)"
                + " SELECT count(*) FROM gone",
            accountId,
            accountId,
            rows,
            TraceKeys.account(accountId));
    if (received > 0) {
      return true;
    }
    return count(
            connection,
            "WITH gone AS (DELETE FROM refusal WHERE refusal_id = ANY (ARRAY("
                + "SELECT refusal_id FROM refusal WHERE trace_keys && ? LIMIT ?)) RETURNING 1)"
                + " SELECT count(*) FROM gone",
            connection.createArrayOf(
                "int8", new Long[] {TraceKeys.account(accountId), TraceKeys.submitter(accountId)}),
            rows)
        > 0;
  }

  private static long count(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters);
        ResultSet row = prepared.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /// Removes about `rows` of what was traced before `traced`, and of delivery ids from before
  /// `deliveryIds`, which are kept for themselves; says how many, 0 where none is left.
  public int age(long traced, long deliveryIds, int rows) {
    return sql.repeatable(
        connection -> {
          int aged =
              traced > deliveryIds
                  ? update(
                      connection,
                      "UPDATE delivery SET submitter = NULL, trace = NULL, trace_keys = NULL"
                          + oldest("delivery", "trace_keys IS NOT NULL AND at < ?", "at"),
                      traced,
                      rows)
                  : update(
                      connection,
                      "DELETE FROM delivery"
                          + oldest("delivery", "trace_keys IS NOT NULL AND at < ?", "at"),
                      traced,
                      rows);
          aged +=
              update(
                  connection,
                  "DELETE FROM delivery"
                      + oldest("delivery", "trace_keys IS NULL AND at < ?", "at"),
                  deliveryIds,
                  rows);
          for (String table : new String[] {"delivery_kept", "mailbox_past", "refusal"}) {
            aged +=
                update(
                    connection,
                    "DELETE FROM " + table + oldest(table, "at < ?", "at"),
                    traced,
                    rows);
          }
          aged +=
              update(
                  connection,
                  "DELETE FROM refusal"
                      + oldest(
                          "refusal",
                          "refusal_id <= (SELECT max(refusal_id) - ? FROM refusal)",
                          "refusal_id"),
                  REFUSALS,
                  rows);
          return aged;
        });
  }

  private static String oldest(String table, String condition, String order) {
    return " WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
        + table
        + " WHERE "
        + condition
        + " ORDER BY "
        + order
        + " LIMIT ?))";
  }

  private static int update(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      return prepared.executeUpdate();
    }
  }
}
