package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.persistence.ParsedColumns.Parsed;
import mailwing.store.v1.EnvelopeArrays;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.Flags;
import org.jspecify.annotations.Nullable;

/// Reads messages of a mailbox, a batch at a time, ascending by UID. A batch's memory is bounded in
/// octets, whatever the messages are like.
public final class MessageReads {
  /// A header or body longer than this is not put into a frame.
  public static final int INLINE_OCTETS = 1 << 20;

  /// Messages that are read at a time.
  private static final int ROWS = 512;

  /// The same where what is told of neighbours lies together.
  private static final int NEIGHBOURS = 4096;

  private static final int ROWS_WITH_OCTETS = 24;

  /// Of bodies in memory at a time, about.
  private static final int OCTETS = 2 << 20;

  /// A batch ends with the message that reaches this: what of many messages is large, and comes
  /// after their rows. Octets.
  private static final int BATCH_OCTETS = 4 << 20;

  private final Sql sql;
  private final Blobs blobs;

  public MessageReads(Sql sql, Blobs blobs) {
    this.sql = sql;
    this.blobs = blobs;
  }

  /// How far a reading has come.
  ///
  /// @param uid every UID up to this one is done with
  /// @param rows how many messages may be read next at a time
  public record Reached(long uid, int rows) {
    public static final Reached NOTHING = new Reached(0, NEIGHBOURS);

    private Reached(long uid) {
      this(uid, ROWS);
    }
  }

  /// Some messages.
  ///
  /// @param envelopes of messages in place of these; null where they are not told together
  public record Batch(
      List<FetchedMessage> messages, @Nullable EnvelopeArrays envelopes, Reached reached) {
    private Batch(List<FetchedMessage> messages, Reached reached) {
      this(messages, null, reached);
    }
  }

  private record Row(
      FetchedMessage.Builder message,
      long messageId,
      Blobs.Place place,
      long headerOctets,
      Parsed parsed) {
    long uid() {
      return Integer.toUnsignedLong(message.getUid());
    }
  }

  /// @param more whether there may be more beyond the last of them
  /// @param parsed what is to be told of each; null of one that is gone
  private record Found(List<Row> rows, List<@Nullable Parsed> parsed, boolean more) {}

  /// The messages behind what the batch before reached. At the end that is at least `uids.last()`.
  public Batch next(
      Access access,
      long mailboxId,
      UidSpans uids,
      Reached before,
      FetchItems items,
      long changedSince) {
    boolean octets = items.getHeader() || items.getBodyUpTo() > 0;
    int rows = octets ? rowsWithOctets(items) : ROWS;
    UidSpans slice = uids.above(before.uid(), rows);
    if (slice.isEmpty()) {
      return new Batch(List.of(), new Reached(UidSpans.MAX));
    }
    if (!octets) {
      OverviewRows overview = new OverviewRows(access, items);
      OverviewRows.Page page =
          sql.repeatable(
              connection ->
                  overview.read(connection, mailboxId, slice, changedSince, before.rows(), rows));
      return new Batch(
          page.found(),
          page.envelopes(),
          new Reached(page.more() ? page.last() : slice.last(), page.dense() ? NEIGHBOURS : ROWS));
    }
    ParsedColumns parsed = new ParsedColumns(items);
    Found found =
        sql.repeatable(
            connection ->
                query(connection, access, mailboxId, slice, items, parsed, changedSince, rows));
    List<FetchedMessage> messages = new ArrayList<>(found.rows().size());
    long taken = 0;
    for (int i = 0; i < found.rows().size(); i++) {
      Row row = found.rows().get(i);
      Parsed known = found.parsed().get(i);
      if (known == null) {
        // Expunged and removed between the statements.
        continue;
      }
      complete(access.account(), row, items);
      parsed.tell(row.message(), known);
      FetchedMessage message = row.message().build();
      messages.add(message);
      taken += message.getSerializedSize();
      if (taken >= BATCH_OCTETS && i + 1 < found.rows().size()) {
        return new Batch(messages, new Reached(row.uid()));
      }
    }
    return new Batch(
        messages, new Reached(found.more() ? found.rows().getLast().uid() : slice.last()));
  }

  private static int rowsWithOctets(FetchItems items) {
    return items.getHeader()
        ? ROWS_WITH_OCTETS
        : Math.clamp(OCTETS / bodyUpTo(items), ROWS_WITH_OCTETS, ROWS);
  }

  private static String statement(
      Access access,
      FetchItems items,
      ParsedColumns parsed,
      boolean withRows,
      @Nullable FlagRange range) {
    return "SELECT e.uid, e.flags, e.keywords, e.modseq, e.internal_date, e.zone_minutes, e.size,"
        + " e.message_id, e.save_date,"
        + " m.thread_id, m.header_octets, m.first_chunk_octets, m.blob_id, "
        + (items.getPreview() ? "m.preview, " : "NULL, ")
        + "CASE WHEN m.size <= ? THEN b.octets"
        + " ELSE substring(b.octets FROM 1 FOR CAST(? AS integer)) END, "
        + (withRows ? FlagRange.COLUMN : "NULL")
        + parsed.small()
        + " FROM (SELECT x.* FROM unnest(?, ?) r (f, l) CROSS JOIN LATERAL ("
        + "SELECT * FROM "
        + access.entries(range)
        + " y WHERE y.account_id = ? AND y.mailbox_id = ?"
        + " AND y.uid BETWEEN r.f AND r.l AND y.modseq > ? ORDER BY y.uid LIMIT ?) x"
        + " LIMIT ?) e JOIN message m ON m.account_id = e.account_id AND m.message_id = e.message_id"
        // Whole where the body is asked for; of a larger one its header.
        + " LEFT JOIN blob_chunk b ON b.account_id = m.account_id AND b.blob_id = m.blob_id"
        + " AND b.chunk_no = 0 AND (m.size <= ? OR ?) ORDER BY e.uid";
  }

