package mailwing.imap.cache;

import mailwing.imap.view.MailboxKey;

/// A message for good: neither a mailbox id nor a UID in it is ever given again.
public record MessageKey(MailboxKey mailbox, int uid) {
  /// Mailboxes far apart, so that those of one account with neighbouring UIDs do not meet.
  @Override
  public int hashCode() {
    return mailbox.hashCode() * 0x9e3779b9 + uid;
  }
}
