package mailwing.store.persistence;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.SearchRows.Held;
import mailwing.store.persistence.SearchRows.ListSink;
import mailwing.store.persistence.SearchRows.NumbersSink;
import mailwing.store.persistence.SearchRows.OctetSink;
import mailwing.store.persistence.SearchRows.Threading;
import mailwing.store.persistence.SearchRows.Wanted;
import org.jspecify.annotations.Nullable;

/// Reads a mailbox's entries as arrays of numbers, a page at a time, ascending by UID; and what is
/// wanted of their messages, in the order of their ids, in which PostgreSQL finds them together.
final class EntryPages {
  /// Entries of a page.
  static final int ROWS = 4096;

  /// Envelopes that are in memory at a time: one may have thousands of addresses.
  private static final int ENVELOPES = 64;

  private static final String INTERNAL_DATE = "internal_date";
  private static final String MESSAGE_ID = "message_id";

  static final String NO_DATE = "CAST('" + Long.MIN_VALUE + "' AS bigint)";

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final Held NOTHING_ASKED = condition -> false;

  private final Connection connection;
  private final Access access;
  private final long mailboxId;
  private final @Nullable FlagRange range;
  private final Condition condition;
  private final long after;
  private final long last;

  /// @param range the mailbox's; null where flags and modseqs are of no interest
  /// @param condition of entries alone
  /// @param after every entry has a higher UID
  /// @param last the highest UID
  EntryPages(
      Connection connection,
      Access access,
      long mailboxId,
      @Nullable FlagRange range,
      Condition condition,
      long after,
      long last) {
    this.connection = connection;
    this.access = access;
    this.mailboxId = mailboxId;
    this.range = range;
    this.condition = condition;
    this.after = after;
    this.last = last;
  }

  /// Entries, each at the same place of all arrays.
  static final class Page {
    private final long[] uids;
    private final long[] modseqs;
    private final long[] sizes;
    private final long[] internalDates;
    private long[] sentDates;
    private final long[] messageIds;

    private Page(ResultSet row, Columns columns) throws SQLException {
      uids = BinaryArrays.strung(row.getBytes(1));
      modseqs = columns.numbers(row, "modseq", uids.length);
      sizes = columns.numbers(row, "size", uids.length);
      internalDates = columns.numbers(row, INTERNAL_DATE, uids.length);
      messageIds = columns.numbers(row, MESSAGE_ID, uids.length);
      sentDates = internalDates;
    }

    int count() {
      return uids.length;
    }

    void tell(NumbersSink sink) {
      for (int i = 0; i < uids.length; i++) {
        sink.take(uids[i], modseqs[i], sizes[i], internalDates[i], sentDates[i]);
      }
    }
  }

  /// Columns that are read of entries.
  private record Columns(List<String> names) {
    static Columns of(String... names) {
      return new Columns(List.of(names));
    }

    static Columns of(Wanted wanted) {
      List<String> names = new ArrayList<>(List.of("uid"));
      if (wanted.modseqs()) {
        names.add("modseq");
      }
      if (wanted.sizes()) {
        names.add("size");
      }
      if (wanted.internalDates()) {
        names.add(INTERNAL_DATE);
      }
      if (wanted.sentDates()) {
        names.add(MESSAGE_ID);
      }
      return new Columns(names);
    }

    String select() {
      return names.stream()
          .map(name -> BinaryArrays.string("t." + name))
          .collect(Collectors.joining(", "));
    }

    String inner() {
      return names.stream().map(name -> "e." + name).collect(Collectors.joining(", "));
    }

    long[] numbers(ResultSet row, String name, int count) throws SQLException {
      int at = names.indexOf(name);
      return at < 0 ? new long[count] : BinaryArrays.strung(row.getBytes(at + 1));
    }
  }

  void read(Wanted wanted, Consumer<Page> sink) throws SQLException {
    pages(
        Columns.of(wanted),
        page -> {
          if (wanted.sentDates()) {
            sentDates(page, wanted.internalDates());
          }
          sink.accept(page);
        });
  }

  void list(ListSink sink) throws SQLException {
    pages(
        Columns.of("uid", "modseq", MESSAGE_ID, "size"),
        page -> {
          for (int i = 0; i < page.count(); i++) {
            sink.take(
                page.uids[i], page.modseqs[i], page.messageIds[i], page.sizes[i], NOTHING_ASKED);
          }
        });
  }

