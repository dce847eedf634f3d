package mailwing.store.domain;

import mailwing.store.persistence.Access;

/// A mailbox that a call names, and what the caller may do there.
///
/// @param mailboxId 0: by name, and not looked for yet
/// @param name as its owner sees it
/// @param prefix what the caller puts before that
public record Place(Access access, long mailboxId, String name, String prefix) {
  public static Place own(long account, long mailboxId, String name) {
    return new Place(Access.own(account), mailboxId, MailboxName.lookup(name), "");
  }

  public long account() {
    return access.account();
  }
}
