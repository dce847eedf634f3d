package mailwing.store.persistence;

import static mailwing.store.persistence.Rows.STATUS;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxStatus;
import org.jspecify.annotations.Nullable;

/// The tree of mailboxes of an account. What changes it locks the account's row first.
public final class MailboxRows {
  /// The most mailboxes an account has, whatever its quota.
  static final int MOST = 10_000;

  private final Sql sql;

  public MailboxRows(Sql sql) {
    this.sql = sql;
  }

  /// A mailbox in a list.
  ///
  /// @param wasInbox it was made by a RENAME of INBOX
  public record Listed(
      long mailboxId,
      String name,
      boolean selectable,
      int specialUse,
      boolean wasInbox,
      MailboxStatus status) {}

  /// All mailboxes, by name.
  public List<Listed> list(long accountId) {
    return sql.repeatable(connection -> list(connection, accountId));
  }

  private static List<Listed> list(Connection connection, long accountId) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT mailbox_id, name, selectable, special_use, was_inbox, "
                + STATUS
                + " FROM mailbox WHERE account_id = ? ORDER BY name",
            accountId)) {
      List<Listed> mailboxes = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          mailboxes.add(
              new Listed(
                  row.getLong(1),
                  row.getString(2),
                  row.getBoolean(3),
                  row.getInt(4),
                  row.getBoolean(5),
                  Rows.status(row, 6).setRights(Access.ALL).build()));
        }
      }
      return mailboxes;
    }
  }

  /// Subscribed names, ascending.
  public Set<String> subscriptions(long accountId) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT name FROM subscription WHERE account_id = ? ORDER BY name",
                  accountId)) {
            Set<String> names = new TreeSet<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                names.add(row.getString(1));
              }
            }
            return names;
          }
        });
  }

  /// Subscribes or unsubscribes a name, which need not exist. LIMIT.
  public void setSubscribed(long accountId, String name, boolean subscribed) {
    sql.change(
        connection -> {
          Account account = lock(connection, accountId);
          try (PreparedStatement statement =
              subscribed
                  ? Sql.prepare(
                      connection,
                      "INSERT INTO subscription (account_id, name) SELECT ?, ?"
                          + " WHERE (SELECT count(*) FROM subscription WHERE account_id = ?) < ?"
                          + " ON CONFLICT DO NOTHING",
                      accountId,
                      name,
                      accountId,
                      2 * MOST)
                  : Sql.prepare(
                      connection,
                      "DELETE FROM subscription WHERE account_id = ? AND name = ?",
                      accountId,
                      name)) {
            if (statement.executeUpdate() > 0) {
              publish(connection, account);
              save(connection, account);
            }
          }
        });
  }

  /// Makes a mailbox and its missing superiors, outermost first; a name that was there without
  /// being selectable becomes selectable. ALREADY_EXISTS, LIMIT.
  public Listed create(long accountId, List<String> superiors, String name, int specialUse) {
    return sql.transaction(
        connection -> {
          Account account = lock(connection, accountId);
          Listed there = byName(connection, accountId, name);
          if (there != null && there.selectable()) {
            throw new StoreException(ErrorCode.ALREADY_EXISTS, "there is such a mailbox");
          }
          for (String superior : superiors) {
            if (byName(connection, accountId, superior) == null) {
              insert(connection, account, superior, true, 0);
            }
          }
          if (there != null) {
            update(
                connection,
                "DELETE FROM mailbox WHERE account_id = ? AND mailbox_id = ?",
                accountId,
                there.mailboxId());
            Annotations.forget(connection, accountId, there.mailboxId());
            Shares.forget(connection, accountId, there.mailboxId());
            account.mailboxes--;
          }
          moveSpecialUse(connection, accountId, specialUse);
          insert(connection, account, name, true, specialUse);
          publish(connection, account);
          save(connection, account);
          Listed made = byName(connection, accountId, name);
          if (made == null) {
            throw new StoreException(ErrorCode.INTERNAL, "the mailbox was not made");
          }
          return made;
        });
  }

  /// Deletes a mailbox; one with children stays as a name that cannot be selected.
  /// MAILBOX_NOT_FOUND, CANNOT.
  public void delete(long accountId, String name) {
    sql.change(
        connection -> {
          Account account = lock(connection, accountId);
          Listed there = byName(connection, accountId, name);
          if (there == null) {
            throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
          }
          boolean children = !under(connection, accountId, name).isEmpty();
          if (!there.selectable() && children) {
            throw new StoreException(ErrorCode.CANNOT, "it has children and is no mailbox itself");
          }
          update(
              connection,
              "DELETE FROM mailbox WHERE account_id = ? AND mailbox_id = ?",
              accountId,
              there.mailboxId());
          update(
              connection,
              "INSERT INTO mailbox_past VALUES (?, ?, ?, mail_now())",
              accountId,
              there.mailboxId(),
              name);
          // Its entries go later, a few at a time; nobody finds them by this id any more.
          update(
              connection,
              "INSERT INTO mailbox_removed (account_id, mailbox_id) VALUES (?, ?)",
              accountId,
              there.mailboxId());
          Annotations.forget(connection, accountId, there.mailboxId());
          Shares.forget(connection, accountId, there.mailboxId());
          account.mailboxes--;
          account.octets -= there.status().getOctets();
          account.messages -= Integer.toUnsignedLong(there.status().getMessages());
          publish(connection, account, there, true);
          if (children) {
            insert(connection, account, name, false, 0);
          }
          save(connection, account);
        });
  }

  /// Renames a mailbox and what is under it; makes the new name's missing superiors.
  /// MAILBOX_NOT_FOUND, ALREADY_EXISTS, CANNOT (under itself), LIMIT.
  public void rename(long accountId, String name, List<String> superiors, String newName) {
    sql.change(
        connection -> {
          Account account = lock(connection, accountId);
          Listed there = byName(connection, accountId, name);
          if (there == null) {
            throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
          }
          if (byName(connection, accountId, newName) != null) {
            throw new StoreException(ErrorCode.ALREADY_EXISTS, "there is such a mailbox");
          }
          if (newName.startsWith(name + "/")) {
            throw new StoreException(ErrorCode.CANNOT, "a mailbox cannot move under itself");
          }
          List<Listed> children = under(connection, accountId, name);
          for (Listed child : children) {
            String moved = newName + child.name().substring(name.length());
            if (moved.length() > 4096) {
              throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a name becomes too long");
            }
            if (byName(connection, accountId, moved) != null) {
              throw new StoreException(ErrorCode.ALREADY_EXISTS, "there is such a mailbox");
            }
          }
          for (String superior : superiors) {
            if (byName(connection, accountId, superior) == null) {
              insert(connection, account, superior, true, 0);
            }
          }
          update(
              connection,
              "UPDATE mailbox SET name = ? || substring(name FROM ?)"
                  + " WHERE account_id = ? AND (name = ? OR starts_with(name, ?))",
              newName,
              name.codePointCount(0, name.length()) + 1,
              accountId,
              name,
              name + "/");
          publish(connection, account);
          save(connection, account);
        });
  }

  /// RENAME of INBOX: a new mailbox gets all of its messages, INBOX stays, empty.
  public void renameInbox(long accountId, List<String> superiors, String newName, int keywords) {
    sql.change(
        connection -> {
          Account account = lock(connection, accountId);
          Listed inbox = byName(connection, accountId, "INBOX");
          if (inbox == null) {
            throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
          }
          if (byName(connection, accountId, newName) != null) {
            throw new StoreException(ErrorCode.ALREADY_EXISTS, "there is such a mailbox");
          }
          for (String superior : superiors) {
            if (byName(connection, accountId, superior) == null) {
              insert(connection, account, superior, true, 0);
            }
          }
          insert(connection, account, newName, true, 0);
          update(
              connection,
              "UPDATE mailbox SET was_inbox = true WHERE account_id = ? AND name = ?",
              accountId,
              newName);
          publish(connection, account);
          save(connection, account);
          Annotations.copy(connection, accountId, inbox.mailboxId(), newName);
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT outcome FROM mail_copy(?, ?, 0, ?, ARRAY[1::bigint],"
                      + " ARRAY[4294967295], NULL, true, ?, 0, 31, true)",
                  accountId,
                  inbox.mailboxId(),
                  newName,
                  keywords)) {
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              if (row.getInt(1) != 1) {
                throw new StoreException(Rows.error(row.getInt(1)), "INBOX cannot be renamed");
              }
            }
          }
        });
  }

  /// The account's row while it is locked.
  private static final class Account {
    final long id;
    long changeSeq;
    long nextMailboxId;
    long lastUidValidity;
    long octets;
    long messages;
    long mailboxes;
    long limit;

    Account(long id) {
      this.id = id;
    }
  }

  private static Account lock(Connection connection, long accountId) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT change_seq, next_mailbox_id, last_uid_validity, used_octets, used_messages,"
                + " used_mailboxes, limit_mailboxes FROM account_state WHERE account_id = ?"
                + " FOR NO KEY UPDATE",
            accountId)) {
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no such account");
        }
        Account account = new Account(accountId);
        account.changeSeq = row.getLong(1);
        account.nextMailboxId = row.getLong(2);
        account.lastUidValidity = row.getLong(3);
        account.octets = row.getLong(4);
        account.messages = row.getLong(5);
        account.mailboxes = row.getLong(6);
        account.limit = row.getLong(7);
        return account;
      }
    }
  }

  private static void save(Connection connection, Account account) throws SQLException {
    update(
        connection,
        "UPDATE account_state SET change_seq = ?, next_mailbox_id = ?, last_uid_validity = ?,"
            + " used_octets = ?, used_messages = ?, used_mailboxes = ? WHERE account_id = ?",
        account.changeSeq,
        account.nextMailboxId,
        account.lastUidValidity,
        account.octets,
        account.messages,
        account.mailboxes,
        account.id);
  }

  private static void insert(
      Connection connection, Account account, String name, boolean selectable, int specialUse)
      throws SQLException {
    if (account.limit > 0 && account.mailboxes >= account.limit) {
      throw new StoreException(ErrorCode.OVER_QUOTA, "the account may have no more mailboxes");
    }
    if (account.mailboxes >= MOST) {
      throw new StoreException(ErrorCode.LIMIT, "too many mailboxes");
    }
    account.lastUidValidity =
        Math.max(java.time.Instant.now().getEpochSecond(), account.lastUidValidity + 1);
    update(
        connection,
        "INSERT INTO mailbox (account_id, mailbox_id, name, selectable, special_use, uid_validity)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        account.id,
        account.nextMailboxId,
        name,
        selectable,
        specialUse,
        account.lastUidValidity);
    Shares.inherit(connection, account.id, account.nextMailboxId, name);
    account.nextMailboxId++;
    account.mailboxes++;
  }

  /// Takes special uses from the mailboxes that have them: a use belongs to one mailbox.
  static void moveSpecialUse(Connection connection, long accountId, int uses) throws SQLException {
    if (uses != 0) {
      update(
          connection,
          "UPDATE mailbox SET special_use = special_use & ~?"
              + " WHERE account_id = ? AND special_use & ? <> 0",
          uses,
          accountId,
          uses);
    }
  }

  /// Names or subscriptions of the account changed.
  private static void publish(Connection connection, Account account) throws SQLException {
    account.changeSeq++;
    publish(connection, account.id, account.changeSeq);
  }

  /// The account's mailboxes changed, not their messages; account 0 is the server.
  static void publish(Connection connection, long accountId, long changeSeq) throws SQLException {
    update(
        connection,
        "INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at)"
            + " VALUES (?, ?, 0, 0, 0, false, mail_now())",
        accountId,
        changeSeq);
  }

  private static void publish(
      Connection connection, Account account, Listed mailbox, boolean deleted) throws SQLException {
    account.changeSeq++;
    update(
        connection,
        "INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at)"
            + " VALUES (?, ?, ?, ?, ?, ?, mail_now())",
        account.id,
        account.changeSeq,
        mailbox.mailboxId(),
        mailbox.status().getHighestModseq() + 1,
        Integer.toUnsignedLong(mailbox.status().getUidNext()),
        deleted);
  }

  /// Locks the row that it finds.
  private static @Nullable Listed byName(Connection connection, long accountId, String name)
      throws SQLException {
    List<Listed> found = find(connection, "name = ?", accountId, name);
    return found.isEmpty() ? null : found.getFirst();
  }

  private static List<Listed> under(Connection connection, long accountId, String name)
      throws SQLException {
    return find(connection, "starts_with(name, ?)", accountId, name + "/");
  }

  private static List<Listed> find(
      Connection connection, String condition, long accountId, String value) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT mailbox_id, name, selectable, special_use, was_inbox, "
                + STATUS
                + " FROM mailbox WHERE account_id = ? AND "
                + condition
                + " ORDER BY mailbox_id FOR NO KEY UPDATE",
            accountId,
            value)) {
      List<Listed> mailboxes = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          mailboxes.add(
              new Listed(
                  row.getLong(1),
                  row.getString(2),
                  row.getBoolean(3),
                  row.getInt(4),
                  row.getBoolean(5),
                  Rows.status(row, 6).setRights(Access.ALL).build()));
        }
      }
      return mailboxes;
    }
  }

  static void update(Connection connection, String statement, Object... parameters)
      throws SQLException {
    try (PreparedStatement prepared = Sql.prepare(connection, statement, parameters)) {
      prepared.executeUpdate();
    }
  }
}
