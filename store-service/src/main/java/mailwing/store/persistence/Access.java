package mailwing.store.persistence;

import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Right;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;

/// Whose mail is worked on, as whom, and what that one may do there.
///
/// \Seen in `entry.flags` is the owner's; everyone else's is in `seen`. What reads mail takes its
/// rows from [#entries] and its heads from [#status], so that each sees its own.
///
/// @param account the owner
/// @param holder who works: the owner, or one whom it lets
/// @param rights Right bits
public record Access(long account, long holder, int rights) {
  /// All that there are.
  public static final int ALL = 2047;

  private static final int OTHER_FLAGS =
      SystemFlag.ANSWERED_VALUE | SystemFlag.FLAGGED_VALUE | SystemFlag.DRAFT_VALUE;

  public static Access own(long account) {
    return new Access(account, account, ALL);
  }

  public boolean own() {
    return account == holder;
  }

  public boolean may(Right right) {
    return (rights & right.getNumber()) != 0;
  }

  /// May do one of these, in Right bits.
  public boolean mayAny(int anyOf) {
    return (rights & anyOf) != 0;
  }

  /// Throws what one is told who may not: PERMISSION_DENIED, or as little as of a mailbox that is
  /// not there (RFC 4314 §6).
  public StoreException refusal() {
    return may(Right.RIGHT_LOOKUP)
        ? new StoreException(ErrorCode.PERMISSION_DENIED, "the right is not granted")
        : new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
  }

  public Access require(Right... all) {
    for (Right right : all) {
      if (!may(right)) {
        throw refusal();
      }
    }
    return this;
  }

  /// The system flags that may be set and cleared (RFC 4314 §4), in SystemFlag bits.
  public int changeableFlags() {
    return (may(Right.RIGHT_SEEN) ? SystemFlag.SEEN_VALUE : 0)
        | (may(Right.RIGHT_DELETE_MESSAGES) ? SystemFlag.DELETED_VALUE : 0)
        | (may(Right.RIGHT_WRITE) ? OTHER_FLAGS : 0);
  }

  /// What stands for the table `entry` in a statement that names account and mailbox of its rows.
  ///
  /// @param range the mailbox's
  String entries(@Nullable FlagRange range) {
    if (own() && range == null) {
      return "entry";
    }
    String modseq = own() ? "o.modseq" : "coalesce(o.shared_modseq, o.modseq)";
    String flags = "o.flags";
    if (range != null) {
      String changes = "CASE WHEN " + range.condition("o") + " THEN ";
      modseq = changes + range.modseq() + " ELSE " + modseq + " END";
      flags =
          changes + "(o.flags & ~" + range.flags() + ") | " + range.wanted() + " ELSE o.flags END";
    }
    return "(SELECT o.account_id, o.mailbox_id, o.uid, o.message_id, o.size, o.internal_date,"
        + " o.save_date, o.zone_minutes, o.keywords, "
        + (own()
            ? modseq + " AS modseq, " + flags + " AS flags FROM entry o"
            : "greatest("
                + modseq
                + ", h.modseq) AS modseq, ("
                + flags
                + ") & ~1 | CASE WHEN h.seen THEN 1 ELSE 0 END AS flags"
                + " FROM entry o LEFT JOIN seen h ON h.account_id = o.account_id"
                + " AND h.mailbox_id = o.mailbox_id AND h.uid = o.uid AND h.holder = "
                + holder)
        + ")";
  }

  /// What stands for the table `entry`, its rows those that are new or have changed after a modseq;
  /// a parameter for each of [#changedParameters].
  ///
  /// @param range the mailbox's
  String changed(long since, @Nullable FlagRange range) {
    if (all(since, range)) {
      return "(SELECT * FROM "
          + entries(range)
          + " t WHERE account_id = ? AND mailbox_id = ? AND modseq > ?)";
    }
    return own()
        ? "mail_changed(?, ?, ?)"
        : "(SELECT * FROM "
            + entries(range)
            + " t WHERE account_id = ? AND mailbox_id = ? AND modseq > ?"
            + " AND uid = ANY (ARRAY(SELECT c.uid FROM mail_changed(?, ?, ?) c"
            + " UNION SELECT s.uid FROM seen s"
            + " WHERE s.account_id = ? AND s.mailbox_id = ? AND s.holder = ? AND s.modseq > ?)))";
  }

  /// Has much changed, of which rows say nothing?
  private static boolean all(long since, @Nullable FlagRange range) {
    return range != null && range.modseq() > since;
  }

  Object[] changedParameters(long mailboxId, long since, @Nullable FlagRange range) {
    return own() || all(since, range)
        ? new Object[] {account, mailboxId, since}
        : new Object[] {
          account, mailboxId, since, account, mailboxId, since, account, mailboxId, holder, since
        };
  }

  /// The columns of `mailbox` that [Rows#status] reads. \Recent is the owner's.
  String status() {
    return own()
        ? Rows.STATUS
        : Rows.STATUS
            .replace(
                "unseen",
                "messages - coalesce((SELECT c.seen FROM seen_count c"
                    + " WHERE c.account_id = mailbox.account_id"
                    + " AND c.mailbox_id = mailbox.mailbox_id AND c.holder = "
                    + holder
                    + "), 0)")
            .replace("first_recent_uid, recent", "uid_next, 0")
            .replace("k.account_id = mailbox.account_id", "k.account_id = " + holder);
  }
}
