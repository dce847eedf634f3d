package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/// Puts what senders are to be told into the queue, with the caller's transaction.
final class QueueReports {
  private QueueReports() {}

  static void add(Connection connection, List<NewReport> reports) throws SQLException {
    for (NewReport report : reports) {
      if (NewQueueRows.insertMessage(connection, report.message())) {
        NewQueueRows.body(connection, report.message());
        insertRecipients(connection, report);
      }
    }
  }

  private static void insertRecipients(Connection connection, NewReport report)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO queue_recipient (account_id, delivery_id, recipient_no, domain, path,"
                + " sender, notify, orcpt, state, status, reply, tried_at, local, dsn_kind,"
                + " dsn_next)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, mail_now(), true, ?, mail_now())")) {
      int number = 0;
      for (NewReport.Told told : report.recipients()) {
        statement.setLong(1, report.message().accountId());
        statement.setBytes(2, report.message().deliveryId());
        statement.setInt(3, number++);
        statement.setString(4, told.recipient().domain());
        statement.setString(5, told.recipient().path());
        statement.setString(6, report.message().reversePath());
        statement.setInt(7, told.recipient().notifyOn());
        statement.setString(8, told.recipient().originalRecipient());
        statement.setInt(
            9, told.kind() == QueueRows.DSN_FAILED ? QueueRows.FAILED : QueueRows.DELIVERED);
        statement.setString(10, told.status());
        statement.setString(11, told.reply());
        statement.setInt(12, told.kind());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
