package mailwing.imap.cache;

import mailwing.imap.view.MailboxKey;
import org.jspecify.annotations.Nullable;

/// A message for good: neither a mailbox id nor a UID in it is ever given again.
public record MessageKey(MailboxKey mailbox, int uid) {
  /// Said in full, for each message of a list is looked for.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MessageKey key && uid == key.uid && mailbox.equals(key.mailbox);
  }

  /// Mailboxes far apart, so that those of one account with neighbouring UIDs do not meet.
  @Override
  public int hashCode() {
    return mailbox.hashCode() * 0x9e3779b9 + uid;
  }
}
