package mailwing.store.persistence;

import com.google.protobuf.InvalidProtocolBufferException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.TlsReport;
import mailwing.store.v1.TlsSessionCount;
import mailwing.store.v1.TlsSessions;

/// What became of TLS sessions with other domains' hosts, counted by day and domain until that is
/// reported (RFC 8460).
public final class TlsReportRows {
  /// Kinds of sessions that one report tells apart; what is beyond is not counted.
  private static final int MOST_KINDS = 500;

  /// Tries come 30 minutes after the first and each twice as long after the one before, up to 4
  /// hours: the last one a day after the first.
  private static final int MOST_ATTEMPTS = 9;

  private final Sql sql;

  public TlsReportRows(Sql sql) {
    this.sql = sql;
  }

  /// Adds counts; a domain's first of a day determines when that day is reported: 10 minutes to 4
  /// hours after its end (RFC 8460 §4.1).
  public void count(List<TlsSessionCount> counts) {
    // In one order, so that two gateways do not lock each other out.
    List<TlsSessionCount> ordered = new ArrayList<>(counts);
    ordered.sort(
        Comparator.comparingInt(TlsSessionCount::getDay).thenComparing(TlsSessionCount::getDomain));
    sql.change(
        connection -> {
          for (TlsSessionCount count : ordered) {
            report(connection, count);
            add(connection, count);
          }
        });
  }

  private static void report(Connection connection, TlsSessionCount count) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "INSERT INTO tls_report (day, domain, report_id, next_at)"
                + " VALUES (?, ?, gen_random_uuid(),"
                + " (?::bigint + 1) * 86400000 + 600000 + (random() * 13800000)::bigint)"
                + " ON CONFLICT (day, domain) DO UPDATE SET day = excluded.day",
            count.getDay(),
            count.getDomain(),
            count.getDay())) {
      statement.executeUpdate();
    }
  }

  private static void add(Connection connection, TlsSessionCount count) throws SQLException {
    byte[] sessions = count.getSessions().toByteArray();
    byte[] kind = digest(sessions);
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "INSERT INTO tls_session AS s (day, domain, kind, sessions, count)"
                + " SELECT v.day, v.domain, v.kind, v.sessions, v.count FROM (SELECT ?::integer AS"
                + " day, ? AS domain, ?::bytea AS kind, ?::bytea AS sessions, ?::bigint AS count) v"
                + " WHERE (SELECT count(*) FROM tls_session t WHERE t.day = v.day"
                + " AND t.domain = v.domain AND t.kind <> v.kind) < ?"
                + " ON CONFLICT (day, domain, kind) DO UPDATE SET count = s.count + excluded.count",
            count.getDay(),
            count.getDomain(),
            kind,
            sessions,
            count.getCount(),
            MOST_KINDS)) {
      statement.executeUpdate();
    }
  }

  private static byte[] digest(byte[] octets) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(octets);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Takes reports that are due; forgets those that were tried often enough.
  public List<TlsReport> lease(int most) {
    return sql.transaction(
        connection -> {
          List<TlsReport> reports = new ArrayList<>();
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "UPDATE tls_report SET attempts = attempts + 1,"
                      + " next_at = mail_now() + least(1800000 << least(attempts, 10), 14400000)"
                      + " WHERE (day, domain) IN (SELECT day, domain FROM tls_report"
                      + " WHERE next_at <= mail_now() ORDER BY next_at LIMIT ?"
                      + " FOR UPDATE SKIP LOCKED) RETURNING day, domain, report_id, attempts",
                  most)) {
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                int day = row.getInt(1);
                String domain = row.getString(2);
                if (row.getInt(4) > MOST_ATTEMPTS) {
                  remove(connection, day, domain);
                } else {
                  reports.add(
                      TlsReport.newBuilder()
                          .setDay(day)
                          .setDomain(domain)
                          .setReportId(row.getString(3))
                          .addAllCounts(counts(connection, day, domain))
                          .build());
                }
              }
            }
          }
          return reports;
        });
  }

  private static List<TlsSessionCount> counts(Connection connection, int day, String domain)
      throws SQLException {
    List<TlsSessionCount> counts = new ArrayList<>();
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT sessions, count FROM tls_session WHERE day = ? AND domain = ? ORDER BY kind",
            day,
            domain)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          counts.add(
              TlsSessionCount.newBuilder()
                  .setDay(day)
                  .setDomain(domain)
                  .setSessions(TlsSessions.parseFrom(row.getBytes(1)))
                  .setCount(row.getLong(2))
                  .build());
        }
      } catch (InvalidProtocolBufferException e) {
        throw new StoreException(ErrorCode.INTERNAL, "counted sessions cannot be read", e);
      }
    }
    return counts;
  }

  /// A report's end.
  public void finish(int day, String domain) {
    sql.repeatableTransaction(
        connection -> {
          remove(connection, day, domain);
          return true;
        });
  }

  private static void remove(Connection connection, int day, String domain) throws SQLException {
    for (String table : List.of("tls_report", "tls_session")) {
      try (PreparedStatement statement =
          Sql.prepare(
              connection, "DELETE FROM " + table + " WHERE day = ? AND domain = ?", day, domain)) {
        statement.executeUpdate();
      }
    }
  }
}
