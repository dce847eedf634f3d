package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// Reading rows of the DB Client, and its transactions.
final class Columns {
  private Columns() {}

  static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  static long number(DbRow row, String column) {
    return row.column(column).get(Number.class).longValue();
  }

  static ByteString octets(DbRow row, String column) {
    return UnsafeByteOperations.unsafeWrap(row.column(column).get(byte[].class));
  }

  /// All rows of a query, which is asked again where its connection was lost.
  static <T> List<T> list(DbClient client, String sql, Function<DbRow, T> map, Object... params) {
    for (int attempt = 1; ; attempt++) {
      List<T> result = new ArrayList<>();
      try (Stream<DbRow> rows = client.execute().query(sql, params)) {
        rows.forEach(row -> result.add(map.apply(row)));
        return result;
      } catch (DbClientException e) {
        Sql.awaitRepeat(e, attempt);
      }
    }
  }

  /// Commits what `work` did, or rolls it all back when it throws.
  static <T> T inTransaction(DbClient client, Function<DbTransaction, T> work) {
    DbTransaction tx = client.transaction();
    boolean done = false;
    try {
      T result = work.apply(tx);
      tx.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        tx.rollback();
      }
    }
  }
}
