package mailwing.store.persistence;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Finds entries of a mailbox by what columns hold.
public final class SearchRows {
  private static final int FETCH_ROWS = 1000;

  private final Sql sql;

  public SearchRows(Sql sql) {
    this.sql = sql;
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
  }

  /// What a message in doubt is decided by.
  ///
  /// @param held which of the conditions asked for hold
  /// @param octets the whole message, or as much of it as was asked for, where that is in one chunk
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  public record Candidate(
      long uid,
      long modseq,
      List<Boolean> held,
      Blobs.Place place,
      long headerOctets,
      byte[] structure,
      byte @Nullable [] octets) {}

  /// Takes what is found, as it is found.
  @FunctionalInterface
  public interface Sink {
    void take(long uid, long modseq);
  }

  /// UIDs and modseqs of what meets the condition, in the order of `order`, SQL made of constants.
  /// A cursor: any number of rows in little memory.
  public void matches(Access access, long mailboxId, Condition condition, String order, Sink sink) {
    boolean message = condition.text().contains("m.") || order.contains("m.");
    sql.snapshot(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT e.uid, e.modseq FROM "
                      + access.entries()
                      + " e"
                      + (message
                          ? " JOIN message m"
                              + " ON m.account_id = e.account_id AND m.message_id = e.message_id"
                          : "")
                      + " WHERE e.account_id = ? AND e.mailbox_id = ? AND ("
                      + condition.text()
                      + ") ORDER BY "
                      + order)) {
            statement.setLong(1, access.account());
            statement.setLong(2, mailboxId);
            bind(statement, 3, condition);
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                sink.take(row.getLong(1), row.getLong(2));
              }
            }
          }
          return true;
        });
  }

  /// What THREAD goes by.
  ///
  /// @param sentMillis the sent date, else the internal date (RFC 5256 section 2.2)
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  public record Threading(
      int uid,
      @Nullable String messageId,
      List<String> references,
      String baseSubject,
      byte @Nullable [] envelope,
      long sentMillis) {}

  /// Messages that meet the condition, ascending by UID, each handed on as it comes. The envelope
  /// is there where the message has a base subject.
  public void threads(
      Access access, long mailboxId, Condition condition, Consumer<Threading> sink) {
    sql.snapshot(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT e.uid, m.message_id_header, m.reference_ids, m.base_subject,"
                      + " CASE WHEN m.base_subject <> '' THEN m.envelope END,"
                      + " coalesce(m.sent_millis, e.internal_date)"
                      + " FROM "
                      + access.entries()
                      + " e JOIN message m"
                      + " ON m.account_id = e.account_id AND m.message_id = e.message_id"
                      + " WHERE e.account_id = ? AND e.mailbox_id = ? AND ("
                      + condition.text()
                      + ") ORDER BY e.uid")) {
            statement.setLong(1, access.account());
            statement.setLong(2, mailboxId);
            bind(statement, 3, condition);
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                Array references = row.getArray(3);
                sink.accept(
                    new Threading(
                        (int) row.getLong(1),
                        row.getString(2),
                        references == null ? List.of() : List.of((String[]) references.getArray()),
                        row.getString(4),
                        row.getBytes(5),
                        row.getLong(6)));
              }
            }
          }
          return true;
        });
  }

  /// The messages of these UIDs, ascending.
  ///
  /// @param uids an array in SQL
  /// @param asked whose truth each candidate tells
  /// @param body the whole message is needed, else its header
  public List<Candidate> candidates(
      Access access, long mailboxId, String uids, List<Condition> asked, boolean body) {
    StringBuilder text =
        new StringBuilder(
            "SELECT e.uid, e.modseq, m.size, m.blob_id, m.first_chunk_octets, m.header_octets,"
                + " m.structure, ");
    text.append(
        body
            ? "CASE WHEN m.size = m.first_chunk_octets THEN b.octets END"
            : "CASE WHEN m.header_octets <= m.first_chunk_octets"
                + " THEN substring(b.octets FROM 1 FOR CAST(m.header_octets AS integer)) END");
    asked.forEach(one -> text.append(", (").append(one.text()).append(")"));
    text.append(
        " FROM "
            + access.entries()
            + " e JOIN message m"
            + " ON m.account_id = e.account_id AND m.message_id = e.message_id"
            + " LEFT JOIN blob_chunk b ON b.account_id = m.account_id"
            + " AND b.blob_id = m.blob_id AND b.chunk_no = 0"
            + " WHERE e.account_id = ? AND e.mailbox_id = ? AND e.uid = ANY (CAST(? AS int8[]))"
            + " ORDER BY e.uid");
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(text.toString())) {
            int at = 1;
            for (Condition one : asked) {
              at = bind(statement, at, one);
            }
            statement.setLong(at++, access.account());
            statement.setLong(at++, mailboxId);
            statement.setString(at, uids);
            List<Candidate> candidates = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                candidates.add(candidate(row, asked.size()));
              }
            }
            return candidates;
          }
        });
  }

  private static Candidate candidate(ResultSet row, int asked) throws SQLException {
    List<Boolean> held = new ArrayList<>(asked);
    for (int i = 0; i < asked; i++) {
      held.add(row.getBoolean(9 + i));
    }
    return new Candidate(
        row.getLong(1),
        row.getLong(2),
        held,
        new Blobs.Place(Rows.uuid(row, 4), row.getLong(3), row.getInt(5)),
        row.getLong(6),
        row.getBytes(7),
        row.getBytes(8));
  }

  private static int bind(PreparedStatement statement, int first, Condition condition)
      throws SQLException {
    int at = first;
    for (Object parameter : condition.parameters()) {
      statement.setObject(at++, parameter);
    }
    return at;
  }
}
