package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// Reads mailboxes: heads, the flags of all messages, what changed.
public final class MailboxReads {
  private static final int FETCH_ROWS = 8192;
  private static final int RANGES = 4096;

  /// Messages of a mailbox of which half are kept while the other half is handed on.
  private static final int MOST_KEPT = 500_000;

  private final Sql sql;
  private final Halves halves;

  public MailboxReads(Sql sql) {
    this.sql = sql;
    this.halves = new Halves(sql);
  }

  /// A mailbox as it was found.
  ///
  /// @param range what its messages' rows do not say of their flags
  public record Found(
      long mailboxId,
      String name,
      boolean selectable,
      int specialUse,
      MailboxStatus status,
      @Nullable FlagRange range) {}

  /// Gets frames of changes.
  public interface ChangeSink {
    void messages(FlagArrays messages);

    void expunged(List<UidRange> uids);
  }

  /// A selectable mailbox by id or, if that is 0, by name; null where there is none.
  public @Nullable Found find(Access access, long mailboxId, String name) {
    return sql.repeatable(
            connection -> Optional.ofNullable(find(connection, access, mailboxId, name)))
        .orElse(null);
  }

  private static @Nullable Found find(
      Connection connection, Access access, long mailboxId, String name) throws SQLException {
    boolean byId = mailboxId != 0;
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT "
                + columns(access)
                + " FROM mailbox WHERE account_id = ? AND "
                + (byId ? "mailbox_id" : "name")
                + " = ? AND selectable",
            access.account(),
            byId ? (Object) mailboxId : name)) {
      return one(statement, access);
    }
  }

  /// Of the table `mailbox`, as [#found] reads them.
  private static String columns(Access access) {
    return "mailbox_id, name, selectable, special_use, flag_range, keywords, " + access.status();
  }

  /// Holds the row of the mailbox of two parameters, account and id, to the transaction's end;
  /// \Recent is claimed for its owner, and told as it was before, as [#find] does. What a crash
  /// takes back of that is told as recent once more, so that the disk is not waited for.
  ///
  /// @param condition more that the mailbox has to be
  private static String claiming(Access access, String condition) {
    return "WITH held AS (SELECT * FROM mailbox WHERE account_id = ? AND mailbox_id = ?"
        + " AND selectable"
        + condition
        + " FOR NO KEY UPDATE), claimed AS (UPDATE mailbox b"
        + " SET first_recent_uid = b.uid_next, recent = 0 FROM held h"
        + " WHERE b.account_id = h.account_id AND b.mailbox_id = h.mailbox_id"
        + " AND h.first_recent_uid <> h.uid_next) SELECT "
        + columns(access)
        + ", set_config('synchronous_commit', 'off', true) FROM held AS mailbox";
  }

  private static @Nullable Found one(PreparedStatement statement, Access access)
      throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? found(row, 1, access) : null;
    }
  }

  /// A mailbox that is looked for, as [#find] does.
  public record Wanted(Access access, long mailboxId, String name) {}

  /// Each of many, in order; those of owners, whosever they are, in one statement.
  public List<Optional<Found>> find(List<Wanted> wanted) {
    List<Integer> own = new ArrayList<>();
    List<Optional<Found>> found = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      found.add(Optional.empty());
      if (wanted.get(i).access().own()) {
        own.add(i);
      }
    }
    if (own.size() > 1) {
      List<Wanted> together = own.stream().map(wanted::get).toList();
      List<Optional<Found>> answers = sql.repeatable(connection -> owned(connection, together));
      for (int i = 0; i < answers.size(); i++) {
        found.set(own.get(i), answers.get(i));
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      Wanted one = wanted.get(i);
      if (own.size() == 1 || !one.access().own()) {
        found.set(i, Optional.ofNullable(find(one.access(), one.mailboxId(), one.name())));
      }
    }
    return found;
  }

  private static List<Optional<Found>> owned(Connection connection, List<Wanted> wanted)
      throws SQLException {
    List<Optional<Found>> found = new ArrayList<>();
    wanted.forEach(one -> found.add(Optional.empty()));
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT q.i, mailbox_id, mailbox.name, selectable, special_use, flag_range, keywords, "
                + Rows.STATUS
                + " FROM unnest(?, ?, ?) WITH ORDINALITY q (account, id, called, i)"
                + " CROSS JOIN LATERAL (SELECT * FROM mailbox x WHERE x.account_id = q.account"
                + " AND x.selectable AND x.mailbox_id = CASE WHEN q.id <> 0 THEN q.id ELSE"
                + " (SELECT y.mailbox_id FROM mailbox y"
                + " WHERE y.account_id = q.account AND y.name = q.called) END) mailbox",
            connection.createArrayOf(
                "int8", wanted.stream().map(one -> one.access().account()).toArray()),
            connection.createArrayOf("int8", wanted.stream().map(Wanted::mailboxId).toArray()),
            connection.createArrayOf("text", wanted.stream().map(Wanted::name).toArray()))) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          int at = row.getInt(1) - 1;
          found.set(at, Optional.of(found(row, 2, wanted.get(at).access())));
        }
      }
    }
    return found;
  }

  private static Found found(ResultSet row, int first, Access access) throws SQLException {
    return new Found(
        row.getLong(first),
        row.getString(first + 1),
        row.getBoolean(first + 2),
        access.own() ? row.getInt(first + 3) : 0,
        Rows.status(row, first + 6)
            .addAllKeywords(Rows.texts(row, first + 5))
            .setRights(access.rights())
            .build(),
        FlagRange.of(row.getString(first + 4)));
  }

  /// The octets of messages with \Deleted, by mailbox; a mailbox that has none is not named.
  public Map<Long, Long> deletedOctets(long accountId, Collection<Long> mailboxIds) {
    if (mailboxIds.isEmpty()) {
      return Map.of();
    }
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT b.mailbox_id, sum(e.size) FROM mailbox b"
                      + " JOIN entry e ON e.account_id = b.account_id"
                      + " AND e.mailbox_id = b.mailbox_id"
                      + " WHERE b.account_id = ? AND b.mailbox_id = ANY (?) AND"
                      + " CASE WHEN mail_ranged(b.flag_range, e.uid, e.modseq, e.flags)"
                      + " THEN (e.flags & ~(b.flag_range).flags) | (b.flag_range).wanted"
                      + " ELSE e.flags END & 8 <> 0 GROUP BY b.mailbox_id",
                  accountId,
                  connection.createArrayOf("int8", mailboxIds.toArray()))) {
            Map<Long, Long> octets = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                octets.put(row.getLong(1), row.getLong(2));
              }
            }
            return octets;
          }
        });
  }

  /// As [#find]; the owner claims \Recent: what the status tells as recent is told so to nobody
  /// else.
  public @Nullable Found claim(Access access, long mailboxId, String name) {
    Found found = find(access, mailboxId, name);
    if (found == null || !claimable(found.status())) {
      return found;
    }
    return sql.once(
            connection -> {
              try (PreparedStatement statement =
                  Sql.prepare(
                      connection, claiming(access, ""), access.account(), found.mailboxId())) {
                return Optional.ofNullable(one(statement, access));
              }
            })
        .orElse(null);
  }

  private static boolean claimable(MailboxStatus status) {
    return status.getFirstRecentUid() != status.getUidNext();
  }

  /// The flags of all messages, ascending by UID, and the head, all of one moment.
  public MailboxStatus snapshot(Access access, long mailboxId, Consumer<FlagArrays> sink) {
    return sql.snapshot(
        connection -> {
          Found found = require(find(connection, access, mailboxId, ""));
          long messages = Integer.toUnsignedLong(found.status().getMessages());
          KeywordSets sets = new KeywordSets();
          if (messages > 0) {
            // The lower half is handed on as it comes; the upper one is kept so long, some dozen
            // octets a message.
            halves
                .read(
                    connection,
                    access,
                    mailboxId,
                    messages <= MOST_KEPT ? messages : 0,
                    (part, after, last) -> {
                      List<FlagColumns.Page> kept = new ArrayList<>();
                      new FlagColumns(part, access, mailboxId, found.range())
                          .read(
                              after,
                              last,
                              page -> {
                                if (after == 0) {
                                  sink.accept(page.frame(sets));
                                } else {
                                  kept.add(page);
                                }
                              });
                      return kept;
                    })
                .forEach(kept -> kept.forEach(page -> sink.accept(page.frame(sets))));
          }
          return found.status();
        });
  }

  /// What changed after `since`, and the head, all of one moment. STALE where that is no longer
  /// known. With `claim`, \Recent is claimed in the same moment, and the frames come after it.
  public MailboxStatus changes(
      Access access,
      long mailboxId,
      long since,
      boolean claim,
      boolean expungedOnly,
      ChangeSink sink) {
    Found now = require(find(access, mailboxId, ""));
    requireRemembered(now, since);
    if (now.status().getHighestModseq() <= since && !(claim && claimable(now.status()))) {
      return now.status();
    }
    if (!claim || !claimable(now.status())) {
      Optional<MailboxStatus> told =
          sql.snapshot(
              connection -> {
                Found found = require(find(connection, access, mailboxId, ""));
                // What has come meanwhile is to be claimed.
                return claim && claimable(found.status())
                    ? Optional.empty()
                    : Optional.of(changes(connection, access, found, since, expungedOnly, sink));
              });
      if (told.isPresent()) {
        return told.get();
      }
    }
    // The mailbox's row is held: what is kept until it is let go is only what changed.
    List<Runnable> frames = new ArrayList<>();
    Optional<MailboxStatus> claimed =
        sql.transaction(
            connection -> {
              frames.clear();
              return claimedChanges(
                  connection, access, now, since, expungedOnly, keeping(frames, sink));
            });
    if (claimed.isEmpty()) {
      // Not as it was found any more.
      return changes(access, mailboxId, since, true, expungedOnly, sink);
    }
    frames.forEach(Runnable::run);
    return claimed.get();
  }

  /// In one round trip: what [#claiming] does, and what changed, as of the claim. Empty, and
  /// nothing done, where the range of flags is another one by now, or changes that old are
  /// forgotten.
  private static Optional<MailboxStatus> claimedChanges(
      Connection connection,
      Access access,
      Found seen,
      long since,
      boolean expungedOnly,
      ChangeSink sink)
      throws SQLException {
    Changed changed = new Changed(access, seen, since, expungedOnly);
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            claiming(access, " AND purged_modseq <= ? AND coalesce((flag_range).modseq, 0) = ?")
                + "; "
                + changed.statements(),
            changed.parameters(
                access.account(),
                seen.mailboxId(),
                since,
                seen.range() == null ? 0L : seen.range().modseq()))) {
      statement.setFetchSize(FETCH_ROWS);
      statement.execute();
      Found found;
      try (ResultSet row = statement.getResultSet()) {
        found = row.next() ? found(row, 1, access) : null;
      }
      if (found == null) {
        return Optional.empty();
      }
      statement.getMoreResults();
      changed.read(statement, sink);
      return Optional.of(found.status());
    }
  }

  private static ChangeSink keeping(List<Runnable> frames, ChangeSink sink) {
    return new ChangeSink() {
      @Override
      public void messages(FlagArrays messages) {
        frames.add(() -> sink.messages(messages));
      }

      @Override
      public void expunged(List<UidRange> uids) {
        frames.add(() -> sink.expunged(uids));
      }
    };
  }

  private static MailboxStatus changes(
      Connection connection,
      Access access,
      Found found,
      long since,
      boolean expungedOnly,
      ChangeSink sink)
      throws SQLException {
    requireRemembered(found, since);
    if (found.status().getHighestModseq() > since) {
      Changed changed = new Changed(access, found, since, expungedOnly);
      try (PreparedStatement statement =
          Sql.prepare(connection, changed.statements(), changed.parameters())) {
        statement.setFetchSize(FETCH_ROWS);
        statement.execute();
        changed.read(statement, sink);
      }
    }
    return found.status();
  }

  /// Statements, executed together, for what changed in a mailbox after a modseq.
  private record Changed(Access access, Found mailbox, long since, boolean expungedOnly) {
    String statements() {
      String expunged =
          "SELECT uid FROM expunged"
              + " WHERE account_id = ? AND mailbox_id = ? AND modseq > ? ORDER BY uid";
      return expungedOnly
          ? expunged
          : "SELECT uid, flags, modseq, size, keywords FROM "
              + access.changed(since, mailbox.range())
              + " e ORDER BY uid; "
              + expunged;
    }

    /// @param before those of statements before these
    Object[] parameters(Object... before) {
      List<Object> all = new ArrayList<>(List.of(before));
      if (!expungedOnly) {
        all.addAll(List.of(access.changedParameters(mailbox.mailboxId(), since, mailbox.range())));
      }
      all.addAll(List.of(access.account(), mailbox.mailboxId(), since));
      return all.toArray();
    }

    /// Hands on the results; the first one is the statement's present one.
    void read(PreparedStatement executed, ChangeSink sink) throws SQLException {
      if (!expungedOnly) {
        try (ResultSet rows = executed.getResultSet()) {
          flags(rows, sink);
        }
        executed.getMoreResults();
      }
      try (ResultSet rows = executed.getResultSet()) {
        expunged(rows, sink);
      }
    }

    private static void flags(ResultSet rows, ChangeSink sink) throws SQLException {
      FlagFrames frames = new FlagFrames(sink::messages);
      while (rows.next()) {
        frames.add(rows);
      }
      frames.flush();
    }

    private static void expunged(ResultSet rows, ChangeSink sink) throws SQLException {
      List<UidRange> ranges = new ArrayList<>();
      long first = 0;
      long last = -1;
      while (rows.next()) {
        long uid = rows.getLong(1);
        if (uid == last + 1) {
          last = uid;
          continue;
        }
        if (last > 0) {
          ranges.add(range(first, last));
        }
        if (ranges.size() == RANGES) {
          sink.expunged(List.copyOf(ranges));
          ranges.clear();
        }
        first = uid;
        last = uid;
      }
      if (last > 0) {
        ranges.add(range(first, last));
        sink.expunged(List.copyOf(ranges));
      }
    }
  }

  static UidRange range(long first, long last) {
    return UidRange.newBuilder().setFirst((int) first).setLast((int) last).build();
  }

  private static void requireRemembered(Found found, long since) {
    if (since < found.status().getPurgedModseq()) {
      throw new StoreException(ErrorCode.STALE, "changes that old are forgotten");
    }
  }

  private static Found require(@Nullable Found found) {
    if (found == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    return found;
  }
}
