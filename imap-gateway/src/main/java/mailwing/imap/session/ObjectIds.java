package mailwing.imap.session;

import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.MailboxRef;
import org.jspecify.annotations.Nullable;

/// Object identifiers as clients see them (RFC 8474): a letter for the kind, the owner's account,
/// and the store's number. An account's numbers are never given again.
final class ObjectIds {
  private ObjectIds() {}

  static String mailbox(MailboxRef ref) {
    return mailbox(ref.getOwnerAccount(), ref.getMailboxId());
  }

  static String mailbox(long account, long mailbox) {
    return id('F', account, mailbox);
  }

  static String email(MailboxKey mailbox, long message) {
    return id('M', mailbox.account(), message);
  }

  static String thread(MailboxKey mailbox, long thread) {
    return id('T', mailbox.account(), thread);
  }

  private static String id(char kind, long account, long number) {
    return kind + Long.toUnsignedString(account) + "-" + Long.toUnsignedString(number);
  }

  /// The store's number of an EMAILID or THREADID that is one of this account's, else null.
  static @Nullable String number(String id, char kind, long account) {
    String prefix = kind + Long.toUnsignedString(account) + "-";
    return id.startsWith(prefix) ? id.substring(prefix.length()) : null;
  }
}