  private static Found query(
      Connection connection,
      Access access,
      long mailboxId,
      UidSpans slice,
      FetchItems items,
      ParsedColumns parsed,
      long changedSince,
      int rows)
      throws SQLException {
    int bodyUpTo = bodyUpTo(items);
    boolean withRows = FlagRange.comesWithRows(access, changedSince);
    FlagRange before = withRows ? null : FlagRange.find(connection, access, mailboxId);
    try (PreparedStatement statement =
        connection.prepareStatement(statement(access, items, parsed, withRows, before))) {
      int at = 1;
      statement.setLong(at++, bodyUpTo);
      statement.setInt(at++, items.getHeader() ? Blobs.CHUNK : 0);
      if (withRows) {
        statement.setLong(at++, access.account());
        statement.setLong(at++, mailboxId);
      }
      statement.setArray(at++, Rows.firsts(connection, slice));
      statement.setArray(at++, Rows.lasts(connection, slice));
      statement.setLong(at++, access.account());
      statement.setLong(at++, mailboxId);
      statement.setLong(at++, changedSince);
      statement.setInt(at++, rows);
      statement.setInt(at++, rows);
      statement.setLong(at++, bodyUpTo);
      statement.setBoolean(at, items.getHeader());
      List<Row> found = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        FlagRange range = null;
        while (row.next()) {
          if (found.isEmpty()) {
            range = FlagRange.of(row.getString(16));
          }
          found.add(row(row, range, items, parsed));
        }
      }
      List<@Nullable Parsed> page =
          parsed.page(
              connection,
              access,
              found.stream().mapToLong(Row::messageId).toArray(),
              found.stream().<@Nullable Parsed>map(Row::parsed).toList());
      return new Found(
          found.subList(0, page.size()), page, page.size() < found.size() || found.size() == rows);
    }
  }

  private static Row row(
      ResultSet row, @Nullable FlagRange range, FetchItems items, ParsedColumns parsed)
      throws SQLException {
    FlagRange.State state = FlagRange.state(range, row, 1, 4, 2);
    FetchedMessage.Builder built =
        FetchedMessage.newBuilder().setUid((int) row.getLong(1)).setModseq(state.modseq());
    if (items.getFlags()) {
      built.setFlags(
          Flags.newBuilder().setSystem(state.flags()).addAllKeywords(Rows.texts(row, 3)));
    }
    if (items.getInternalDate()) {
      built.setInternalDateMillis(row.getLong(5)).setInternalDateZoneMinutes(row.getInt(6));
    }
    long size = row.getLong(7);
    if (items.getSize()) {
      built.setSize(size);
    }
    if (items.getIds()) {
      built
          .setMessageId(row.getLong(8))
          .setSaveDateMillis(row.getLong(9))
          .setThreadId(row.getLong(10));
    }
    if (items.getPreview()) {
      built.setPreview(row.getString(14));
    }
    Blobs.Place place = new Blobs.Place(Rows.uuid(row, 13), size, row.getInt(12));
    byte[] first = row.getBytes(15);
    if (first != null) {
      // Kept here until complete() has taken what was asked for.
      built.setBody(UnsafeByteOperations.unsafeWrap(first));
    }
    return new Row(built, row.getLong(8), place, row.getLong(11), parsed.read(row, 17));
  }

  /// Cuts header and body out of the first chunk, and fetches what is not in it.
  private void complete(long accountId, Row row, FetchItems items) {
    FetchedMessage.Builder message = row.message();
    ByteString first = message.getBody();
    message.clearBody();
    Blobs.Place place = row.place();
    boolean body = items.getBodyUpTo() > 0 && place.size() <= bodyUpTo(items);
    if (body) {
      ByteString whole =
          first.size() == place.size()
              ? first
              : UnsafeByteOperations.unsafeWrap(
                  blobs.read(accountId, place, 0, Math.toIntExact(place.size())));
      message.setBody(whole);
      first = whole;
    }
    if (items.getHeader() && row.headerOctets() <= INLINE_OCTETS) {
      int length = (int) row.headerOctets();
      message.setHeader(
          length <= first.size()
              ? first.substring(0, length)
              : UnsafeByteOperations.unsafeWrap(blobs.read(accountId, place, 0, length)));
    }
  }

  private static int bodyUpTo(FetchItems items) {
    return Integer.compareUnsigned(items.getBodyUpTo(), INLINE_OCTETS) > 0
        ? INLINE_OCTETS
        : items.getBodyUpTo();
  }
}
