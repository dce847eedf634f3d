package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MetadataEntry;

/// Annotations of mailboxes and of the server (RFC 5464). Names are whole and in lower case.
///
/// Shared entries of the server have account 0, entries of the server mailbox 0.
public final class Annotations {
  /// Entries of a mailbox, or of the server, that are shared or one holder's.
  public static final int MOST = 100;

  /// Octets of all entries kept with an account.
  private static final long MOST_OCTETS = 16L << 20;

  /// RFC 6154 section 4.
  public static final String SPECIAL_USE = "/private/specialuse";

  private final Sql sql;

  public Annotations(Sql sql) {
    this.sql = sql;
  }

  /// A mailbox that can have annotations, selectable or not.
  public record Place(long mailboxId, int specialUse) {}

  public Optional<Place> place(long accountId, String name) {
    return sql.repeatable(connection -> place(connection, accountId, name, ""));
  }

  private static Optional<Place> place(
      Connection connection, long accountId, String name, String lock) throws SQLException {
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT mailbox_id, special_use FROM mailbox WHERE account_id = ? AND name = ?" + lock,
            accountId,
            name)) {
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(new Place(row.getLong(1), row.getInt(2)))
            : Optional.empty();
      }
    }
  }

  /// What is shared and what is this holder's, by name.
  public List<MetadataEntry> list(long accountId, long mailboxId, long holder) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT name, value FROM annotation WHERE account_id = ? AND mailbox_id = ?"
                      + " AND holder IN (0, ?) ORDER BY name",
                  accountId,
                  mailboxId,
                  holder)) {
            List<MetadataEntry> entries = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                entries.add(entry(row, 1));
              }
            }
            return entries;
          }
        });
  }

  /// Entries of these names in all of an account's mailboxes, by mailbox.
  public Map<Long, List<MetadataEntry>> named(
      long accountId, long holder, Collection<String> names) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT mailbox_id, name, value FROM annotation WHERE account_id = ?"
                      + " AND mailbox_id <> 0 AND holder IN (0, ?) AND name = ANY (?)",
                  accountId,
                  holder,
                  connection.createArrayOf("text", names.toArray()))) {
            Map<Long, List<MetadataEntry>> entries = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                entries.computeIfAbsent(row.getLong(1), id -> new ArrayList<>()).add(entry(row, 2));
              }
            }
            return entries;
          }
        });
  }

  private static MetadataEntry entry(ResultSet row, int column) throws SQLException {
    return MetadataEntry.newBuilder()
        .setName(row.getString(column))
        .setValue(com.google.protobuf.ByteString.copyFrom(row.getBytes(column + 1)))
        .build();
  }

  /// Sets and removes entries of a mailbox, all or none; `specialUse`, if there is one, becomes the
  /// mailbox's and no other's. MAILBOX_NOT_FOUND, LIMIT.
  public void set(
      long accountId,
      String mailbox,
      long holder,
      List<MetadataEntry> entries,
      Optional<Integer> specialUse) {
    sql.change(
        connection -> {
          lock(connection, accountId);
          Place place =
              place(connection, accountId, mailbox, " FOR NO KEY UPDATE")
                  .orElseThrow(
                      () -> new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox"));
          long changeSeq = AnnotationChanges.next(connection, accountId);
          for (MetadataEntry entry : entries) {
            set(connection, accountId, place.mailboxId(), holder, entry, changeSeq);
          }
          if (specialUse.isPresent()) {
            MailboxRows.moveSpecialUse(connection, accountId, specialUse.get());
            MailboxRows.update(
                connection,
                "UPDATE mailbox SET special_use = ? WHERE account_id = ? AND mailbox_id = ?",
                specialUse.get(),
                accountId,
                place.mailboxId());
            AnnotationChanges.note(
                connection, accountId, place.mailboxId(), holder, SPECIAL_USE, changeSeq);
          }
          checkRoom(connection, accountId, place.mailboxId());
        });
  }

  /// Sets and removes entries of the server, all or none: shared ones for everyone. LIMIT.
  public void setServer(long holder, List<MetadataEntry> entries) {
    sql.change(
        connection -> {
          lock(connection, holder);
          long own = AnnotationChanges.next(connection, holder);
          boolean forAll = entries.stream().anyMatch(Annotations::shared);
          long server = forAll ? AnnotationChanges.nextOfServer(connection) : 0;
          for (MetadataEntry entry : entries) {
            boolean shared = shared(entry);
            set(connection, shared ? 0 : holder, 0, holder, entry, shared ? server : own);
          }
          checkRoom(connection, holder, 0);
          checkRoom(connection, 0, 0);
        });
  }

  private static boolean shared(MetadataEntry entry) {
    return entry.getName().startsWith("/shared/");
  }

  private static void set(
      Connection connection,
      long accountId,
      long mailboxId,
      long holder,
      MetadataEntry entry,
      long changeSeq)
      throws SQLException {
    long of = shared(entry) ? 0 : holder;
    AnnotationChanges.note(connection, accountId, mailboxId, of, entry.getName(), changeSeq);
    if (entry.hasValue()) {
      MailboxRows.update(
          connection,
          "INSERT INTO annotation (account_id, mailbox_id, holder, name, value)"
              + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, mailbox_id, holder, name)"
              + " DO UPDATE SET value = excluded.value",
          accountId,
          mailboxId,
          of,
          entry.getName(),
          entry.getValue().toByteArray());
    } else {
      MailboxRows.update(
          connection,
          "DELETE FROM annotation WHERE account_id = ? AND mailbox_id = ? AND holder = ?"
              + " AND name = ?",
          accountId,
          mailboxId,
          of,
          entry.getName());
    }
  }

  /// The account's row first, as whatever changes its mailboxes does.
  private static void lock(Connection connection, long accountId) throws SQLException {
    one(
            connection,
            "SELECT account_id FROM account_state WHERE account_id = ? FOR NO KEY UPDATE",
            accountId)
        .orElseThrow(() -> new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no such account"));
  }

  private static void checkRoom(Connection connection, long accountId, long mailboxId)
      throws SQLException {
    long most =
        one(
                connection,
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM annotation"
                    + " WHERE account_id = ? AND mailbox_id = ? GROUP BY holder) h",
                accountId,
                mailboxId)
            .orElse(0);
    long octets =
        one(
                connection,
                "SELECT coalesce(sum(octet_length(value) + octet_length(name)), 0)"
                    + " FROM annotation WHERE account_id = ?",
                accountId)
            .orElse(0);
    if (most > MOST || octets > MOST_OCTETS) {
      throw new StoreException(ErrorCode.LIMIT, "too many annotations");
    }
  }

  private static OptionalLong one(Connection connection, String query, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = Sql.prepare(connection, query, parameters)) {
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  /// A mailbox is gone, and so are its annotations.
  static void forget(Connection connection, long accountId, long mailboxId) throws SQLException {
    MailboxRows.update(
        connection,
        "DELETE FROM annotation WHERE account_id = ? AND mailbox_id = ?",
        accountId,
        mailboxId);
    AnnotationChanges.forget(connection, accountId, mailboxId);
  }

  /// INBOX was renamed: the new mailbox has its annotations, INBOX keeps them (RFC 5464 §4.1).
  static void copy(Connection connection, long accountId, long from, String toName)
      throws SQLException {
    MailboxRows.update(
        connection,
        "INSERT INTO annotation (account_id, mailbox_id, holder, name, value)"
            + " SELECT a.account_id, b.mailbox_id, a.holder, a.name, a.value"
            + " FROM annotation a, mailbox b WHERE a.account_id = ? AND a.mailbox_id = ?"
            + " AND b.account_id = ? AND b.name = ?",
        accountId,
        from,
        accountId,
        toName);
  }
}
