package mailwing.imap.session;

import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.Right;

/// A mailbox, or a subscribed name that does not exist, as LIST and STATUS tell of it.
///
/// @param listed without its status
record WatchedMailbox(MailboxKey key, Mailbox listed, MailboxStatus status) {

  /// @param account whose mailbox it is where the store does not say
  static WatchedMailbox of(Mailbox mailbox, long account) {
    long owner = mailbox.getRef().getOwnerAccount();
    return new WatchedMailbox(
        new MailboxKey(owner == 0 ? account : owner, mailbox.getRef().getMailboxId()),
        mailbox.toBuilder().clearStatus().build(),
        mailbox.getStatus());
  }

  WatchedMailbox with(MailboxStatus other) {
    return new WatchedMailbox(key, listed, other);
  }

  String name() {
    return listed.getName();
  }

  boolean exists() {
    return key.mailbox() != 0;
  }

  /// Its rights let it be read (RFC 4314 §4).
  boolean readable() {
    return !exists() || (listed.getRights() & Right.RIGHT_READ_VALUE) != 0;
  }

  /// It has messages that may be told of.
  boolean watchable() {
    return listed.getSelectable() && readable();
  }
}
