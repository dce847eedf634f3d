package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Removes what nobody can reach any more, an account and a small batch at a time.
///
/// Each method removes at most about `rows` rows and says how many it removed: called again until
/// that is 0.
public final class MailCollectors {
  private final Sql sql;

  public MailCollectors(Sql sql) {
    this.sql = sql;
  }

  /// Accounts, and domains below 0, that have what aged out before these times: of the oldest rows
  /// of each kind, at most `rows`. What it reads grows with what is due, not with the accounts
  /// there are.
  public List<Long> due(long upload, long undelete, long tombstone, long queued, int rows) {
    return sql.repeatable(
        connection ->
            ids(
                connection,
                "SELECT DISTINCT account_id FROM ("
                    + "(SELECT u.account_id FROM blob_upload u WHERE u.at < ? AND NOT EXISTS ("
                    + "SELECT 1 FROM delivery_retry r WHERE r.account_id = u.account_id"
                    + " AND r.blob_id = u.blob_id) LIMIT ?)"
                    + " UNION ALL (SELECT account_id FROM mailbox_removed LIMIT ?)"
                    + " UNION ALL (SELECT account_id FROM expunged WHERE message_id IS NOT NULL"
                    + " AND at < ? ORDER BY at LIMIT ?)"
                    + " UNION ALL (SELECT account_id FROM expunged WHERE message_id IS NULL"
                    + " AND at < ? ORDER BY at LIMIT ?)"
                    + " UNION ALL (SELECT account_id FROM queue_message WHERE finished_at < ?"
                    + " ORDER BY finished_at LIMIT ?)) aged ORDER BY account_id",
                upload,
                rows,
                rows,
                undelete,
                rows,
                tombstone,
                rows,
                queued,
                rows));
  }

  /// Bodies whose message never came.
  public int uploads(long accountId, long before, int rows) {
    return update(
        "WITH old AS (DELETE FROM blob_upload WHERE account_id = ? AND blob_id = ANY (ARRAY("
            + "SELECT u.blob_id FROM blob_upload u WHERE u.account_id = ? AND u.at < ?"
            + " AND NOT EXISTS (SELECT 1 FROM delivery_retry r"
            + " WHERE r.account_id = u.account_id AND r.blob_id = u.blob_id) LIMIT ?"
            + " FOR UPDATE OF u SKIP LOCKED)) RETURNING blob_id), gone AS ("
            + "DELETE FROM blob_chunk b USING old WHERE b.account_id = ?"
            + " AND b.blob_id = old.blob_id)"
            + " SELECT count(*) FROM old",
        accountId,
        accountId,
        before,
        rows,
        accountId);
  }

  /// Entries of deleted mailboxes. Their messages can no longer be undeleted: they go with them.
  public int removedMailboxes(long accountId, int rows) {
    return sql.transaction(
        connection -> {
          lock(connection, accountId);
          List<Long> mailboxes =
              ids(
                  connection,
                  "SELECT mailbox_id FROM mailbox_removed WHERE account_id = ? LIMIT 1",
                  accountId);
          if (mailboxes.isEmpty()) {
            return 0;
          }
          long mailbox = mailboxes.getFirst();
          List<Long> messages =
              ids(
                  connection,
                  "DELETE FROM entry WHERE account_id = ? AND mailbox_id = ? AND uid = ANY (ARRAY("
                      + "SELECT uid FROM entry WHERE account_id = ? AND mailbox_id = ?"
                      + " ORDER BY uid LIMIT ?)) RETURNING message_id",
                  accountId,
                  mailbox,
                  accountId,
                  mailbox,
                  rows);
          if (messages.isEmpty()) {
            messages =
                ids(
                    connection,
                    "DELETE FROM expunged WHERE account_id = ? AND mailbox_id = ?"
                        + " AND uid = ANY (ARRAY(SELECT uid FROM expunged"
                        + " WHERE account_id = ? AND mailbox_id = ? ORDER BY uid LIMIT ?))"
                        + " RETURNING coalesce(message_id, 0)",
                    accountId,
                    mailbox,
                    accountId,
                    mailbox,
                    rows);
          }
          if (messages.isEmpty()) {
            int seen =
                ids(
                        connection,
                        "DELETE FROM seen WHERE account_id = ? AND mailbox_id = ? AND uid = ANY ("
                            + "ARRAY(SELECT uid FROM seen WHERE account_id = ? AND mailbox_id = ?"
                            + " ORDER BY uid LIMIT ?)) RETURNING uid",
                        accountId,
                        mailbox,
                        accountId,
                        mailbox,
                        rows)
                    .size();
            if (seen > 0) {
              return seen;
            }
            forgetChanges(connection, accountId, mailbox, Long.MAX_VALUE);
            return ids(
                    connection,
                    "DELETE FROM mailbox_removed WHERE account_id = ? AND mailbox_id = ?"
                        + " RETURNING mailbox_id",
                    accountId,
                    mailbox)
                .size();
          }
          unreferenced(connection, accountId, messages);
          return messages.size();
        });
  }

