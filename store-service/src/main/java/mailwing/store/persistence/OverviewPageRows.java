package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/// Pages of what lists and threads are made from ([OverviewPages]): which are to be made, and how.
///
/// A page is removed together with the first of its messages that is, by the database itself (V51),
/// and made again when upkeep comes by.
public final class OverviewPageRows {
  /// What THREAD goes by is in a page up to so many octets of a message; half as much is rare.
  private static final int LINKS = 2 << 10;

  private final Sql sql;
  private final TextIndexRows rows;

  public OverviewPageRows(Sql sql, TextIndexRows rows) {
    this.sql = sql;
    this.rows = rows;
  }

  /// Accounts with segments of the text index whose messages are to be looked through for pages.
  public List<Long> due(int most) {
    return sql.repeatable(
        connection ->
            Sql.longs(
                connection,
                "SELECT DISTINCT account_id FROM (SELECT account_id FROM text_segment"
                    + " WHERE NOT paged LIMIT ?) t",
                most));
  }

  /// Messages of a segment, which are looked through together.
  ///
  /// @param segment its number
  public record Stretch(int segment, long firstPage, long lastPage) {}

  /// Those of an account, the oldest messages first.
  public List<Stretch> stretches(long accountId) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  Sql.prepare(
                      connection,
                      "SELECT segment_no, first_id, last_id FROM text_segment"
                          + " WHERE account_id = ? AND NOT paged ORDER BY first_id",
                      accountId);
              ResultSet row = statement.executeQuery()) {
            List<Stretch> stretches = new ArrayList<>();
            while (row.next()) {
              stretches.add(
                  new Stretch(
                      row.getInt(1),
                      row.getLong(2) >> OverviewPages.SHIFT,
                      row.getLong(3) >> OverviewPages.SHIFT));
            }
            return stretches;
          }
        });
  }

  /// Makes those of some pages that are not there, and whose messages have all come.
  public void make(long accountId, long firstPage, long lastPage) {
    sql.repeatableTransaction(
        connection -> {
          // A statement of its own: the next one sees what those who held the lock have done.
          try (PreparedStatement lock =
                  Sql.prepare(connection, "SELECT CAST(overview_lock(?) AS text)", accountId);
              ResultSet row = lock.executeQuery()) {
            row.next();
          }
          return TextIndexRows.update(
              connection,
              "INSERT INTO overview_page (account_id, page_no, envelopes, links)"
                  + " SELECT a.account_id, p.page_no, x.envelopes, x.links FROM account_state a"
                  + " CROSS JOIN generate_series(CAST(? AS bigint), CAST(? AS bigint)) p (page_no)"
                  + " CROSS JOIN LATERAL (SELECT "
                  + record("envelope", ParsedColumns.SMALL)
                  + " AS envelopes, "
                  + record("links", LINKS)
                  + " AS links FROM (SELECT m.message_id, m.envelope, "
                  + links()
                  + " AS links FROM message m WHERE m.account_id = a.account_id"
                  + " AND m.message_id BETWEEN p.page_no << "
                  + OverviewPages.SHIFT
                  + " AND (p.page_no << "
                  + OverviewPages.SHIFT
                  + ") + "
                  + (OverviewPages.MESSAGES - 1)
                  + " ORDER BY m.message_id) t) x"
                  + " WHERE a.account_id = ? AND (p.page_no + 1) << "
                  + OverviewPages.SHIFT
                  + " <= a.next_message_id AND NOT EXISTS (SELECT 1 FROM overview_page o"
                  + " WHERE o.account_id = a.account_id AND o.page_no = p.page_no)"
                  + " AND (x.envelopes IS NOT NULL OR x.links IS NOT NULL)"
                  + " ON CONFLICT DO NOTHING",
              firstPage,
              lastPage,
              accountId);
        });
  }

  private static String record(String octets, int most) {
    return "string_agg(int2send(CAST(t.message_id & "
        + (OverviewPages.MESSAGES - 1)
        + " AS smallint)) || int4send(octet_length(t."
        + octets
        + ")) || t."
        + octets
        + ", NULL) FILTER (WHERE octet_length(t."
        + octets
        + ") <= "
        + most
        + ")";
  }

  private static String links() {
    return "int8send(coalesce(m.sent_millis, "
        + EntryPages.NO_DATE
        + ")) || "
        + behindLength("convert_to(m.base_subject, 'UTF8')")
        + " || "
        + behindLength("convert_to(m.message_id_header, 'UTF8')")
        + " || "
        + behindLength("array_send(m.reference_ids)");
  }

  private static String behindLength(String octets) {
    return "coalesce(int4send(octet_length(" + octets + ")) || " + octets + ", int4send(-1))";
  }

  /// The pages of a stretch have been made, by who has claimed the account.
  public void made(long accountId, Stretch stretch) {
    sql.transaction(
        connection ->
            rows.claimOn(connection, accountId)
                && TextIndexRows.update(
                        connection,
                        "UPDATE text_segment SET paged = true"
                            + " WHERE account_id = ? AND segment_no = ?",
                        accountId,
                        stretch.segment())
                    == 1);
  }
}
