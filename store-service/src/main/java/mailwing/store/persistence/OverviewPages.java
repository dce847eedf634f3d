package mailwing.store.persistence;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What upkeep has put together of messages with ids that follow each other ([OverviewPageRows]).
///
/// Any of it may be missing at any time: of what is in no page the rows tell.
final class OverviewPages {
  static final String ENVELOPES = "envelopes";
  static final String LINKS = "links";

  /// A message's page is its id without so many bits.
  static final int SHIFT = 6;

  /// Messages of which a page is made.
  static final int MESSAGES = 1 << SHIFT;

  /// What pages hold is told as far as it is no more than this together. Octets.
  private static final int MOST = 2 << 20;

  /// Of fewer messages that are wanted of a page the rows are read.
  private static final int LEAST = MESSAGES / 4;

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private OverviewPages() {}

  /// Takes what a page holds of a message, from one place of its octets up to another.
  @FunctionalInterface
  interface Sink {
    void take(long id, byte[] octets, int from, int to);
  }

  /// Tells what pages hold of messages, in the order of their ids; the ids of those of which no
  /// page told, or of which it would have been too much.
  ///
  /// @param ids ascending
  static long[] read(Connection connection, Access access, long[] ids, String column, Sink sink)
      throws SQLException {
    long[] pages = dense(ids);
    if (pages.length == 0) {
      return ids;
    }
    long[] rest = new long[ids.length];
    int left = 0;
    int at = 0;
    try (PreparedStatement statement = select(connection, access, pages, column);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long first = row.getLong(1) << SHIFT;
        byte[] octets = row.getBytes(2);
        while (at < ids.length && ids[at] < first) {
          rest[left++] = ids[at++];
        }
        int next = 0;
        while (octets != null && next < octets.length) {
          long id = first + (short) SHORTS.get(octets, next);
          int from = next + Short.BYTES + Integer.BYTES;
          next = from + length(octets, next + Short.BYTES);
          while (at < ids.length && ids[at] < id) {
            rest[left++] = ids[at++];
          }
          if (at < ids.length && ids[at] == id) {
            sink.take(id, octets, from, next);
            while (at < ids.length && ids[at] == id) {
              at++;
            }
          }
        }
      }
    }
    System.arraycopy(ids, at, rest, left, ids.length - at);
    return Arrays.copyOf(rest, left + ids.length - at);
  }

  /// Texts as a page has them, each behind its length in four octets; that is negative for none.
  static byte[] texts(byte[] subject, byte @Nullable [] own, byte @Nullable [] references) {
    ByteBuffer all =
        ByteBuffer.allocate(3 * Integer.BYTES + subject.length + length(own) + length(references));
    put(all, subject);
    put(all, own);
    put(all, references);
    return all.array();
  }

  private static int length(byte @Nullable [] text) {
    return text == null ? 0 : text.length;
  }

  private static void put(ByteBuffer to, byte @Nullable [] text) {
    if (text == null) {
      to.putInt(-1);
    } else {
      to.putInt(text.length).put(text);
    }
  }

  /// A number in four octets.
  static int length(byte[] octets, int at) {
    return (int) INTS.get(octets, at);
  }

  /// The pages of which enough is wanted.
  private static long[] dense(long[] ids) {
    long[] pages = new long[ids.length / LEAST];
    int count = 0;
    int start = 0;
    for (int i = 1; i <= ids.length; i++) {
      if (i == ids.length || ids[i] >> SHIFT != ids[start] >> SHIFT) {
        if (i - start >= LEAST) {
          pages[count++] = ids[start] >> SHIFT;
        }
        start = i;
      }
    }
    return Arrays.copyOf(pages, count);
  }

  private static PreparedStatement select(
      Connection connection, Access access, long[] pages, String column) throws SQLException {
    long first = pages[0];
    long last = pages[pages.length - 1];
    String start =
        "SELECT o.page_no, CASE WHEN sum(octet_length(o."
            + column
            + ")) OVER (ORDER BY o.page_no) <= "
            + MOST
            + " THEN o."
            + column
            + " END FROM overview_page o WHERE o.account_id = ? AND o.page_no BETWEEN ? AND ?";
    String end = " ORDER BY o.page_no";
    return Sql.binary(
        last - first == pages.length - 1
            ? Sql.prepare(connection, start + end, access.account(), first, last)
            : Sql.prepare(
                connection,
                // As in MessagesById.
                start + " AND o.page_no = ANY (ARRAY(SELECT unnest(?)))" + end,
                access.account(),
                first,
                last,
                BinaryArrays.parameter(connection, pages)));
  }
}
