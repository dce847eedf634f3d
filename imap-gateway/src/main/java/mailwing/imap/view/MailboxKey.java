package mailwing.imap.view;

import org.jspecify.annotations.Nullable;

/// A mailbox by its owner's account and its id, which is never given to another mailbox.
public record MailboxKey(long account, long mailbox) {
  /// Said in full, as the hash is: it is a part of each message's key.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof MailboxKey key && account == key.account && mailbox == key.mailbox);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(account) + Long.hashCode(mailbox);
  }
}
