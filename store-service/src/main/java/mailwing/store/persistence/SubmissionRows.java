package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/// What accounts ask of what they submit.
public final class SubmissionRows {
  private static final int MOST_REMEMBERED = 50_000;
  private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Sql sql;
  private final Map<Long, Remembered> remembered = new ConcurrentHashMap<>();

  private record Remembered(boolean copies, long until) {}

  public SubmissionRows(DataSource source) {
    this.sql = new Sql(source);
  }

  /// What one account asks for.
  ///
  /// @param undoSeconds it is held for so long, and may be taken back meanwhile
  /// @param copyToSent it is put into the account's Sent mailbox too
  public record Settings(int undoSeconds, boolean copyToSent) {
    public static final Settings NONE = new Settings(0, false);
  }

  public void setUndoSeconds(long accountId, int seconds) {
    set("UPDATE account SET undo_seconds = ? WHERE account_id = ?", seconds, accountId);
  }

  public void setCopyToSent(long accountId, boolean copies) {
    remembered.remove(accountId);
    set("UPDATE account SET copy_to_sent = ? WHERE account_id = ?", copies, accountId);
  }

  /// Is what it submits put into Sent too? Remembered for some seconds: whoever asks does so often.
  public boolean copiesToSent(long accountId) {
    long now = System.nanoTime();
    Remembered known = remembered.get(accountId);
    if (known == null || known.until - now <= 0) {
      if (remembered.size() >= MOST_REMEMBERED) {
        remembered.clear();
      }
      known = new Remembered(of(accountId).copyToSent(), now + REMEMBERED_NANOS);
      remembered.put(accountId, known);
    }
    return known.copies;
  }

  private void set(String update, Object... values) {
    sql.repeatable(
        connection -> {
          try (PreparedStatement statement = Sql.prepare(connection, update, values)) {
            return statement.executeUpdate();
          }
        });
  }

  public Settings of(long accountId) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT undo_seconds, copy_to_sent FROM account WHERE account_id = ?",
                  accountId)) {
            try (ResultSet row = statement.executeQuery()) {
              return row.next() ? new Settings(row.getInt(1), row.getBoolean(2)) : Settings.NONE;
            }
          }
        });
  }
}
