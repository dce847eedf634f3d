package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/// Finds messages by their ids, in the order of which their rows lie: neighbours are found
/// together.
final class MessagesById {
  private MessagesById() {}

  /// A statement that is `start`, a condition on `message m`, and `end`.
  ///
  /// @param ids ascending, at least one
  static PreparedStatement select(
      Connection connection, Access access, long[] ids, String start, String end)
      throws SQLException {
    // The range keeps a planner that knows nothing of the account yet from reading all.
    return Sql.prepare(
        connection,
        start
            + "m.account_id = ? AND m.message_id BETWEEN ? AND ? AND m.message_id = ANY (?)"
            + end,
        access.account(),
        ids[0],
        ids[ids.length - 1],
        BinaryArrays.parameter(connection, ids));
  }
}
