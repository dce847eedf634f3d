package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Right;
import mailwing.store.v1.SetAclRequest;

/// Rights on mailboxes (RFC 4314), kept with the owner; and with each grantee whose mailboxes it
/// may have rights on.
public final class Shares {
  /// Stands for every account of the owner's domain. In rows it is the domain's id, below 0, so
  /// that a domain's accounts need not ask for what other domains share.
  public static final long ANYONE = 0;

  private static final String HOLDER_OR_ANYONE = "(?, (SELECT mail_anyone(?)))";

  /// Identifiers of one mailbox.
  static final int MOST = 1000;

  private final Sql sql;

  public Shares(Sql sql) {
    this.sql = sql;
  }

  /// A mailbox, selectable or not, and what one may do there.
  public record Found(Access access, long mailboxId, String name) {}

  /// Whom a right is granted to or, if negative, withheld from.
  public record Identifier(long grantee, boolean negative) {}

  /// What an identifier has, in Right bits.
  public record Grant(Identifier identifier, int rights) {}

  /// A mailbox by id or, if that is 0, by name, with the holder's rights.
  public Optional<Found> find(long owner, long mailboxId, String name, long holder) {
    boolean byId = mailboxId != 0;
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT b.mailbox_id, b.name, "
                      + GRANTED
                      + " FROM mailbox b LEFT JOIN acl a ON a.account_id = b.account_id"
                      + " AND a.mailbox_id = b.mailbox_id AND a.grantee IN "
                      + HOLDER_OR_ANYONE
                      + " WHERE b.account_id = ? AND b."
                      + (byId ? "mailbox_id" : "name")
                      + " = ? GROUP BY b.mailbox_id, b.name",
                  holder,
                  holder,
                  owner,
                  byId ? (Object) mailboxId : name)) {
            try (ResultSet row = statement.executeQuery()) {
              if (!row.next()) {
                return Optional.empty();
              }
              Access access =
                  owner == holder
                      ? Access.own(owner)
                      : new Access(owner, holder, row.getInt(3) & Access.ALL);
              return Optional.of(new Found(access, row.getLong(1), row.getString(2)));
            }
          }
        });
  }

  private static final String GRANTED =
      "coalesce(bit_or(a.rights) FILTER (WHERE NOT a.negative), 0)"
          + " & ~coalesce(bit_or(a.rights) FILTER (WHERE a.negative), 0)";

  /// The mailboxes of an owner that one may look up, by name.
  public List<MailboxRows.Listed> listed(long owner, long holder) {
    Access access = new Access(owner, holder, 0);
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT mailbox.mailbox_id, name, selectable, r.granted, "
                      + access.status()
                      + " FROM mailbox JOIN (SELECT a.mailbox_id, "
                      + GRANTED
                      + " AS granted FROM acl a WHERE a.account_id = ? AND a.grantee IN "
                      + HOLDER_OR_ANYONE
                      + " GROUP BY a.mailbox_id) r ON r.mailbox_id = mailbox.mailbox_id"
                      + " WHERE mailbox.account_id = ? AND r.granted & ? <> 0 ORDER BY name",
                  owner,
                  holder,
                  holder,
                  owner,
                  Right.RIGHT_LOOKUP_VALUE)) {
            List<MailboxRows.Listed> mailboxes = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                mailboxes.add(
                    new MailboxRows.Listed(
                        row.getLong(1),
                        row.getString(2),
                        row.getBoolean(3),
                        // What the owner uses a mailbox for is no use of the caller's.
                        0,
                        // Nor its history.
                        false,
                        Rows.status(row, 5).setRights(row.getInt(4) & Access.ALL).build()));
              }
            }
            return mailboxes;
          }
        });
  }

  /// Accounts that may have granted rights to this one, or to everyone of its domain.
  public List<Long> owners(long holder) {
    return sql.repeatable(
        connection ->
            Sql.longs(
                connection,
                "SELECT DISTINCT owner_account FROM shared_by WHERE account_id IN "
                    + HOLDER_OR_ANYONE
                    + " AND owner_account <> ? ORDER BY owner_account",
                holder,
                holder,
                holder));
  }

  /// What is granted on a mailbox to others than the owner.
  public List<Grant> grants(long owner, long mailboxId) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT grantee, negative, rights FROM acl"
                      + " WHERE account_id = ? AND mailbox_id = ? ORDER BY grantee, negative",
                  owner,
                  mailboxId)) {
            List<Grant> grants = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                grants.add(
                    new Grant(
                        new Identifier(Math.max(ANYONE, row.getLong(1)), row.getBoolean(2)),
                        row.getInt(3) & Access.ALL));
              }
            }
            return grants;
          }
        });
  }

  /// The owner's mailboxes on which something is granted to others, by name.
  public List<MailboxName> shared(long owner) {
    return sql.repeatable(
        connection -> {
          try (PreparedStatement statement =
              Sql.prepare(
                  connection,
                  "SELECT b.mailbox_id, b.name FROM mailbox b WHERE b.account_id = ?"
                      + " AND b.mailbox_id IN (SELECT a.mailbox_id FROM acl a"
                      + " WHERE a.account_id = ?) ORDER BY b.name",
                  owner,
                  owner)) {
            List<MailboxName> mailboxes = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                mailboxes.add(new MailboxName(row.getLong(1), row.getString(2)));
              }
            }
            return mailboxes;
          }
        });
  }

  /// A mailbox and what its owner calls it.
  public record MailboxName(long mailboxId, String name) {}

  /// Changes what is granted. The mailbox's modseq moves, so that whoever has it open asks again.
  /// MAILBOX_NOT_FOUND, LIMIT.
  public void set(
      long owner, long mailboxId, Identifier given, SetAclRequest.Change change, int rights) {
    sql.change(
        connection -> {
          lock(connection, owner);
          Identifier identifier =
              given.grantee() == ANYONE ? anyone(connection, owner, given) : given;
          int before =
              Sql.longs(
                      connection,
                      "SELECT rights FROM acl WHERE account_id = ? AND mailbox_id = ?"
                          + " AND grantee = ? AND negative = ?",
                      owner,
                      mailboxId,
                      identifier.grantee(),
                      identifier.negative())
                  .stream()
                  .mapToInt(Long::intValue)
                  .findFirst()
                  .orElse(0);
          int after =
              switch (change) {
                case ADD -> before | rights;
                case REMOVE -> before & ~rights;
                case REPLACE, UNRECOGNIZED -> rights;
              };
          if (after == before) {
            return;
          }
          if (after == 0) {
            MailboxRows.update(
                connection,
                "DELETE FROM acl WHERE account_id = ? AND mailbox_id = ? AND grantee = ?"
                    + " AND negative = ?",
                owner,
                mailboxId,
                identifier.grantee(),
                identifier.negative());
            dropHints(connection, owner, List.of(identifier.grantee()));
          } else {
            put(connection, owner, mailboxId, identifier, after);
          }
          tell(connection, owner, mailboxId, false);
          // Whoever may see the mailbox now, or may not any more, does not know yet to look here.
          AnnotationChanges.nextOfServer(connection);
        });
  }

  private static Identifier anyone(Connection connection, long owner, Identifier given)
      throws SQLException {
    long id = Sql.longs(connection, "SELECT mail_anyone(?)", owner).getFirst();
    if (id == ANYONE) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "the owner is gone");
    }
    return new Identifier(id, given.negative());
  }

  private static void put(
      Connection connection, long owner, long mailboxId, Identifier identifier, int rights)
      throws SQLException {
    MailboxRows.update(
        connection,
        "INSERT INTO acl (account_id, mailbox_id, grantee, negative, rights)"
            + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, mailbox_id, grantee, negative)"
            + " DO UPDATE SET rights = excluded.rights",
        owner,
        mailboxId,
        identifier.grantee(),
        identifier.negative(),
        rights);
    long all =
        Sql.longs(
                connection,
                "SELECT count(*) FROM acl WHERE account_id = ? AND mailbox_id = ?",
                owner,
                mailboxId)
            .getFirst();
    if (all > MOST) {
      throw new StoreException(ErrorCode.LIMIT, "too many identifiers have rights");
    }
    if (!identifier.negative()) {
      MailboxRows.update(
          connection,
          "INSERT INTO shared_by (account_id, owner_account) VALUES (?, ?) ON CONFLICT DO NOTHING",
          identifier.grantee(),
          owner);
    }
  }

  /// Removes the hints of those who have no right left on anything of the owner's.
  private static void dropHints(Connection connection, long owner, List<Long> grantees)
      throws SQLException {
    for (long grantee : grantees) {
      if (Sql.longs(
              connection,
              "SELECT 1 FROM acl WHERE account_id = ? AND grantee = ? AND NOT negative LIMIT 1",
              owner,
              grantee)
          .isEmpty()) {
        MailboxRows.update(
            connection,
            "DELETE FROM shared_by WHERE account_id = ? AND owner_account = ?",
            grantee,
            owner);
      }
    }
  }

  /// A new mailbox has the rights of its nearest superior, if there is one (RFC 4314 §4). The
  /// account's row is held.
  static void inherit(Connection connection, long owner, long mailboxId, String name)
      throws SQLException {
    List<String> superiors = new ArrayList<>();
    for (int i = name.indexOf('/'); i >= 0; i = name.indexOf('/', i + 1)) {
      superiors.add(name.substring(0, i));
    }
    if (!superiors.isEmpty()) {
      MailboxRows.update(
          connection,
          "INSERT INTO acl (account_id, mailbox_id, grantee, negative, rights)"
              + " SELECT a.account_id, ?, a.grantee, a.negative, a.rights FROM acl a"
              + " WHERE a.account_id = ? AND a.mailbox_id = (SELECT b.mailbox_id FROM mailbox b"
              + " WHERE b.account_id = ? AND b.name = ANY (?) ORDER BY length(b.name) DESC LIMIT 1)",
          mailboxId,
          owner,
          owner,
          connection.createArrayOf("text", superiors.toArray()));
    }
  }

  /// A mailbox is gone, and so is all that was granted on it. The account's row is held.
  static void forget(Connection connection, long owner, long mailboxId) throws SQLException {
    List<Long> grantees =
        Sql.longs(
            connection,
            "DELETE FROM acl WHERE account_id = ? AND mailbox_id = ? RETURNING grantee",
            owner,
            mailboxId);
    dropHints(connection, owner, grantees.stream().distinct().toList());
    MailboxRows.update(
        connection,
        "DELETE FROM seen_count WHERE account_id = ? AND mailbox_id = ?",
        owner,
        mailboxId);
  }

  /// An account is being removed: nobody has rights on its mailboxes any more, and who has one open
  /// is told that it is gone.
  static void removeOwner(Connection connection, long owner) throws SQLException {
    List<Long> shared =
        Sql.longs(
            connection,
            "SELECT DISTINCT mailbox_id FROM acl WHERE account_id = ? ORDER BY mailbox_id",
            owner);
    if (shared.isEmpty()) {
      return;
    }
    lock(connection, owner);
    for (long mailboxId : shared) {
      tell(connection, owner, mailboxId, true);
    }
    List<Long> grantees =
        Sql.longs(connection, "DELETE FROM acl WHERE account_id = ? RETURNING grantee", owner);
    dropHints(connection, owner, grantees.stream().distinct().toList());
  }

  /// Removes what one owner has kept for a removed account; false where there is nothing left.
  static boolean removeGrantee(Connection connection, long grantee) throws SQLException {
    List<Long> owners =
        Sql.longs(
            connection,
            "SELECT owner_account FROM shared_by WHERE account_id = ? LIMIT 1",
            grantee);
    if (owners.isEmpty()) {
      return false;
    }
    long owner = owners.getFirst();
    for (long mailboxId :
        Sql.longs(
            connection,
            "SELECT mailbox_id FROM seen_count WHERE account_id = ? AND holder = ?",
            owner,
            grantee)) {
      MailboxRows.update(
          connection,
          "DELETE FROM seen WHERE account_id = ? AND mailbox_id = ? AND holder = ?",
          owner,
          mailboxId,
          grantee);
      MailboxRows.update(
          connection,
          "DELETE FROM seen_count WHERE account_id = ? AND mailbox_id = ? AND holder = ?",
          owner,
          mailboxId,
          grantee);
      Sql.longs(connection, "SELECT 1 FROM mail_count_holders(?, ?)", owner, mailboxId);
    }
    MailboxRows.update(
        connection, "DELETE FROM acl WHERE account_id = ? AND grantee = ?", owner, grantee);
    MailboxRows.update(
        connection,
        "DELETE FROM shared_by WHERE account_id = ? AND owner_account = ?",
        grantee,
        owner);
    return true;
  }

  static void lock(Connection connection, long owner) throws SQLException {
    if (Sql.longs(
            connection,
            "SELECT account_id FROM account_state WHERE account_id = ? FOR NO KEY UPDATE",
            owner)
        .isEmpty()) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
  }

  /// Moves the mailbox's modseq on and publishes that; the account's row is held.
  static void tell(Connection connection, long owner, long mailboxId, boolean gone)
      throws SQLException {
    List<Long> told =
        Sql.longs(
            connection,
            "WITH m AS (UPDATE mailbox SET highest_modseq = highest_modseq + 1"
                + " WHERE account_id = ? AND mailbox_id = ? RETURNING highest_modseq, uid_next),"
                + " a AS (UPDATE account_state SET change_seq = change_seq + 1"
                + " WHERE account_id = ? RETURNING change_seq)"
                + " INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next,"
                + " deleted, at) SELECT ?, a.change_seq, ?, m.highest_modseq, m.uid_next, ?,"
                + " mail_now() FROM m, a RETURNING change_seq",
            owner,
            mailboxId,
            owner,
            owner,
            mailboxId,
            gone);
    if (told.isEmpty()) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
  }
}
