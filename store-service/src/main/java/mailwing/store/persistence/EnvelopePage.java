package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchedMessage;
import org.jspecify.annotations.Nullable;

/// Reads nothing of neighbouring messages but their envelopes, as they are kept: what lists of
/// messages are made from.
///
/// They come from pages that lie together ([OverviewPages]). Of messages that are in none
/// PostgreSQL puts the envelopes together, so that they come as one row: a row for each message
/// costs as much again to hand over and to take.
final class EnvelopePage {
  private static final FetchItems ENVELOPES =
      FetchItems.newBuilder().setEnvelope(true).setEncoded(true).build();

  /// Where fewer than one of so many is in no page, others are likely to be in one too.
  private static final int SOME = 8;

  private EnvelopePage() {}

  /// Is that all that is asked for? No modseq is told then.
  static boolean isAll(FetchItems items) {
    return items.equals(ENVELOPES);
  }

  /// At most `most` messages of a range of UIDs, and of those that are in no page at most `rows`;
  /// null where an envelope is large, and does not come with others.
  static OverviewRows.@Nullable Page read(
      Connection connection, Access access, long mailboxId, UidSpans uids, int most, int rows)
      throws SQLException {
    Entries entries = entries(connection, access, mailboxId, uids, most);
    int count = entries.uids.length;
    if (count == 0) {
      return OverviewRows.Page.NOTHING;
    }
    Envelopes envelopes = new Envelopes(entries.messageIds);
    long[] rest =
        OverviewPages.read(
            connection, access, envelopes.ids, OverviewPages.ENVELOPES, envelopes::take);
    boolean dense = rest.length <= count / SOME;
    int end = count;
    if (rest.length > rows) {
      end = envelopes.upTo(entries.messageIds, rows);
      rest = envelopes.missing(Arrays.copyOf(entries.messageIds, end));
    }
    if (rest.length > 0 && !rows(connection, access, rest, envelopes)) {
      return null;
    }
    List<FetchedMessage> found = new ArrayList<>(end);
    // One for all of them: it is larger than what it builds.
    FetchedMessage.Builder message = FetchedMessage.newBuilder();
    for (int i = 0; i < end; i++) {
      ByteString envelope = envelopes.of(entries.messageIds[i]);
      // Else expunged and removed between the statements.
      if (envelope != null) {
        found.add(message.setUid((int) entries.uids[i]).setEncodedEnvelope(envelope).build());
      }
    }
    return new OverviewRows.Page(found, end < count || count == most, entries.uids[end - 1], dense);
  }

  /// Each at the same place of both.
  @SuppressWarnings("ArrayRecordComponent") // its own
  private record Entries(long[] uids, long[] messageIds) {}

  private static Entries entries(
      Connection connection, Access access, long mailboxId, UidSpans uids, int rows)
      throws SQLException {
    try (PreparedStatement statement =
            Sql.binary(
                Sql.prepare(
                    connection,
                    // Flags and modseqs, which a range or somebody else's may change, are not read.
                    "SELECT "
                        + BinaryArrays.string("t.uid")
                        + ", "
                        + BinaryArrays.string("t.message_id")
                        + " FROM (SELECT e.uid, e.message_id FROM entry e WHERE e.account_id = ?"
                        + " AND e.mailbox_id = ? AND e.uid BETWEEN ? AND ?"
                        + " ORDER BY e.uid LIMIT ?) t",
                    access.account(),
                    mailboxId,
                    uids.first(),
                    uids.last(),
                    rows));
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Entries(
          BinaryArrays.strung(row.getBytes(1)), BinaryArrays.strung(row.getBytes(2)));
    }
  }

  /// Takes those of messages' rows; false where one is large, and is not among them.
  private static boolean rows(
      Connection connection, Access access, long[] messageIds, Envelopes into) throws SQLException {
    try (PreparedStatement statement =
            MessagesById.select(
                connection,
                access,
                messageIds,
                "SELECT "
                    + BinaryArrays.string("t.message_id")
                    + ", "
                    + BinaryArrays.string("t.length")
                    + ", string_agg(t.envelope, NULL) FROM (SELECT m.message_id,"
                    + " CAST(octet_length(m.envelope) AS bigint) AS length, "
                    + ParsedColumns.small("envelope")
                    + " AS envelope FROM message m WHERE ",
                " ORDER BY m.message_id) t");
        ResultSet row = statement.executeQuery()) {
      row.next();
      long[] ids = BinaryArrays.strung(row.getBytes(1));
      long[] lengths = BinaryArrays.strung(row.getBytes(2));
      byte[] all = row.getBytes(3);
      byte[] octets = all == null ? new byte[0] : all;
      if (Arrays.stream(lengths).sum() != octets.length) {
        return false;
      }
      int end = 0;
      for (int i = 0; i < ids.length; i++) {
        int start = end;
        end += (int) lengths[i];
        into.take(ids[i], octets, start, end);
      }
      return true;
    }
  }

  /// Those of some messages.
  private static final class Envelopes {
    private final long[] ids;
    private final @Nullable ByteString[] found;

    /// @param ids in any order, some of them twice
    private Envelopes(long[] ids) {
      this.ids = ids.clone();
      Arrays.sort(this.ids);
      found = new ByteString[ids.length];
    }

    /// Where it lies: who keeps one keeps those beside it.
    private void take(long id, byte[] octets, int from, int to) {
      int at = Arrays.binarySearch(ids, id);
      if (at >= 0) {
        found[at] = UnsafeByteOperations.unsafeWrap(octets, from, to - from);
      }
    }

    /// How many messages there are to the last one before more than so many are missing.
    private int upTo(long[] messageIds, int most) {
      int missing = 0;
      int end = 0;
      while (end < messageIds.length && (of(messageIds[end]) != null || missing++ < most)) {
        end++;
      }
      return end;
    }

    /// Those that were not found yet, ascending.
    private long[] missing(long[] messageIds) {
      return Arrays.stream(messageIds).filter(id -> of(id) == null).sorted().distinct().toArray();
    }

    /// Null of a message that is gone.
    private @Nullable ByteString of(long id) {
      return found[Arrays.binarySearch(ids, id)];
    }
  }
}
