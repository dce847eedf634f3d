package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Finds entries of a mailbox by what columns hold.
public final class SearchRows {
  private static final String JOIN_MESSAGES =
      " JOIN message m ON m.account_id = e.account_id AND m.message_id = e.message_id";

  private static final int FETCH_ROWS = 1000;

  /// The relevancy of what matches as it was asked for.
  public static final int WHOLLY = 100;

  private final Sql sql;
  private final Halves halves;

  public SearchRows(Sql sql) {
    this.sql = sql;
    this.halves = new Halves(sql);
  }

  /// A condition over `e` (entry) and `m` (message), never null, with its parameters in order. Its
  /// text is made of constants; what a client gave is a parameter.
  public record Condition(String text, List<Object> parameters) {
    public static Condition of(String text, Object... parameters) {
      return new Condition(text, List.of(parameters));
    }

    /// All of them joined by AND or OR; `none` where there are none.
    public static Condition join(String word, List<Condition> parts, String none) {
      if (parts.isEmpty()) {
        return of(none);
      }
      List<String> texts = new ArrayList<>();
      List<Object> parameters = new ArrayList<>();
      for (Condition part : parts) {
        texts.add("(" + part.text() + ")");
        parameters.addAll(part.parameters());
      }
      return new Condition(String.join(word, texts), parameters);
    }

    public Condition negated() {
      return new Condition("NOT (" + text + ")", parameters);
    }

    /// Does it go by nothing but entries?
    public boolean ofEntries() {
      return !text.contains("m.");
    }

    /// The position after its parameters.
    int bind(PreparedStatement statement, int first) throws SQLException {
      int at = first;
      for (Object parameter : parameters) {
        statement.setObject(at++, parameter);
      }
      return at;
    }
  }

  /// The text that a message in doubt is decided by.
  ///
  /// @param octets the whole message, or as much of it as was asked for, where that is in one chunk
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  public record Source(
      long messageId,
      Blobs.Place place,
      long headerOctets,
      byte[] structure,
      byte @Nullable [] octets) {}

  /// Takes what is found, as it is found.
  @FunctionalInterface
  public interface Sink {
    void take(long uid, long modseq, int relevancy);

    /// Whether anybody still waits for what is found; asked now and then.
    default boolean wanted() {
      return true;
    }

    /// Whether modseqs are told; else any will do.
    default boolean modseqs() {
      return true;
    }
  }

  /// Messages found, with what RFC 6203 calls relevancy.
  public static final class Found {
    private long[] uids = new long[64];
    private int[] relevancies = new int[64];
    private int count;

    public void add(long uid, int relevancy) {
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
        relevancies = Arrays.copyOf(relevancies, count * 2);
      }
      uids[count] = uid;
      relevancies[count++] = relevancy;
    }

    private String uids() {
      return array(i -> uids[i]);
    }

    private String relevancies() {
      return array(i -> relevancies[i]);
    }

