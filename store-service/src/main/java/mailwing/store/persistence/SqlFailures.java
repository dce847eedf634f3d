package mailwing.store.persistence;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Optional;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What a failed statement means to the caller.
public final class SqlFailures {
  private SqlFailures() {}

  /// UNAVAILABLE where the same call may succeed later (no connection, shutdown, no room,
  /// deadlock), INTERNAL for any other failure of SQL; empty where none was behind it.
  public static Optional<ErrorCode> code(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return Optional.of(passing(sql) ? ErrorCode.UNAVAILABLE : ErrorCode.INTERNAL);
      }
    }
    return Optional.empty();
  }

  private static boolean passing(SQLException failure) {
    String state = failure.getSQLState() == null ? "" : failure.getSQLState();
    return failure instanceof SQLTransientException
        || state.startsWith("08") // connection
        || state.startsWith("53") // resources: disk, memory, connections
        || state.startsWith("57") // shutdown, cancelled
        || state.startsWith("40") // serialization, deadlock
        || state.startsWith("55") // lock not available
        || state.startsWith("25006"); // read only: a standby after a failover
  }
}
