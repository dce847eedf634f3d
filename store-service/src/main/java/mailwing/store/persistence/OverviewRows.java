package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mailwing.store.persistence.ParsedColumns.Parsed;
import mailwing.store.v1.EnvelopeArrays;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.Flags;
import org.jspecify.annotations.Nullable;

/// Reads what is told of messages but their octets, no column that was not asked for.
///
/// First the entries by UID, then of their messages what is wanted, in the order of their ids,
/// which is that of the table: neighbours are found together, where a join looks for each of them
/// from the index's root.
final class OverviewRows {
  private final Access access;
  private final FetchItems items;
  private final ParsedColumns parsed;
  private final boolean envelopesAlone;

  OverviewRows(Access access, FetchItems items) {
    this.access = access;
    this.items = items;
    parsed = new ParsedColumns(items);
    envelopesAlone = EnvelopePage.isAll(items);
  }

  /// @param found in the order of their UIDs
  /// @param envelopes of messages in place of these; null where they are not told together
  /// @param more whether there may be more beyond `last`
  /// @param last the UID of the last entry that was looked at, with or without its message
  /// @param dense whether what is told of them lies together nearly always, so that many may be
  ///   read next
  record Page(
      List<FetchedMessage> found,
      @Nullable EnvelopeArrays envelopes,
      boolean more,
      long last,
      boolean dense) {
    static final Page NOTHING = new Page(List.of(), null, false, 0, false);
  }

  /// At most `rows` entries of these UIDs, changed after a modseq; fewer of which much is known,
  /// and up to `neighbours` where it lies together.
  Page read(
      Connection connection,
      long mailboxId,
      UidSpans uids,
      long changedSince,
      int neighbours,
      int rows)
      throws SQLException {
    Page envelopes =
        envelopesAlone && uids.single() && changedSince == 0
            ? EnvelopePage.read(connection, access, mailboxId, uids, items, neighbours, rows)
            : null;
    return envelopes == null
        ? readRows(connection, mailboxId, uids, changedSince, rows)
        : envelopes;
  }

