package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.store.v1.SpecialUse;

/// The mail half of an account's life: its first mailboxes, its limits, its end.
///
/// Works inside the caller's transaction.
public final class AccountMail {
  private record Default(String name, SpecialUse use) {}

  private static final List<Default> DEFAULTS =
      List.of(
          new Default("INBOX", SpecialUse.SPECIAL_USE_NONE),
          new Default("Archive", SpecialUse.ARCHIVE),
          new Default("Drafts", SpecialUse.DRAFTS),
          new Default("Junk", SpecialUse.JUNK),
          new Default("Sent", SpecialUse.SENT),
          new Default("Trash", SpecialUse.TRASH));

  private AccountMail() {}

  /// What an account may hold; 0 is no limit.
  public record Limits(long octets, long messages, long mailboxes) {
    public static final Limits NONE = new Limits(0, 0, 0);
  }

  /// What an account may hold and holds.
  public record Quota(Limits limits, long octets, long messages, long mailboxes) {}

  /// Gives a new account INBOX, Archive, Drafts, Junk, Sent and Trash (RFC 6154), subscribed.
  public static void createDefaultMailboxes(Connection connection, long accountId, Limits limits)
      throws SQLException {
    long uidValidity = Clock.systemUTC().instant().getEpochSecond();
    try (PreparedStatement account =
            connection.prepareStatement(
                "INSERT INTO account_state (account_id, next_mailbox_id, last_uid_validity,"
                    + " used_mailboxes, limit_octets, limit_messages, limit_mailboxes)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?)");
        PreparedStatement mailbox =
            connection.prepareStatement(
                "INSERT INTO mailbox (account_id, mailbox_id, name, special_use, uid_validity)"
                    + " VALUES (?, ?, ?, ?, ?)");
        PreparedStatement subscription =
            connection.prepareStatement(
                "INSERT INTO subscription (account_id, name) VALUES (?, ?)")) {
      account.setLong(1, accountId);
      account.setLong(2, DEFAULTS.size() + 1L);
      account.setLong(3, uidValidity + DEFAULTS.size() - 1);
      account.setLong(4, DEFAULTS.size());
      account.setLong(5, limits.octets());
      account.setLong(6, limits.messages());
      account.setLong(7, limits.mailboxes());
      account.executeUpdate();
      for (int i = 0; i < DEFAULTS.size(); i++) {
        Default made = DEFAULTS.get(i);
        mailbox.setLong(1, accountId);
        mailbox.setLong(2, i + 1L);
        mailbox.setString(3, made.name());
        mailbox.setInt(4, made.use().getNumber());
        mailbox.setLong(5, uidValidity + i);
        mailbox.addBatch();
        subscription.setLong(1, accountId);
        subscription.setString(2, made.name());
        subscription.addBatch();
      }
      mailbox.executeBatch();
      subscription.executeBatch();
    }
  }

  /// Changes what an account may hold; what is there already stays.
  public static void setLimits(Connection connection, long accountId, Limits limits)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "UPDATE account_state SET limit_octets = ?, limit_messages = ?, limit_mailboxes = ?"
                + " WHERE account_id = ?")) {
      statement.setLong(1, limits.octets());
      statement.setLong(2, limits.messages());
      statement.setLong(3, limits.mailboxes());
      statement.setLong(4, accountId);
      statement.executeUpdate();
    }
  }

  /// What an account may hold and holds; empty where it has no mail.
  public static Optional<Quota> quota(Connection connection, long accountId) throws SQLException {
    return Optional.ofNullable(quotas(connection, List.of(accountId)).get(accountId));
  }

  /// What accounts may hold and hold; nothing of those that have no mail.
  public static Map<Long, Quota> quotas(Connection connection, List<Long> accountIds)
      throws SQLException {
    Map<Long, Quota> quotas = new HashMap<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT account_id, limit_octets, limit_messages, limit_mailboxes, used_octets,"
                + " used_messages, used_mailboxes FROM account_state WHERE account_id = ANY (?)")) {
      statement.setArray(1, connection.createArrayOf("int8", accountIds.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          quotas.put(
              row.getLong(1),
              new Quota(
                  new Limits(row.getLong(2), row.getLong(3), row.getLong(4)),
                  row.getLong(5),
                  row.getLong(6),
                  row.getLong(7)));
        }
      }
    }
    return quotas;
  }

  /// How far the removal of an account's mail has come.
  public enum Removal {
    /// There may be more.
    SOME,
    /// All that is left is held for others: changes that are not published yet, or shares of
    /// deliveries that this account was the first to commit, with the octets they are made of.
    HELD,
    DONE
  }

  private static final String HELD =
      "EXISTS (SELECT 1 FROM delivery_retry r WHERE r.account_id = t.account_id";

  /// Removes at most about `rows` rows of a removed account's mail. Called again and again, each
  /// call a transaction of its own, nothing is locked for long.
  public static Removal removeSome(Connection connection, long accountId, int rows)
      throws SQLException {
    if (Shares.removeGrantee(connection, accountId)) {
      return Removal.SOME;
    }
    if (TraceRemoval.removeSome(connection, accountId, rows)) {
      return Removal.SOME;
    }
    for (String table :
        List.of(
            "queue_recipient",
            "queue_attempt",
            "queue_event",
            "queue_message",
            "entry",
            "changed_block",
            "seen",
            "seen_count",
            "acl",
            "expunged",
            "blob_chunk",
            "blob_upload",
            "message",
            "overview_page",
            "thread_ref",
            "text_postings",
            "text_segment",
            "text_claim",
            "text_upkeep",
            "delivery",
            "delivery_kept",
            "mailbox_past",
            "subscription",
            "annotation",
            "annotation_change",
            "url_key",
            "mailbox_removed",
            "mailbox",
            "account_state")) {
      // Last, once those who shared it have been told: without this row nobody comes back.
      if (table.equals("account_state") && untold(connection, accountId)) {
        return Removal.HELD;
      }
      String kept =
          switch (table) {
            case "blob_chunk" -> " AND NOT " + HELD + " AND r.blob_id = t.blob_id)";
            case "account_state" -> " AND NOT " + HELD + ")";
            default -> "";
          };
      // ctid: the rows of one statement's own snapshot, found once by the key's prefix.
      try (PreparedStatement statement =
          connection.prepareStatement(
              "DELETE FROM "
                  + table
                  + " WHERE account_id = ? AND ctid = ANY (ARRAY(SELECT ctid FROM "
                  + table
                  + " t WHERE account_id = ?"
                  + kept
                  + " LIMIT ?))")) {
        statement.setLong(1, accountId);
        statement.setLong(2, accountId);
        statement.setInt(3, rows);
        if (statement.executeUpdate() > 0) {
          return Removal.SOME;
        }
      }
    }
    return has(connection, "delivery_retry", accountId) ? Removal.HELD : Removal.DONE;
  }

  /// Is a change of it still to be published?
  private static boolean untold(Connection connection, long accountId) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE account_id = ?)"
                + " OR EXISTS (SELECT 1 FROM outbox_batch WHERE ? = ANY (changes[:][1:1]))")) {
      statement.setLong(1, accountId);
      statement.setLong(2, accountId);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static boolean has(Connection connection, String table, long accountId)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT 1 FROM " + table + " WHERE account_id = ? LIMIT 1")) {
      statement.setLong(1, accountId);
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }
}
