package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import org.jspecify.annotations.Nullable;

/// Changes flags of few messages in each of several accounts in one round trip and one commit, or
/// two of each where some changes are simple and others are not.
public final class FlagChanges {
  /// The most changes one call takes.
  public static final int MOST = 64;

  private static final String SINGLY =
      "SELECT places, previous_modseqs, flags, modseqs, sizes, keywords"
          + " FROM mail_store_flags_singly(?, ?, ?, ?, ?)";

  private static final String TOGETHER =
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
      long unchangedSince) {
    private boolean single() {
      return first == last && unchangedSince < 0;
    }

    /// Bits of the old flags that stay.
    private int kept() {
      return switch (operation) {
        case ADD -> -1;
        case REMOVE -> ~flags;
        default -> 0;
      };
    }

    private int added() {
      return operation == StoreFlagsRequest.Operation.REMOVE ? 0 : flags;
    }
  }

  /// Does changes in several accounts, one in each, at most [#MOST]. A result for each, in order;
  /// null where somebody has locked the account, which is not waited for, or there is no such
  /// mailbox.
  public List<EntryChanges.@Nullable Step<StoreFlagsResponse>> store(List<FlagChange> changes) {
    List<EntryChanges.@Nullable Step<StoreFlagsResponse>> done =
        new ArrayList<>(Collections.nCopies(changes.size(), null));
    List<Integer> single =
        IntStream.range(0, done.size()).filter(i -> changes.get(i).single()).boxed().toList();
    fill(done, single, changes, FlagChanges::singly);
    List<Integer> left =
        IntStream.range(0, done.size()).filter(i -> done.get(i) == null).boxed().toList();
    fill(done, left, changes, FlagChanges::together);
    return done;
  }

  @FunctionalInterface
  private interface Way {
    List<EntryChanges.@Nullable Step<StoreFlagsResponse>> store(
        Connection connection, List<FlagChange> changes) throws SQLException;
  }

  private void fill(
      List<EntryChanges.@Nullable Step<StoreFlagsResponse>> done,
      List<Integer> places,
      List<FlagChange> changes,
      Way way) {
    if (places.isEmpty()) {
      return;
    }
    List<FlagChange> some = places.stream().map(changes::get).toList();
    var results = sql.once(connection -> way.store(connection, some));
    for (int i = 0; i < results.size(); i++) {
      done.set(places.get(i), results.get(i));
    }
  }

  /// Null for what is not as simple as that.
  private static List<EntryChanges.@Nullable Step<StoreFlagsResponse>> singly(
      Connection connection, List<FlagChange> changes) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(SINGLY)) {
      s.setArray(1, array(connection, "int8", changes, FlagChange::accountId));
      s.setArray(2, array(connection, "int8", changes, FlagChange::mailboxId));
      s.setArray(3, array(connection, "int8", changes, FlagChange::first));
      s.setArray(4, array(connection, "int4", changes, FlagChange::kept));
      s.setArray(5, array(connection, "int4", changes, FlagChange::added));
      try (ResultSet row = s.executeQuery()) {
        row.next();
        Integer[] places = Rows.ints(row, 1);
        Long[] before = Rows.longs(row, 2);
        Integer[] flags = Rows.ints(row, 3);
        Long[] modseqs = Rows.longs(row, 4);
        Long[] sizes = Rows.longs(row, 5);
        @Nullable String[] keywords = Rows.strings(row, 6);
        List<EntryChanges.@Nullable Step<StoreFlagsResponse>> results =
            new ArrayList<>(Collections.nCopies(changes.size(), null));
        for (int i = 0; i < places.length; i++) {
          long uid = changes.get(places[i] - 1).first();
          StoreFlagsResponse.Builder response = StoreFlagsResponse.newBuilder();
          FlagFrames frame = new FlagFrames(response::setMessages);
          frame.add(uid, flags[i], modseqs[i], sizes[i], keywords[i]);
          frame.flush();
          results.set(
              places[i] - 1, step(response, uid, before[i], Math.max(before[i], modseqs[i])));
        }
        return results;
      }
    }
  }

  private static EntryChanges.Step<StoreFlagsResponse> step(
      StoreFlagsResponse.Builder response, long reached, long before, long after) {
    return new EntryChanges.Step<>(
        response.setPreviousModseq(before).setModseq(after).build(), reached, before != after);
  }

  /// Null where somebody has locked the account or there is no such mailbox.
  private static List<EntryChanges.@Nullable Step<StoreFlagsResponse>> together(
      Connection connection, List<FlagChange> changes) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(TOGETHER)) {
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
              ? step(
                  StoreFlagsResponse.newBuilder()
                      .setMessages(all)
                      .addAllModified(EntryChanges.ranges(modified.toArray(Long[]::new))),
                  changes.get(i).last(),
                  before[i],
                  after[i])
              : null);
    }
    return results;
  }
}
