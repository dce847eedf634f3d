package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/// Finds messages by their ids, in the order of which their rows lie: neighbours are found
/// together.
final class MessagesById {
  private MessagesById() {}

  /// A statement that is `start`, a condition on `message m`, and `end`. It may find some that were
  /// not asked for: where nearly all of a range are wanted, the range is read.
  ///
  /// @param ids ascending, at least one
  static PreparedStatement select(
      Connection connection, Access access, long[] ids, String start, String end)
      throws SQLException {
    long first = ids[0];
    long last = ids[ids.length - 1];
    if (range(ids)) {
      return Sql.binary(
          Sql.prepare(
              connection,
              start + "m.account_id = ? AND m.message_id BETWEEN ? AND ?" + end,
              access.account(),
              first,
              last));
    }
    return exactly(connection, access, ids, start, end);
  }

  private static boolean range(long[] ids) {
    return ids[ids.length - 1] - ids[0] < ids.length + ids.length / 8;
  }

  /// Does [#select] find none that was not asked for?
  ///
  /// @param ids ascending, none of them twice
  static boolean exact(long[] ids) {
    return !range(ids) || ids[ids.length - 1] - ids[0] == ids.length - 1;
  }

  /// The same, and none is found that was not asked for.
  ///
  /// @param ids ascending, at least one
  static PreparedStatement exactly(
      Connection connection, Access access, long[] ids, String start, String end)
      throws SQLException {
    // The range keeps a planner that knows nothing of the account yet from reading all; and the
    // planner looks at each element of an array that it sees.
    return Sql.binary(
        Sql.prepare(
            connection,
            start
                + "m.account_id = ? AND m.message_id BETWEEN ? AND ?"
                + " AND m.message_id = ANY (ARRAY(SELECT unnest(?)))"
                + end,
            access.account(),
            ids[0],
            ids[ids.length - 1],
            BinaryArrays.parameter(connection, ids)));
  }
}
