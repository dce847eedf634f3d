package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.function.Consumer;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.SearchRows.OctetSink;
import mailwing.store.persistence.SearchRows.Threading;

/// Reads a mailbox's entries as arrays of numbers, a page at a time, ascending by UID; and what is
/// wanted of their messages, in the order of their ids, in which PostgreSQL finds them together.
final class EntryPages {
  /// Entries of a page.
  static final int ROWS = 4096;

  private final Connection connection;
  private final Access access;
  private final long mailboxId;
  private final Condition condition;

  /// @param condition of entries alone
  EntryPages(Connection connection, Access access, long mailboxId, Condition condition) {
    this.connection = connection;
    this.access = access;
    this.mailboxId = mailboxId;
    this.condition = condition;
  }

  /// Entries, each at the same place of all arrays.
  static final class Page {
    final long[] uids;
    final long[] modseqs;
    final long[] sizes;
    final long[] internalDates;

    /// The sent dates, else the internal dates (RFC 5256 section 2.2); equal to the latter where
    /// they were not asked for.
    final long[] sentDates;

    private final long[] messageIds;

    private Page(ResultSet row) throws SQLException {
      uids = BinaryArrays.numbers(row.getBytes(1));
      modseqs = BinaryArrays.numbers(row.getBytes(2));
      sizes = BinaryArrays.numbers(row.getBytes(3));
      internalDates = BinaryArrays.numbers(row.getBytes(4));
      messageIds = BinaryArrays.numbers(row.getBytes(5));
      sentDates = internalDates.clone();
    }

    int count() {
      return uids.length;
    }
  }

  /// @param sent with the sent dates
  void read(boolean sent, Consumer<Page> sink) throws SQLException {
    pages(
        0,
        page -> {
          if (sent) {
            sentDates(page);
          }
          sink.accept(page);
        });
  }

  /// @param links with Message-IDs and references
  void threads(boolean links, Consumer<Threading> sink) throws SQLException {
    pages(0, page -> threads(page, links, sink));
  }

  /// @param first the lowest UID
  void envelopes(long first, OctetSink sink) throws SQLException {
    pages(first - 1, page -> envelopes(page, sink));
  }

  @FunctionalInterface
  private interface PageSink {
    void take(Page page) throws SQLException;
  }

  private void pages(long from, PageSink sink) throws SQLException {
    // Aggregates take their input in the order of the subselect.
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT array_send(array_agg(t.uid)), array_send(array_agg(t.modseq)),"
                + " array_send(array_agg(t.size)), array_send(array_agg(t.internal_date)),"
                + " array_send(array_agg(t.message_id))"
                + " FROM (SELECT e.uid, e.modseq, e.size, e.internal_date, e.message_id FROM "
                + access.entries()
                + " e WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid > ? AND ("
                + condition.text()
                + ") ORDER BY e.uid LIMIT "
                + ROWS
                + ") t")) {
      statement.setLong(1, access.account());
      statement.setLong(2, mailboxId);
      condition.bind(statement, 4);
      long after = from;
      Page page;
      do {
        statement.setLong(3, after);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          page = new Page(row);
        }
        if (page.count() > 0) {
          after = page.uids[page.count() - 1];
          sink.take(page);
        }
      } while (page.count() == ROWS);
    }
  }

  private void sentDates(Page page) throws SQLException {
    Messages messages = new Messages(page);
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
          page.sentDates[messages.entry(at)] = sent[i];
        }
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

    private void sort() {
      Integer[] order = new Integer[ids.length];
      Arrays.setAll(order, i -> i);
      long[] unsorted = ids.clone();
      Arrays.sort(order, (a, b) -> Long.compare(unsorted[a], unsorted[b]));
      for (int i = 0; i < order.length; i++) {
        entries[i] = order[i];
        ids[i] = unsorted[order[i]];
      }
    }

    PreparedStatement select(String start, String end) throws SQLException {
      return MessagesById.select(connection, access, ids, start, end);
    }

    /// The first place with an id, which is there.
    int first(long id) {
      int at = Arrays.binarySearch(ids, id);
      while (at > 0 && ids[at - 1] == id) {
        at--;
      }
      return at;
    }

    boolean is(int at, long id) {
      return at >= 0 && at < ids.length && ids[at] == id;
    }

    int entry(int at) {
      return entries[at];
    }
  }
}
