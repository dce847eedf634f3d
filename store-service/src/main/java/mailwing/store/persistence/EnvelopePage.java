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
import mailwing.store.v1.EnvelopeArrays;
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

  private static final FetchItems TOGETHER = ENVELOPES.toBuilder().setEnvelopeArrays(true).build();

  /// Where fewer than one of so many is in no page, others are likely to be in one too.
  private static final int SOME = 8;

  /// Blocks are no more together. Octets.
  private static final int MOST_TOGETHER = (3 << 20) - (128 << 10);

  private static final int MISSING = -1;

  private EnvelopePage() {}

  /// Is that all that is asked for? No modseq is told then.
  static boolean isAll(FetchItems items) {
    return items.equals(ENVELOPES) || items.equals(TOGETHER);
  }

  /// At most `most` messages of a range of UIDs, and of those that are in no page at most `rows`;
  /// null where an envelope is large, and does not come with others.
  static OverviewRows.@Nullable Page read(
      Connection connection,
      Access access,
      long mailboxId,
      UidSpans uids,
      FetchItems items,
      int most,
      int rows)
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
    boolean more = end < count || count == most;
    long last = entries.uids[end - 1];
    return items.getEnvelopeArrays() && envelopes.mayComeTogether()
        ? new OverviewRows.Page(List.of(), together(entries, end, envelopes), more, last, dense)
        : new OverviewRows.Page(messages(entries, end, envelopes), null, more, last, dense);
  }

  private static EnvelopeArrays together(Entries entries, int end, Envelopes envelopes) {
    EnvelopeArrays.Builder all = EnvelopeArrays.newBuilder();
    for (int i = 0; i < end; i++) {
      int at = envelopes.place(i, entries.messageIds[i]);
      if (envelopes.has(at)) {
        all.addUids((int) entries.uids[i])
            .addStarts(envelopes.starts[at])
            .addLengths(envelopes.lengths[at]);
      }
    }
    for (byte[] block : envelopes.blocks) {
      all.addBlocks(UnsafeByteOperations.unsafeWrap(block));
    }
    return all.build();
  }

  private static List<FetchedMessage> messages(Entries entries, int end, Envelopes envelopes) {
    List<FetchedMessage> found = new ArrayList<>(end);
    // One for all of them: it is larger than what it builds.
    FetchedMessage.Builder message = FetchedMessage.newBuilder();
    for (int i = 0; i < end; i++) {
      int at = envelopes.place(i, entries.messageIds[i]);
      if (envelopes.has(at)) {
        found.add(
            message.setUid((int) entries.uids[i]).setEncodedEnvelope(envelopes.octets(at)).build());
      }
    }
    return found;
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

  /// Those of some messages, where they lie in what PostgreSQL sent: who keeps one keeps those
  /// beside it.
  private static final class Envelopes {
    private final long[] ids;

    /// Of each where it begins in the blocks, as if these were one after another, and how many
    /// octets it has, or [#MISSING].
    private final int[] starts;

    private final int[] lengths;
    private final List<byte[]> blocks = new ArrayList<>();

    /// Where each block begins.
    private int[] begins = new int[16];

    private int octetsOfBlocks;
    private long octetsOfMessages;

    /// @param ids in any order, some of them twice
    private Envelopes(long[] ids) {
      this.ids = ascending(ids);
      starts = new int[this.ids.length];
      lengths = new int[this.ids.length];
      Arrays.fill(lengths, MISSING);
    }

    /// Each of them once.
    private static long[] ascending(long[] ids) {
      long[] sorted = ids.clone();
      Arrays.sort(sorted);
      int count = 0;
      for (int i = 0; i < sorted.length; i++) {
        if (i == 0 || sorted[i] != sorted[count - 1]) {
          sorted[count++] = sorted[i];
        }
      }
      return count == sorted.length ? sorted : Arrays.copyOf(sorted, count);
    }

    private void take(long id, byte[] octets, int from, int to) {
      int at = Arrays.binarySearch(ids, id);
      if (at >= 0) {
        starts[at] = begin(octets) + from;
        lengths[at] = to - from;
        octetsOfMessages += to - from;
      }
    }

    /// Where a block begins, which is the last one or a new one.
    @SuppressWarnings("ReferenceEquality") // its messages come one after another
    private int begin(byte[] block) {
      int count = blocks.size();
      if (count > 0 && blocks.getLast() == block) {
        return begins[count - 1];
      }
      if (count == begins.length) {
        begins = Arrays.copyOf(begins, 2 * count);
      }
      begins[count] = octetsOfBlocks;
      blocks.add(block);
      octetsOfBlocks = Math.addExact(octetsOfBlocks, block.length);
      return begins[count];
    }

    /// Whether the blocks are little enough for a frame, and half of them wanted.
    private boolean mayComeTogether() {
      return octetsOfBlocks <= MOST_TOGETHER && octetsOfMessages >= octetsOfBlocks / 2;
    }

    /// How many messages there are to the last one before more than so many are missing.
    private int upTo(long[] messageIds, int most) {
      int missing = 0;
      int end = 0;
      while (end < messageIds.length && (has(place(end, messageIds[end])) || missing++ < most)) {
        end++;
      }
      return end;
    }

    /// Those that were not found yet, ascending.
    private long[] missing(long[] messageIds) {
      return Arrays.stream(messageIds)
          .filter(id -> !has(Arrays.binarySearch(ids, id)))
          .sorted()
          .distinct()
          .toArray();
    }

    /// Where a message is among the ids; nearly always where it is among the entries.
    private int place(int entry, long id) {
      return entry < ids.length && ids[entry] == id ? entry : Arrays.binarySearch(ids, id);
    }

    /// Else it was expunged and removed between the statements.
    private boolean has(int at) {
      return lengths[at] != MISSING;
    }

    private ByteString octets(int at) {
      int block = Arrays.binarySearch(begins, 0, blocks.size(), starts[at]);
      int its = block < 0 ? -block - 2 : block;
      return UnsafeByteOperations.unsafeWrap(
          blocks.get(its), starts[at] - begins[its], lengths[at]);
    }
  }
}