  private Page readRows(
      Connection connection, long mailboxId, UidSpans uids, long changedSince, int rows)
      throws SQLException {
    List<FetchedMessage.Builder> entries = new ArrayList<>();
    long[] ids = new long[rows];
    try (PreparedStatement statement = entries(connection, mailboxId, uids, changedSince, rows);
        ResultSet row = statement.executeQuery()) {
      FlagRange range = null;
      while (row.next()) {
        if (entries.isEmpty()) {
          range = FlagRange.of(row.getString(5));
        }
        ids[entries.size()] = row.getLong(3);
        entries.add(entry(row, range));
      }
    }
    if (entries.isEmpty()) {
      return Page.NOTHING;
    }
    int count = entries.size();
    List<FetchedMessage> found = new ArrayList<>(count);
    if (ofMessages()) {
      Map<Long, Learned> learned = learned(connection, Arrays.copyOf(ids, count));
      List<@Nullable Parsed> all = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        Learned its = learned.get(ids[i]);
        all.add(its == null ? null : its.parsed());
      }
      List<@Nullable Parsed> page = parsed.page(connection, access, ids, all);
      count = page.size();
      for (int i = 0; i < count; i++) {
        Learned its = learned.get(ids[i]);
        Parsed known = page.get(i);
        // Else expunged and removed between the statements.
        if (its != null && known != null) {
          found.add(tell(entries.get(i), its, known));
        }
      }
    } else {
      entries.forEach(message -> found.add(message.build()));
    }
    long last = Integer.toUnsignedLong(entries.get(count - 1).getUid());
    return new Page(found, null, count < entries.size() || count == rows, last, false);
  }

  private boolean ofMessages() {
    return items.getEnvelope() || items.getStructure() || items.getPreview() || items.getIds();
  }

  /// One range is asked for as such, for less than a list of them.
  private PreparedStatement entries(
      Connection connection, long mailboxId, UidSpans uids, long changedSince, int rows)
      throws SQLException {
    boolean changed = changedSince > 0;
    boolean withRows = FlagRange.comesWithRows(access, changedSince);
    String table = access.entries(withRows ? null : FlagRange.find(connection, access, mailboxId));
    List<Object> parameters = new ArrayList<>();
    if (withRows) {
      parameters.add(access.account());
      parameters.add(mailboxId);
    }
    if (!uids.single()) {
      parameters.add(Rows.firsts(connection, uids));
      parameters.add(Rows.lasts(connection, uids));
    }
    parameters.add(access.account());
    parameters.add(mailboxId);
    if (uids.single()) {
      parameters.add(uids.first());
      parameters.add(uids.last());
    }
    if (changed) {
      parameters.add(changedSince);
    }
    parameters.add(rows);
    if (!uids.single()) {
      parameters.add(rows);
    }
    return Sql.binary(
        Sql.prepare(
            connection,
            columns(withRows) + (uids.single() ? range(table, changed) : ranges(table, changed)),
            parameters.toArray()));
  }

  private String columns(boolean withRows) {
    return "SELECT e.uid, e.modseq, e.message_id, e.flags, "
        + (withRows ? FlagRange.COLUMN : "NULL")
        + (items.getFlags() ? ", e.keywords" : "")
        + (items.getInternalDate() ? ", e.internal_date, e.zone_minutes" : "")
        + (items.getSize() ? ", e.size" : "")
        + (items.getIds() ? ", e.save_date" : "");
  }

  private static String range(String table, boolean changed) {
    return " FROM "
        + table
        + " e WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid BETWEEN ? AND ?"
        + (changed ? " AND e.modseq > ?" : "")
        + " ORDER BY e.uid LIMIT ?";
  }

  private static String ranges(String table, boolean changed) {
    return " FROM (SELECT x.* FROM unnest(?, ?) r (f, l) CROSS JOIN LATERAL ("
        + "SELECT * FROM "
        + table
        + " y WHERE y.account_id = ? AND y.mailbox_id = ? AND y.uid BETWEEN r.f AND r.l"
        + (changed ? " AND y.modseq > ?" : "")
        + " ORDER BY y.uid LIMIT ?) x LIMIT ?) e ORDER BY e.uid";
  }

  private FetchedMessage.Builder entry(ResultSet row, @Nullable FlagRange range)
      throws SQLException {
    FlagRange.State state = FlagRange.state(range, row, 1, 2, 4);
    FetchedMessage.Builder message = FetchedMessage.newBuilder().setUid((int) row.getLong(1));
    if (!envelopesAlone) {
      message.setModseq(state.modseq());
    }
    int at = 6;
    if (items.getFlags()) {
      message.setFlags(
          Flags.newBuilder().setSystem(state.flags()).addAllKeywords(Rows.texts(row, at++)));
    }
    if (items.getInternalDate()) {
      message.setInternalDateMillis(row.getLong(at)).setInternalDateZoneMinutes(row.getInt(at + 1));
      at += 2;
    }
    if (items.getSize()) {
      message.setSize(row.getLong(at++));
    }
    if (items.getIds()) {
      message.setMessageId(row.getLong(3)).setSaveDateMillis(row.getLong(at));
    }
    return message;
  }

  /// What was learned of a message when it was parsed, as far as it was asked for.
  ///
  /// @param threadId 0 where it was not
  private record Learned(long threadId, Parsed parsed, @Nullable String preview) {}

  private Map<Long, Learned> learned(Connection connection, long[] ids) throws SQLException {
    Arrays.sort(ids);
    Map<Long, Learned> learned = HashMap.newHashMap(ids.length);
    try (PreparedStatement statement =
            MessagesById.select(
                connection,
                access,
                ids,
                "SELECT m.message_id"
                    + (items.getIds() ? ", m.thread_id" : "")
                    + (items.getPreview() ? ", m.preview" : "")
                    + parsed.small()
                    + " FROM message m WHERE ",
                " ORDER BY m.message_id");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        int at = 2;
        long id = row.getLong(1);
        long threadId = items.getIds() ? row.getLong(at++) : 0;
        String preview = items.getPreview() ? row.getString(at++) : null;
        learned.put(id, new Learned(threadId, parsed.read(row, at), preview));
      }
    }
    return learned;
  }

  private FetchedMessage tell(FetchedMessage.Builder message, Learned its, Parsed known) {
    if (items.getIds()) {
      message.setThreadId(its.threadId());
    }
    if (its.preview() != null) {
      message.setPreview(its.preview());
    }
    parsed.tell(message, known);
    return message.build();
  }
}
