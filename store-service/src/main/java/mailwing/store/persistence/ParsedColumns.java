package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mailwing.store.StoreException;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// A message's envelope and structure, as far as they are asked for: some hundred octets nearly
/// always, a megabyte of a message that was made for it, and several times that as objects.
///
/// Small ones come with their message's row. Of the large ones of a page first the lengths are
/// asked for, which PostgreSQL knows without reading them, and those are read that the page has
/// room for.
final class ParsedColumns {
  /// A page of messages ends with the one that reaches this. Octets, as they are kept.
  static final int PAGE = 2 << 20;

  /// What is no larger comes with its row. Octets.
  static final int SMALL = 4 << 10;

  private final FetchItems items;
  private final boolean any;

  ParsedColumns(FetchItems items) {
    this.items = items;
    any = items.getEnvelope() || items.getStructure();
  }

  /// What was read; null for what was not asked for.
  ///
  /// @param large something of it is, and is not read yet
  record Parsed(@Nullable ByteString envelope, @Nullable ByteString structure, boolean large) {
    private static final Parsed NONE = new Parsed(null, null, false);
    private static final Parsed LARGE = new Parsed(null, null, true);

    private int octets() {
      return (envelope == null ? 0 : envelope.size()) + (structure == null ? 0 : structure.size());
    }
  }

  /// Columns of `message m`, each after a comma, as [#read] takes them; neither is ever null there.
  String small() {
    return any ? columns(small("%1$s"), "NULL") : "";
  }

  /// A column of `message m` where it is no larger than comes with others; else null.
  static String small(String column) {
    return "CASE WHEN octet_length(m." + column + ") <= " + SMALL + " THEN m." + column + " END";
  }

  private String columns(String column, String none) {
    return ", "
        + (items.getEnvelope() ? column.formatted("envelope") : none)
        + ", "
        + (items.getStructure() ? column.formatted("structure") : none);
  }

  /// What the columns hold that begin at `at`.
  Parsed read(ResultSet row, int at) throws SQLException {
    if (!any) {
      return Parsed.NONE;
    }
    Parsed parsed = whole(row, at);
    return (items.getEnvelope() && parsed.envelope() == null)
            || (items.getStructure() && parsed.structure() == null)
        ? Parsed.LARGE
        : parsed;
  }

  private static Parsed whole(ResultSet row, int at) throws SQLException {
    return new Parsed(octets(row, at), octets(row, at + 1), false);
  }

  private static @Nullable ByteString octets(ResultSet row, int column) throws SQLException {
    byte[] octets = row.getBytes(column);
    return octets == null ? null : UnsafeByteOperations.unsafeWrap(octets);
  }

  /// Those of a page, the large ones read: all nearly always, and at least one.
  ///
  /// @param ids of the messages
  /// @param parsed in the order in which they are told; null where the message is gone
  List<@Nullable Parsed> page(
      Connection connection, Access access, long[] ids, List<@Nullable Parsed> parsed)
      throws SQLException {
    Map<Long, Integer> lengths = lengths(connection, access, large(ids, parsed));
    long octets = 0;
    int count = 0;
    while (count < parsed.size() && octets < PAGE) {
      Parsed its = parsed.get(count);
      if (its != null) {
        octets += its.large() ? lengths.getOrDefault(ids[count], 0) : its.octets();
      }
      count++;
    }
    List<@Nullable Parsed> page = parsed.subList(0, count);
    long[] large = large(ids, page);
    if (large.length == 0) {
      return page;
    }
    Map<Long, Parsed> whole = whole(connection, access, large);
    List<@Nullable Parsed> all = new ArrayList<>(page);
    for (int i = 0; i < count; i++) {
      if (isLarge(page.get(i))) {
        all.set(i, whole.get(ids[i]));
      }
    }
    return all;
  }

  private static boolean isLarge(@Nullable Parsed parsed) {
    return parsed != null && parsed.large();
  }

  /// Their ids, ascending.
  private static long[] large(long[] ids, List<@Nullable Parsed> parsed) {
    return IntStream.range(0, parsed.size())
        .filter(i -> isLarge(parsed.get(i)))
        .mapToLong(i -> ids[i])
        .sorted()
        .toArray();
  }

  private Map<Long, Integer> lengths(Connection connection, Access access, long[] ids)
      throws SQLException {
    return byId(
        connection,
        access,
        ids,
        columns("octet_length(m.%s)", "0"),
        row -> row.getInt(2) + row.getInt(3));
  }

  private Map<Long, Parsed> whole(Connection connection, Access access, long[] ids)
      throws SQLException {
    return byId(connection, access, ids, columns("m.%s", "NULL"), row -> whole(row, 2));
  }

  private interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /// Of those messages that are still there.
  private static <T> Map<Long, T> byId(
      Connection connection, Access access, long[] ids, String columns, Reader<T> reader)
      throws SQLException {
    if (ids.length == 0) {
      return Map.of();
    }
    Map<Long, T> found = HashMap.newHashMap(ids.length);
    try (PreparedStatement statement =
            MessagesById.exactly(
                connection,
                access,
                ids,
                "SELECT m.message_id" + columns + " FROM message m WHERE ",
                "");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        found.put(row.getLong(1), reader.read(row));
      }
    }
    return found;
  }

  /// Tells of a message what was read.
  void tell(FetchedMessage.Builder message, Parsed its) {
    ByteString envelope = its.envelope();
    ByteString structure = its.structure();
    try {
      if (envelope != null && items.getEncoded()) {
        message.setEncodedEnvelope(envelope);
      } else if (envelope != null) {
        message.setEnvelope(Envelope.parseFrom(envelope));
      }
      if (structure != null) {
        message.setStructure(Part.parseFrom(structure));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a stored structure is damaged", e);
    }
  }
}
