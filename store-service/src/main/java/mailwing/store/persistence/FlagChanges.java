package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import org.jspecify.annotations.Nullable;

/// Changes flags of few messages in each of several accounts: one call of
/// `mail_store_flags_together`, one round trip, one commit.
public final class FlagChanges {
  /// The most changes one call takes.
  public static final int MOST = 64;

  private static final String CALL =
      "SELECT outcomes, previous_modseqs, modseqs, changes, uids, flags, keywords, entry_modseqs,"
          + " sizes, stale FROM mail_store_flags_together(?, ?, ?, ?, ?, ?, ?)";

  private final Sql sql;

  public FlagChanges(Sql sql) {
    this.sql = sql;
  }

  /// A change by its owner of the messages from one UID to another one.
  ///
  /// @param flags SystemFlag bits
  /// @param unchangedSince the highest modseq of what may be changed; -1 for all
  public record FlagChange(
      long accountId,
      long mailboxId,
      long first,
      long last,
      StoreFlagsRequest.Operation operation,
      int flags,
      long unchangedSince) {}

  /// Does changes in several accounts, one in each, at most [#MOST]. A result for each, in order;
  /// null where somebody has locked the account, which is not waited for, or there is no such
  /// mailbox.
  public List<EntryChanges.@Nullable Step<StoreFlagsResponse>> store(List<FlagChange> changes) {
    return sql.once(connection -> store(connection, changes));
  }

  private static List<EntryChanges.@Nullable Step<StoreFlagsResponse>> store(
      Connection connection, List<FlagChange> changes) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(CALL)) {
      s.setArray(1, array(connection, "int8", changes, FlagChange::accountId));
      s.setArray(2, array(connection, "int8", changes, FlagChange::mailboxId));
      s.setArray(3, array(connection, "int8", changes, FlagChange::first));
      s.setArray(4, array(connection, "int8", changes, FlagChange::last));
      s.setArray(5, array(connection, "int4", changes, c -> c.operation().getNumber()));
      s.setArray(6, array(connection, "int4", changes, FlagChange::flags));
      s.setArray(7, array(connection, "int8", changes, FlagChange::unchangedSince));
      try (ResultSet row = s.executeQuery()) {
        row.next();
        return results(row, changes);
      }
    }
  }

  private static Array array(
      Connection connection,
      String type,
      List<FlagChange> changes,
      Function<FlagChange, Object> value)
      throws SQLException {
    return connection.createArrayOf(type, changes.stream().map(value).toArray());
  }

  private static List<EntryChanges.@Nullable Step<StoreFlagsResponse>> results(
      ResultSet row, List<FlagChange> changes) throws SQLException {
    Integer[] outcomes = Rows.ints(row, 1);
    Long[] before = Rows.longs(row, 2);
    Long[] after = Rows.longs(row, 3);
    Integer[] of = Rows.ints(row, 4);
    Long[] uids = Rows.longs(row, 5);
    Integer[] flags = Rows.ints(row, 6);
    @Nullable String[] keywords = Rows.strings(row, 7);
    Long[] modseqs = Rows.longs(row, 8);
    Long[] sizes = Rows.longs(row, 9);
    Boolean[] stale = Rows.booleans(row, 10);
    List<EntryChanges.@Nullable Step<StoreFlagsResponse>> results = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < outcomes.length; i++) {
      FlagArrays.Builder all = FlagArrays.newBuilder();
      FlagFrames frames = new FlagFrames(all::mergeFrom);
      List<Long> modified = new ArrayList<>();
      for (; at < of.length && of[at] == i + 1; at++) {
        if (stale[at]) {
          modified.add(uids[at]);
        } else {
          frames.add(uids[at], flags[at], modseqs[at], sizes[at], keywords[at]);
        }
      }
      frames.flush();
      results.add(
          outcomes[i] == 1
              ? new EntryChanges.Step<>(
                  StoreFlagsResponse.newBuilder()
                      .setMessages(all)
                      .addAllModified(EntryChanges.ranges(modified.toArray(Long[]::new)))
                      .setPreviousModseq(before[i])
                      .setModseq(after[i])
                      .build(),
                  changes.get(i).last(),
                  !before[i].equals(after[i]))
              : null);
    }
    return results;
  }
}
