package mailwing.store.persistence;

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

  private static final String INTERNAL_DATE = "internal_date";
  private static final String MESSAGE_ID = "message_id";

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
      uids = BinaryArrays.numbers(row.getBytes(1));
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
          .map(name -> "array_send(array_agg(t." + name + "))")
          .collect(Collectors.joining(", "));
    }

    String inner() {
      return names.stream().map(name -> "e." + name).collect(Collectors.joining(", "));
    }

    long[] numbers(ResultSet row, String name, int count) throws SQLException {
      int at = names.indexOf(name);
      return at < 0 ? new long[count] : BinaryArrays.numbers(row.getBytes(at + 1));
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
                + " e WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid > ? AND e.uid <= ? AND ("
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
        return BinaryArrays.numbers(row.getBytes(1));
      }
    }
  }

  /// @param internalDates whether the page has them
  private void sentDates(Page page, boolean internalDates) throws SQLException {
    Messages messages = new Messages(page);
    long[] dates = new long[page.count()];
    BitSet dated = new BitSet(dates.length);
    try (PreparedStatement statement =
            messages.select(
                "SELECT array_send(array_agg(t.message_id)), array_send(array_agg(t.sent_millis))"
                    + " FROM (SELECT m.message_id, m.sent_millis FROM message m WHERE ",
                " AND m.sent_millis IS NOT NULL ORDER BY m.message_id) t");
        ResultSet row = statement.executeQuery()) {
      row.next();
      long[] ids = BinaryArrays.numbers(row.getBytes(1));
      long[] sent = BinaryArrays.numbers(row.getBytes(2));
      for (int i = 0; i < ids.length; i++) {
        for (int at = messages.first(ids[i]); messages.is(at, ids[i]); at++) {
          int entry = messages.entry(at);
          dates[entry] = sent[i];
          dated.set(entry);
        }
      }
    }
    page.sentDates = dates;
    if (dated.cardinality() < dates.length) {
      long[] instead = internalDates ? page.internalDates : internalDates(page);
      for (int i = dated.nextClearBit(0); i < dates.length; i = dated.nextClearBit(i + 1)) {
        dates[i] = instead[i];
      }
    }
  }

  private void threads(Page page, boolean links, Consumer<Threading> sink) throws SQLException {
    Messages messages = new Messages(page);
    Threading[] found = new Threading[page.count()];
    try (PreparedStatement statement =
            messages.select(
                "SELECT m.message_id, m.base_subject, m.sent_millis"
                    + (links
                        ? ", m.message_id_header, array_to_string(m.reference_ids, E'\\n')"
                        : ", NULL, NULL")
                    + " FROM message m WHERE ",
                " ORDER BY m.message_id");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long id = row.getLong(1);
        byte[] subject = row.getBytes(2);
        long sent = row.getLong(3);
        boolean dated = !row.wasNull();
        byte[] own = row.getBytes(4);
        byte[] references = row.getBytes(5);
        for (int at = messages.first(id); messages.is(at, id); at++) {
          int entry = messages.entry(at);
          long internal = page.internalDates[entry];
          found[entry] =
              new Threading(
                  (int) page.uids[entry],
                  own,
                  references,
                  subject,
                  dated ? sent : internal,
                  internal);
        }
      }
    }
    for (Threading one : found) {
      // None where the message went between the pages.
      if (one != null) {
        sink.accept(one);
      }
    }
  }

  private void envelopes(Page page, OctetSink sink) throws SQLException {
    Messages messages = new Messages(page);
    try (PreparedStatement statement =
            messages.select(
                "SELECT m.message_id, m.envelope FROM message m WHERE ", " ORDER BY m.message_id");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long id = row.getLong(1);
        byte[] envelope = row.getBytes(2);
        for (int at = messages.first(id); messages.is(at, id); at++) {
          sink.take((int) page.uids[messages.entry(at)], envelope);
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