    private String array(IntToLongFunction number) {
      StringBuilder text = new StringBuilder("{");
      for (int i = 0; i < count; i++) {
        text.append(i == 0 ? "" : ",").append(number.applyAsLong(i));
      }
      return text.append('}').toString();
    }
  }

  /// Which of the conditions that were asked hold, by place.
  @FunctionalInterface
  public interface Held {
    boolean of(int condition);
  }

  /// Takes entries as they are listed; `held` is good for that long.
  @FunctionalInterface
  public interface ListSink {
    void take(long uid, long modseq, long messageId, long size, Held held);
  }

  /// UIDs and modseqs of what meets the condition, in the order of `order`, SQL made of constants.
  /// A cursor: any number of rows in little memory.
  public void matches(Access access, long mailboxId, Condition condition, String order, Sink sink) {
    boolean message = !condition.ofEntries() || order.contains("m.");
    sql.snapshot(
        connection -> {
          FlagRange range = FlagRange.find(connection, access, mailboxId);
          try (PreparedStatement statement =
              connection.prepareStatement(
                  select("e.uid, e.modseq", access.entries(range), message, condition, order))) {
            statement.setLong(1, access.account());
            statement.setLong(2, mailboxId);
            condition.bind(statement, 3);
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                sink.take(row.getLong(1), row.getLong(2), WHOLLY);
              }
            }
          }
          return true;
        });
  }

  /// What was found, in the order of `order`, which may name `r.relevancy`.
  public void sorted(Access access, long mailboxId, Found found, String order, Sink sink) {
    sql.snapshot(
        connection -> {
          FlagRange range = FlagRange.find(connection, access, mailboxId);
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT e.uid, e.modseq, r.relevancy"
                      + " FROM unnest(CAST(? AS int8[]), CAST(? AS int4[])) r (uid, relevancy)"
                      + " JOIN "
                      + access.entries(range)
                      + " e ON e.account_id = ? AND e.mailbox_id = ? AND e.uid = r.uid"
                      + JOIN_MESSAGES
                      + " ORDER BY "
                      + order)) {
            statement.setString(1, found.uids());
            statement.setString(2, found.relevancies());
            statement.setLong(3, access.account());
            statement.setLong(4, mailboxId);
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                sink.take(row.getLong(1), row.getLong(2), row.getInt(3));
              }
            }
          }
          return true;
        });
  }

  /// Entries that meet the condition, ascending by UID in each part and from part to part, with
  /// what holds of them.
  ///
  /// @param messages how many are in the mailbox, about
  /// @param parts makes what takes a part
  public <T extends ListSink> List<T> list(
      Access access,
      long mailboxId,
      long messages,
      Condition condition,
      List<Condition> asked,
      Supplier<T> parts) {
    if (asked.isEmpty() && condition.ofEntries()) {
      return parts(access, mailboxId, messages, condition, parts, EntryPages::list);
    }
    T whole = parts.get();
    list(access, mailboxId, condition, asked, whole);
    return List.of(whole);
  }

  private void list(
      Access access, long mailboxId, Condition condition, List<Condition> asked, ListSink sink) {
    StringBuilder columns = new StringBuilder("e.uid, e.modseq, e.message_id, e.size");
    asked.forEach(one -> columns.append(", (").append(one.text()).append(")"));
    boolean message = !condition.ofEntries() || asked.stream().anyMatch(one -> !one.ofEntries());
    sql.snapshot(
        connection -> {
          String text =
              select(
                  columns.toString(),
                  access.entries(FlagRange.find(connection, access, mailboxId)),
                  message,
                  condition,
                  "e.uid");
          try (PreparedStatement statement = connection.prepareStatement(text)) {
            int at = 1;
            for (Condition one : asked) {
              at = one.bind(statement, at);
            }
            statement.setLong(at++, access.account());
            statement.setLong(at++, mailboxId);
            condition.bind(statement, at);
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
              boolean[] held = new boolean[asked.size()];
              while (row.next()) {
                for (int i = 0; i < held.length; i++) {
                  held[i] = row.getBoolean(5 + i);
                }
                sink.take(
                    row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), i -> held[i]);
              }
            }
          }
          return true;
        });
  }

  /// Which numbers are read of entries beside their UIDs; all others are 0. The sent date is the
  /// internal date where there is none (RFC 5256 section 2.2).
  public record Wanted(boolean modseqs, boolean sizes, boolean internalDates, boolean sentDates) {}

  /// Takes numbers of entries.
  @FunctionalInterface
  public interface NumbersSink {
    void take(long uid, long modseq, long size, long internalMillis, long sentMillis);
  }

  /// Numbers of entries that meet the condition, which goes by entries alone, ascending by UID in
  /// each part and from part to part.
  ///
  /// @param messages how many are in the mailbox, about
  /// @param parts makes what takes a part
  public <T extends NumbersSink> List<T> numbers(
      Access access,
      long mailboxId,
      long messages,
      Condition condition,
      Wanted wanted,
      Supplier<T> parts) {
    return parts(
        access,
        mailboxId,
        messages,
        condition,
        parts,
        (pages, part) -> pages.read(wanted, page -> page.tell(part)));
  }

  /// Of a mailbox, which two parameters name, account and id, before those of the condition.
  ///
  /// @param message whether columns of `message m` are asked for
  private static String select(
      String columns, String entries, boolean message, Condition condition, String order) {
    return "SELECT "
        + columns
        + " FROM "
        + entries
        + " e"
        + (message ? JOIN_MESSAGES : "")
        + " WHERE e.account_id = ? AND e.mailbox_id = ? AND ("
        + condition.text()
        + ") ORDER BY "
        + order;
  }

  /// What THREAD goes by.
  ///
  /// @param texts holds the base subject, the Message-ID and the references from a place on, as
  ///   [OverviewPages] has them
  /// @param sentMillis the sent date, else the internal date (RFC 5256 section 2.2)
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  public record Threading(int uid, byte[] texts, int from, long sentMillis, long internalMillis) {
    /// Octets before the first reference.
    public static final int HEAD_OF_REFERENCES = BinaryArrays.HEAD;
  }

  /// Messages that meet the condition, which goes by entries alone, ascending by UID in each part
  /// and from part to part, each handed on as it comes.
  ///
  /// @param messages how many are in the mailbox, about
  /// @param links with Message-IDs and references, which are left out else
  /// @param parts makes what takes a part
  public <T extends Consumer<Threading>> List<T> threads(
      Access access,
      long mailboxId,
      long messages,
      Condition condition,
      boolean links,
      Supplier<T> parts) {
    return parts(
        access, mailboxId, messages, condition, parts, (pages, part) -> pages.threads(links, part));
  }

  @FunctionalInterface
  private interface Reading<T> {
    void read(EntryPages pages, T part) throws SQLException;
  }

  private <T> List<T> parts(
      Access access,
      long mailboxId,
      long messages,
      Condition condition,
      Supplier<T> parts,
      Reading<T> reading) {
    return halves.read(
        access,
        mailboxId,
        messages,
        (connection, after, last) -> {
          T part = parts.get();
          FlagRange range = FlagRange.find(connection, access, mailboxId);
          reading.read(
              new EntryPages(connection, access, mailboxId, range, condition, after, last), part);
          return part;
        });
  }

  /// Takes what a message's row holds as octets.
  @FunctionalInterface
  public interface OctetSink {
    void take(int uid, byte[] octets);
  }

  /// The envelopes of messages by their UIDs, each handed on as it comes.
  public void envelopes(Access access, long mailboxId, Collection<Integer> uids, OctetSink sink) {
    long[] wanted = uids.stream().mapToLong(Integer::toUnsignedLong).sorted().toArray();
    sql.snapshot(
        connection -> {
          for (int from = 0; from < wanted.length; from += EntryPages.ROWS) {
            int to = Math.min(wanted.length, from + EntryPages.ROWS);
            Condition some =
                Condition.of(
                    "e.uid = ANY (ARRAY(SELECT unnest(?)))",
                    BinaryArrays.parameter(connection, Arrays.copyOfRange(wanted, from, to)));
            new EntryPages(
                    connection, access, mailboxId, null, some, wanted[from] - 1, wanted[to - 1])
                .envelopes(sink);
          }
          return true;
        });
  }

  /// The text of messages by their ids.
  ///
  /// @param body the whole message is needed, else its header
  public List<Source> sources(long accountId, Collection<Long> ids, boolean body) {
    String text =
        "SELECT m.message_id, m.blob_id, m.size, m.first_chunk_octets, m.header_octets,"
            + " m.structure, "
            + (body
                ? "CASE WHEN m.size = m.first_chunk_octets THEN b.octets END"
                : "CASE WHEN m.header_octets <= m.first_chunk_octets"
                    + " THEN substring(b.octets FROM 1 FOR CAST(m.header_octets AS integer)) END")
            + " FROM message m LEFT JOIN blob_chunk b ON b.account_id = m.account_id"
            + " AND b.blob_id = m.blob_id AND b.chunk_no = 0"
            // The range keeps a planner that knows nothing of the account yet from reading all.
            + " WHERE m.account_id = ? AND m.message_id BETWEEN ? AND ? AND m.message_id = ANY (?)";
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(text)) {
            statement.setLong(1, accountId);
            statement.setLong(2, Collections.min(ids));
            statement.setLong(3, Collections.max(ids));
            statement.setArray(
                4,
                BinaryArrays.parameter(
                    connection, ids.stream().mapToLong(Long::longValue).toArray()));
            List<Source> sources = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                sources.add(
                    new Source(
                        row.getLong(1),
                        new Blobs.Place(Rows.uuid(row, 2), row.getLong(3), row.getInt(4)),
                        row.getLong(5),
                        row.getBytes(6),
                        row.getBytes(7)));
              }
            }
            return sources;
          }
        });
  }
}
