package mailwing.store.persistence;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.v1.Suspension;

/// What of the outbound queue is stopped, with what will come.
public final class QueueSuspensions {
  private final Sql sql;

  public QueueSuspensions(Sql sql) {
    this.sql = sql;
  }

  /// Begins or ends a suspension, and says how many recipients stop or go on.
  public int set(Suspension suspension, boolean suspended) {
    return sql.transaction(
        connection -> {
          Object[] key = key(suspension);
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  suspended
                      ? "INSERT INTO queue_suspension (kind, value) VALUES (?, ?)"
                          + " ON CONFLICT DO NOTHING"
                      : "DELETE FROM queue_suspension WHERE kind = ? AND value = ?",
                  key)) {
            statement.executeUpdate();
          }
          try (PreparedStatement statement =
              connection.prepareStatement(
                  suspended
                      ? "UPDATE queue_recipient r SET state = "
                          + QueueRows.SUSPENDED
                          + ", next_at = NULL, lease_id = NULL WHERE r.state = "
                          + QueueRows.WAITING
                          + " AND NOT coalesce("
                          + QueueAdminRows.LEASED
                          + ", false) AND queue_suspended(r.domain, r.sender, r.path)"
                      : "UPDATE queue_recipient r SET state = "
                          + QueueRows.WAITING
                          + ", next_at = mail_now() WHERE r.state = "
                          + QueueRows.SUSPENDED
                          + " AND NOT queue_suspended(r.domain, r.sender, r.path)")) {
            return statement.executeUpdate();
          }
        });
  }

  private static Object[] key(Suspension suspension) {
    if (suspension.getEverything()) {
      return new Object[] {4, ""};
    }
    if (!suspension.getDomain().isEmpty()) {
      return new Object[] {1, suspension.getDomain()};
    }
    boolean sender = !suspension.getSender().isEmpty();
    String address = sender ? suspension.getSender() : suspension.getRecipient();
    // As lower() of the C collation has it.
    StringBuilder lower = new StringBuilder(address.length());
    address.chars().forEach(c -> lower.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c)));
    return new Object[] {sender ? 2 : 3, lower.toString()};
  }

  /// All there are.
  public List<Suspension> all() {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
                  connection.prepareStatement(
                      "SELECT kind, value FROM queue_suspension ORDER BY kind, value");
              ResultSet row = statement.executeQuery()) {
            List<Suspension> found = new ArrayList<>();
            while (row.next()) {
              Suspension.Builder one = Suspension.newBuilder();
              switch (row.getInt(1)) {
                case 1 -> one.setDomain(row.getString(2));
                case 2 -> one.setSender(row.getString(2));
                case 3 -> one.setRecipient(row.getString(2));
                default -> one.setEverything(true);
              }
              found.add(one.build());
            }
            return found;
          }
        });
  }
}