  /// Messages that were expunged before `before`: from then on they cannot be undeleted.
  public int expungedMessages(long accountId, long before, int rows) {
    return sql.transaction(
        connection -> {
          lock(connection, accountId);
          List<Long> messages =
              ids(
                  connection,
                  "WITH old AS (SELECT mailbox_id, uid, message_id FROM expunged"
                      + " WHERE account_id = ? AND message_id IS NOT NULL AND at < ?"
                      + " ORDER BY message_id LIMIT ?)"
                      + " UPDATE expunged e SET message_id = NULL FROM old WHERE e.account_id = ?"
                      + " AND e.mailbox_id = old.mailbox_id AND e.uid = old.uid"
                      + " RETURNING old.message_id",
                  accountId,
                  before,
                  rows,
                  accountId);
          if (!messages.isEmpty()) {
            unreferenced(connection, accountId, messages);
          }
          return messages.size();
        });
  }

  /// Removes those of the messages that no entry, tombstone or retry holds. The account's row is
  /// locked, so none can be copied meanwhile.
  private static void unreferenced(Connection connection, long accountId, List<Long> messages)
      throws SQLException {
    ids(
        connection,
        "WITH gone AS (DELETE FROM message m WHERE m.account_id = ? AND m.message_id = ANY (?)"
            + " AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.account_id = m.account_id"
            + " AND e.message_id = m.message_id)"
            + " AND NOT EXISTS (SELECT 1 FROM expunged x WHERE x.account_id = m.account_id"
            + " AND x.message_id = m.message_id AND x.message_id IS NOT NULL)"
            + " RETURNING m.blob_id), counted AS ("
            // Segments of the text index still name them.
            + "INSERT INTO text_upkeep AS u SELECT ?, false, count(*) FROM gone HAVING count(*) > 0"
            + " ON CONFLICT (account_id) DO UPDATE SET gone = u.gone + excluded.gone), held AS ("
            + "INSERT INTO blob_upload SELECT ?, g.blob_id, mail_now() FROM gone g"
            + " WHERE EXISTS (SELECT 1 FROM delivery_retry r WHERE r.account_id = ?"
            + " AND r.blob_id = g.blob_id) RETURNING blob_id)"
            + " DELETE FROM blob_chunk b USING gone g WHERE b.account_id = ?"
            + " AND b.blob_id = g.blob_id"
            + " AND NOT EXISTS (SELECT 1 FROM delivery_retry r WHERE r.account_id = ?"
            + " AND r.blob_id = g.blob_id) RETURNING b.chunk_no",
        accountId,
        connection.createArrayOf("int8", messages.toArray(Long[]::new)),
        accountId,
        accountId,
        accountId,
        accountId,
        accountId);
  }

  /// Tombstones older than `before`: changes from before them can no longer be told. Messages they
  /// hold are released first, by [#expungedMessages].
  public int tombstones(long accountId, long before, int rows) {
    return sql.transaction(
        connection -> {
          lock(connection, accountId);
          List<Long> mailboxes =
              ids(
                  connection,
                  "SELECT mailbox_id FROM expunged WHERE account_id = ? AND at < ?"
                      + " AND message_id IS NULL LIMIT 1",
                  accountId,
                  before);
          if (mailboxes.isEmpty()) {
            return 0;
          }
          long mailbox = mailboxes.getFirst();
          // In order of modseq, so that what is left is told wholly.
          List<Long> modseqs =
              ids(
                  connection,
                  "WITH old AS (SELECT uid FROM expunged WHERE account_id = ? AND mailbox_id = ?"
                      + " AND modseq <= (SELECT max(modseq) FROM (SELECT modseq FROM expunged"
                      + " WHERE account_id = ? AND mailbox_id = ? AND modseq > 0 AND at < ?"
                      + " AND message_id IS NULL ORDER BY modseq LIMIT ?) o)"
                      + " AND message_id IS NULL)"
                      + " DELETE FROM expunged e USING old WHERE e.account_id = ?"
                      + " AND e.mailbox_id = ? AND e.uid = old.uid RETURNING e.modseq",
                  accountId,
                  mailbox,
                  accountId,
                  mailbox,
                  before,
                  rows,
                  accountId,
                  mailbox);
          long purged = modseqs.stream().mapToLong(Long::longValue).max().orElse(0);
          ids(
              connection,
              "UPDATE mailbox SET purged_modseq = greatest(purged_modseq, ?)"
                  + " WHERE account_id = ? AND mailbox_id = ? RETURNING mailbox_id",
              purged,
              accountId,
              mailbox);
          forgetChanges(connection, accountId, mailbox, purged);
          return modseqs.size();
        });
  }

  /// Of blocks whose last change is that old nobody is told any more what changed since.
  private static void forgetChanges(
      Connection connection, long accountId, long mailboxId, long purgedModseq)
      throws SQLException {
    ids(
        connection,
        "DELETE FROM changed_block WHERE account_id = ? AND mailbox_id = ? AND modseq <= ?"
            + " RETURNING block",
        accountId,
        mailboxId,
        purgedModseq);
  }

  private int update(String statement, Object... parameters) {
    return sql.repeatable(
        connection -> Math.toIntExact(ids(connection, statement, parameters).getFirst()));
  }

  private static void lock(Connection connection, long accountId) throws SQLException {
    ids(
        connection,
        "SELECT account_id FROM account_state WHERE account_id = ? FOR NO KEY UPDATE",
        accountId);
  }

  private static List<Long> ids(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      List<Long> ids = new ArrayList<>();
      try (ResultSet row = prepared.executeQuery()) {
        while (row.next()) {
          ids.add(row.getLong(1));
        }
      }
      return ids;
    }
  }
}