  /// @param links with Message-IDs and references
  void threads(boolean links, Consumer<Threading> sink) throws SQLException {
    pages(Columns.of("uid", INTERNAL_DATE, MESSAGE_ID), page -> threads(page, links, sink));
  }

  void envelopes(OctetSink sink) throws SQLException {
    pages(Columns.of("uid", MESSAGE_ID), page -> envelopes(page, sink));
  }

  @FunctionalInterface
  private interface PageSink {
    void take(Page page) throws SQLException;
  }

  /// Aggregates take their input in the order of the subselect.
  private PreparedStatement select(Columns columns) throws SQLException {
    PreparedStatement statement =
        connection.prepareStatement(
            "SELECT "
                + columns.select()
                + " FROM (SELECT "
                + columns.inner()
                + " FROM "
                + access.entries(range)
                + " e WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid > ? AND e.uid <= ? AND"
                + " ("
                + condition.text()
                + ") ORDER BY e.uid LIMIT "
                + ROWS
                + ") t");
    statement.setLong(1, access.account());
    statement.setLong(2, mailboxId);
    condition.bind(statement, 5);
    return Sql.binary(statement);
  }

  private void pages(Columns columns, PageSink sink) throws SQLException {
    try (PreparedStatement statement = select(columns)) {
      statement.setLong(4, last);
      long reached = after;
      Page page;
      do {
        statement.setLong(3, reached);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          page = new Page(row, columns);
        }
        if (page.count() > 0) {
          reached = page.uids[page.count() - 1];
          sink.take(page);
        }
      } while (page.count() == ROWS);
    }
  }

  /// Of a page that was read without them, in the same snapshot.
  private long[] internalDates(Page page) throws SQLException {
    try (PreparedStatement statement = select(Columns.of(INTERNAL_DATE))) {
      statement.setLong(3, page.uids[0] - 1);
      statement.setLong(4, page.uids[page.count() - 1]);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return BinaryArrays.strung(row.getBytes(1));
      }
    }
  }

  /// @param internalDates whether the page has them
  private void sentDates(Page page, boolean internalDates) throws SQLException {
    Messages messages = new Messages(page);
    long[] dates = new long[page.count()];
    BitSet dated = new BitSet(dates.length);
    if (!messages.exact() || !sentDates(messages, false, dates, dated)) {
      sentDates(messages, true, dates, dated);
    }
    page.sentDates = dates;
    if (dated.cardinality() < dates.length) {
      long[] instead = internalDates ? page.internalDates : internalDates(page);
      for (int i = dated.nextClearBit(0); i < dates.length; i = dated.nextClearBit(i + 1)) {
        dates[i] = instead[i];
      }
    }
  }

  /// @param ids whether the messages tell their ids; else they come as they were asked for, or
  ///   nothing is done where some are missing
  private boolean sentDates(Messages messages, boolean ids, long[] dates, BitSet dated)
      throws SQLException {
    try (PreparedStatement statement =
            messages.select(
                "SELECT "
                    + BinaryArrays.string("coalesce(t.sent_millis, " + NO_DATE + ")")
                    + ", "
                    + (ids ? BinaryArrays.string("t.message_id") : "NULL")
                    + " FROM (SELECT m.message_id, m.sent_millis FROM message m WHERE ",
                " ORDER BY m.message_id) t");
        ResultSet row = statement.executeQuery()) {
      row.next();
      long[] sent = BinaryArrays.strung(row.getBytes(1));
      long[] its = ids ? BinaryArrays.strung(row.getBytes(2)) : messages.ids;
      if (sent.length != its.length) {
        return false;
      }
      for (int i = 0; i < its.length; i++) {
        for (int at = messages.first(its[i]); messages.is(at, its[i]); at++) {
          if (sent[i] != Long.MIN_VALUE) {
            int entry = messages.entry(at);
            dates[entry] = sent[i];
            dated.set(entry);
          }
        }
      }
      return true;
    }
  }

  private void threads(Page page, boolean links, Consumer<Threading> sink) throws SQLException {
    Messages messages = new Messages(page);
    Threading[] found = new Threading[page.count()];
    long[] rest =
        OverviewPages.read(
            connection,
            access,
            messages.ids,
            OverviewPages.LINKS,
            (id, octets, from, to) ->
                threading(
                    page,
                    messages,
                    id,
                    (long) LONGS.get(octets, from),
                    octets,
                    from + Long.BYTES,
                    found));
    if (rest.length > 0) {
      messages.reached = 0;
      threads(page, messages, rest, links, found);
    }
    for (Threading one : found) {
      // None where the message went between the pages.
      if (one != null) {
        sink.accept(one);
      }
    }
  }

  /// Of each entry of a message.
  ///
  /// @param sent the least number for no date
  /// @param from where its texts begin
  private static void threading(
      Page page, Messages messages, long id, long sent, byte[] texts, int from, Threading[] found) {
    for (int at = messages.first(id); messages.is(at, id); at++) {
      int entry = messages.entry(at);
      long internal = page.internalDates[entry];
      found[entry] =
          new Threading(
              (int) page.uids[entry],
              texts,
              from,
              sent == Long.MIN_VALUE ? internal : sent,
              internal);
    }
  }

  private void threads(Page page, Messages messages, long[] ids, boolean links, Threading[] found)
      throws SQLException {
    try (PreparedStatement statement =
            MessagesById.select(
                connection,
                access,
                ids,
                "SELECT m.message_id, m.base_subject, m.sent_millis"
                    + (links
                        ? ", m.message_id_header, array_send(m.reference_ids)"
                        : ", NULL, NULL")
                    + " FROM message m WHERE ",
                " ORDER BY m.message_id");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long sent = row.getLong(3);
        sent = row.wasNull() ? Long.MIN_VALUE : sent;
        threading(
            page,
            messages,
            row.getLong(1),
            sent,
            OverviewPages.texts(row.getBytes(2), row.getBytes(4), row.getBytes(5)),
            0,
            found);
      }
    }
  }

  private void envelopes(Page page, OctetSink sink) throws SQLException {
    Messages messages = new Messages(page);
    try (PreparedStatement statement =
        messages.select(
            "SELECT m.message_id, m.envelope FROM message m WHERE ", " ORDER BY m.message_id")) {
      statement.setFetchSize(ENVELOPES);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          long id = row.getLong(1);
          byte[] envelope = row.getBytes(2);
          for (int at = messages.first(id); messages.is(at, id); at++) {
            sink.take((int) page.uids[messages.entry(at)], envelope);
          }
        }
      }
    }
  }

  /// A page's messages in the order of their ids; one may have several entries.
  private final class Messages {
    private final long[] ids;
    private final int[] entries;
    private int reached;

    Messages(Page page) {
      int count = page.count();
      ids = page.messageIds.clone();
      entries = new int[count];
      Arrays.setAll(entries, i -> i);
      boolean ascending = true;
      for (int i = 1; i < count; i++) {
        ascending &= ids[i - 1] <= ids[i];
      }
      if (!ascending) {
        sort();
      }
    }

    /// Ids are counted from 1 in each account: above the place, they are whole.
    private void sort() {
      long[] places = new long[ids.length];
      for (int i = 0; i < places.length; i++) {
        places[i] = ids[i] * ROWS + i;
      }
      Arrays.sort(places);
      for (int i = 0; i < places.length; i++) {
        entries[i] = (int) (places[i] % ROWS);
        ids[i] = places[i] / ROWS;
      }
    }

    PreparedStatement select(String start, String end) throws SQLException {
      return MessagesById.select(connection, access, ids, start, end);
    }

    /// Are those that are found, where none is missing, one for each of the ids, in their order?
    boolean exact() {
      for (int i = 1; i < ids.length; i++) {
        if (ids[i - 1] == ids[i]) {
          return false;
        }
      }
      return MessagesById.exact(ids);
    }

    /// The first place with an id or a higher one; ids are asked for in ascending order.
    int first(long id) {
      while (reached < ids.length && ids[reached] < id) {
        reached++;
      }
      return reached;
    }

    boolean is(int at, long id) {
      return at < ids.length && ids[at] == id;
    }

    int entry(int at) {
      return entries[at];
    }
  }
}
