package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.store.StoreException;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.Right;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// Changes messages that are in a mailbox. Each call commits at most [#ROWS] of them, or the flags
/// of at most [#FLAG_ROWS], and says where the next one goes on.
public final class EntryChanges {
  /// The most messages changed in one commit.
  public static final int ROWS = 1000;

  /// The most messages whose flags are changed in one commit: a fraction of the work.
  public static final int FLAG_ROWS = 16_384;

  /// The fewest messages along which flags are set or cleared by one value of their mailbox.
  private static final int FEWEST_RANGED = 512;

  private final Sql sql;
  private final int maxKeywords;

  public EntryChanges(Sql sql, int maxKeywords) {
    this.sql = sql;
    this.maxKeywords = maxKeywords;
  }

  /// One commit.
  ///
  /// @param reached every UID up to this one is done with
  /// @param changed something was written
  public record Step<T>(T response, long reached, boolean changed) {}

  /// Changes those flags that may be changed; null where there is nothing above `after`.
  ///
  /// @param known the caller knows all messages as of this modseq
  public @Nullable Step<StoreFlagsResponse> storeFlags(
      Access access,
      long mailboxId,
      UidSpans uids,
      long after,
      StoreFlagsRequest.Operation operation,
      int flags,
      List<String> keywords,
      long unchangedSince,
      long known) {
    UidSpans slice = uids.above(after, FLAG_ROWS);
    if (slice.isEmpty()) {
      return null;
    }
    if (access.own()
        && slice.single()
        && slice.last() - slice.first() + 1 >= FEWEST_RANGED
        && operation != StoreFlagsRequest.Operation.REPLACE
        && keywords.isEmpty()
        && unchangedSince < 0) {
      Step<StoreFlagsResponse> step =
          storeRange(access.account(), mailboxId, slice, operation, flags, known);
      if (step != null) {
        return step;
      }
    }
    return sql.once(
        connection -> {
          List<Object> parameters =
              new ArrayList<>(
                  List.of(
                      access.account(),
                      mailboxId,
                      Rows.firsts(connection, slice),
                      Rows.lasts(connection, slice),
                      FLAG_ROWS,
                      operation.getNumber(),
                      flags,
                      connection.createArrayOf("text", keywords.toArray(String[]::new)),
                      unchangedSince,
                      maxKeywords));
          if (!access.own()) {
            parameters.addAll(
                List.of(access.holder(), access.changeableFlags(), access.may(Right.RIGHT_WRITE)));
          }
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT outcome, looked, reached, modified, previous_modseq, modseq,"
                      + " array_send(uids), array_send(flags), array_send(modseqs),"
                      + " array_send(sizes), array_to_string(keywords, E'\\n', '') FROM "
                      + (access.own()
                          ? "mail_store_flags(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                          : "mail_store_flags_as(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                  parameters.toArray())) {
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              check(row.getInt(1));
              StoreFlagsResponse.Builder response =
                  StoreFlagsResponse.newBuilder()
                      .addAllModified(ranges(Rows.longs(row, 4)))
                      .setPreviousModseq(row.getLong(5))
                      .setModseq(row.getLong(6));
              long[] found = BinaryArrays.numbers(row.getBytes(7));
              if (found.length > 0) {
                response.setMessages(flags(row, 8, found));
              }
              return new Step<>(
                  response.build(),
                  reached(row.getInt(2), row.getLong(3), slice, FLAG_ROWS),
                  row.getLong(5) != row.getLong(6));
            }
          }
        });
  }

  /// Changes flags along a range of many messages; null where [#storeFlags] has to do it message by
  /// message.
  private @Nullable Step<StoreFlagsResponse> storeRange(
      long accountId,
      long mailboxId,
      UidSpans range,
      StoreFlagsRequest.Operation operation,
      int flags,
      long known) {
    return sql.once(
            connection -> {
              try (PreparedStatement statement =
                      Sql.prepare(
                          connection,
                          "SELECT outcome, known, previous_modseq, modseq, array_send(uids),"
                              + " array_send(flags), array_send(modseqs), array_send(sizes),"
                              + " array_to_string(keywords, E'\\n', '')"
                              + " FROM mail_store_range(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          accountId,
                          mailboxId,
                          range.first(),
                          range.last(),
                          FEWEST_RANGED,
                          FLAG_ROWS,
                          operation.getNumber(),
                          flags,
                          known);
                  ResultSet row = statement.executeQuery()) {
                row.next();
                return Optional.ofNullable(ranged(row, range));
              }
            })
        .orElse(null);
  }

  private static @Nullable Step<StoreFlagsResponse> ranged(ResultSet row, UidSpans range)
      throws SQLException {
    if (row.getInt(1) == 0) {
      return null;
    }
    check(row.getInt(1));
    StoreFlagsResponse.Builder response =
        StoreFlagsResponse.newBuilder().setPreviousModseq(row.getLong(3)).setModseq(row.getLong(4));
    if (row.getBoolean(2)) {
      response.setAsKnown(MailboxReads.range(range.first(), range.last()));
    } else {
      long[] found = BinaryArrays.numbers(row.getBytes(5));
      if (found.length > 0) {
        response.setMessages(flags(row, 6, found));
      }
    }
    return new Step<>(response.build(), range.last(), row.getLong(3) != row.getLong(4));
  }

  /// @param first the column of flags; modseqs, sizes and keywords follow
  private static FlagArrays flags(ResultSet row, int first, long[] uids) throws SQLException {
    FlagArrays.Builder all = FlagArrays.newBuilder();
    FlagColumns.add(
        all,
        uids,
        BinaryArrays.numbers(row.getBytes(first)),
        BinaryArrays.numbers(row.getBytes(first + 1)),
        BinaryArrays.numbers(row.getBytes(first + 2)));
    String keywords = row.getString(first + 3);
    if (keywords != null) {
      KeywordSets sets = new KeywordSets();
      for (String joined : keywords.split("\n", -1)) {
        all.addKeywordSets(sets.number(joined, all));
      }
    }
    return all.build();
  }

  /// Removes messages; null where there is nothing above `after`.
  public @Nullable Step<ExpungeResponse> expunge(
      long accountId, long mailboxId, UidSpans uids, long after, boolean regardless) {
    UidSpans slice = uids.above(after, ROWS);
    if (slice.isEmpty()) {
      return null;
    }
    return sql.once(connection -> expunge(connection, accountId, mailboxId, slice, regardless));
  }

  /// As [#expunge], within the caller's transaction, of at most [#ROWS] messages.
  static Step<ExpungeResponse> expunge(
      Connection connection, long accountId, long mailboxId, UidSpans slice, boolean regardless)
      throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT outcome, looked, reached, uids, modseq, previous_modseq"
                + " FROM mail_expunge(?, ?, ?, ?, ?, ?)",
            accountId,
            mailboxId,
            Rows.firsts(connection, slice),
            Rows.lasts(connection, slice),
            ROWS,
            regardless)) {
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        check(row.getInt(1));
        ExpungeResponse.Builder response =
            ExpungeResponse.newBuilder()
                .setModseq(row.getLong(5))
                .setPreviousModseq(row.getLong(6));
        for (Long uid : Rows.longs(row, 4)) {
          response.addUids(uid.intValue());
        }
        return new Step<>(
            response.build(),
            reached(row.getInt(2), row.getLong(3), slice, ROWS),
            row.getInt(2) > 0);
      }
    }
  }

  /// Where messages go.
  ///
  /// @param access to it, and so which flags go with the messages
  /// @param mailboxId 0: by name
  public record Destination(Access access, long mailboxId, String name) {}

  /// Copies all of the messages, or moves some; null where there is nothing above `after`.
  public @Nullable Step<CopyMessagesResponse> copy(
      Access access,
      long mailboxId,
      UidSpans uids,
      long after,
      Destination destination,
      boolean move) {
    UidSpans slice = uids.above(after, move ? ROWS : Integer.MAX_VALUE);
    if (slice.isEmpty()) {
      return null;
    }
    return sql.once(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT outcome, destination, uid_validity, source_uids, destination_uids,"
                      + " source_modseq, destination_modseq, source_previous_modseq"
                      + " FROM mail_copy(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            statement.setLong(1, access.account());
            statement.setLong(2, mailboxId);
            statement.setLong(3, destination.mailboxId());
            statement.setString(4, destination.name());
            statement.setArray(5, Rows.firsts(connection, slice));
            statement.setArray(6, Rows.lasts(connection, slice));
            if (move) {
              statement.setInt(7, ROWS);
            } else {
              statement.setNull(7, java.sql.Types.INTEGER);
            }
            statement.setBoolean(8, move);
            statement.setInt(9, maxKeywords);
            statement.setLong(10, access.own() ? 0 : access.holder());
            statement.setInt(11, destination.access().changeableFlags());
            statement.setBoolean(12, destination.access().may(Right.RIGHT_WRITE));
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              check(row.getInt(1));
              CopyMessagesResponse.Builder response =
                  CopyMessagesResponse.newBuilder()
                      .setDestination(MailboxRef.newBuilder().setMailboxId(row.getLong(2)))
                      .setUidValidity((int) row.getLong(3))
                      .setSourceModseq(row.getLong(6))
                      .setDestinationModseq(row.getLong(7))
                      .setSourcePreviousModseq(row.getLong(8));
              Long[] sources = Rows.longs(row, 4);
              for (Long uid : sources) {
                response.addSourceUids(uid.intValue());
              }
              for (Long uid : Rows.longs(row, 5)) {
                response.addDestinationUids(uid.intValue());
              }
              long last = sources.length == 0 ? 0 : sources[sources.length - 1];
              return new Step<>(
                  response.build(),
                  move ? reached(sources.length, last, slice, ROWS) : UidSpans.MAX,
                  sources.length > 0);
            }
          }
        });
  }

  private static void check(int outcome) {
    if (outcome != 1) {
      throw new StoreException(Rows.error(outcome), "the mailbox's change was refused");
    }
  }

  /// A full commit may have left more below the slice's end; one that is not full has seen it all.
  private static long reached(int looked, long last, UidSpans slice, int most) {
    return looked == most ? last : slice.last();
  }

  static List<UidRange> ranges(Long[] uids) {
    List<UidRange> ranges = new ArrayList<>();
    int i = 0;
    while (i < uids.length) {
      int j = i;
      while (j + 1 < uids.length && uids[j + 1] == uids[j] + 1) {
        j++;
      }
      ranges.add(MailboxReads.range(uids[i], uids[j]));
      i = j + 1;
    }
    return ranges;
  }
}
