package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// A change of flags along a range of a mailbox's messages, which is in the mailbox's row and not
/// in theirs (V47__flag_ranges.sql).
///
/// An entry that is read before or after its range is right as long as both are applied: what was
/// changed or folded between them has a modseq that the range does not touch.
///
/// @param modseq of the messages that it changes
/// @param since messages with a lower modseq than this change whatever their flags are
/// @param flags SystemFlag bits that it sets or clears
/// @param wanted those of them that it sets
record FlagRange(long modseq, long since, long first, long last, int flags, int wanted) {
  /// The column, as a [#of] takes it, of the mailbox that two parameters name: account and id.
  static final String COLUMN =
      "(SELECT r.flag_range FROM mailbox r WHERE r.account_id = ? AND r.mailbox_id = ?)";

  /// From what the column holds.
  static @Nullable FlagRange of(@Nullable String column) {
    if (column == null) {
      return null;
    }
    String[] parts = column.substring(1, column.length() - 1).split(",", -1);
    return new FlagRange(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]),
        Integer.parseInt(parts[4]),
        Integer.parseInt(parts[5]));
  }

  /// That of a mailbox; null where there is none.
  static @Nullable FlagRange find(Connection connection, Access access, long mailboxId)
      throws SQLException {
    try (PreparedStatement statement =
            Sql.prepare(connection, "SELECT " + COLUMN, access.account(), mailboxId);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return of(row.getString(1));
    }
  }

  /// May messages be read together with [#COLUMN], which is the same in all rows of a statement,
  /// for [#state]? Not what goes by modseqs, or has somebody else's flags: the range is looked for
  /// before, and is in [Access#entries].
  ///
  /// @param changedSince only messages with a higher modseq are asked for; 0 for all
  static boolean comesWithRows(Access access, long changedSince) {
    return access.own() && changedSince == 0;
  }

  /// What of a message changes.
  record State(int flags, long modseq) {}

  /// From columns of an entry.
  ///
  /// @param range where it is not in the columns already
  static State state(@Nullable FlagRange range, ResultSet row, int uid, int modseq, int flags)
      throws SQLException {
    State own = new State(row.getInt(flags), row.getLong(modseq));
    return range != null && range.changes(row.getLong(uid), own.modseq(), own.flags())
        ? new State(range.flags(own.flags()), range.modseq())
        : own;
  }

  private boolean changes(long uid, long before, int flagsBefore) {
    return uid >= first
        && uid <= last
        && before < modseq
        && (before < since || (flagsBefore & flags) != wanted);
  }

  private int flags(int before) {
    return (before & ~flags) | wanted;
  }

  /// [#changes] of a row of `entry`.
  ///
  /// @param alias of the table
  String condition(String alias) {
    return """
        (%1$s.uid BETWEEN %2$d AND %3$d AND %1$s.modseq < %4$d
          AND (%1$s.modseq < %5$d OR %1$s.flags & %6$d <> %7$d))"""
        .formatted(alias, first, last, modseq, since, flags, wanted);
  }
}
