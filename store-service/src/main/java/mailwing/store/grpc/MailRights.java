package mailwing.store.grpc;

import mailwing.store.StoreException;
import mailwing.store.domain.MailboxName;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.Right;

/// Who may do what with whose mail: the one place that decides.
///
/// One's own mail costs no statement; another's mailbox is looked up with the rights on it, each
/// time, so that a right that is withdrawn is gone for the next call.
final class MailRights {
  private final Sharing sharing;

  MailRights(Sharing sharing) {
    this.sharing = sharing;
  }

  /// The caller's own account, to read it.
  static long read() {
    return account(Caller.current(), Scope.MAIL_READ);
  }

  /// The caller's own account, to change it.
  static long write() {
    return account(Caller.current(), Scope.MAIL_WRITE);
  }

  /// May the caller change what it opens?
  static boolean mayWrite() {
    return Caller.current().has(Scope.MAIL_WRITE);
  }

  static boolean mayRead(int rights) {
    return (rights & Right.RIGHT_READ_VALUE) != 0;
  }

  /// A mailbox by id, to read it; `all` are needed of another's.
  Place read(MailboxRef mailbox, Right... all) {
    return byId(Scope.MAIL_READ, mailbox, all);
  }

  /// A mailbox by id, to change it; `all` are needed of another's.
  Place write(MailboxRef mailbox, Right... all) {
    return byId(Scope.MAIL_WRITE, mailbox, all);
  }

  private Place byId(Scope scope, MailboxRef mailbox, Right... all) {
    if (mailbox.getMailboxId() == 0) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no mailbox is named");
    }
    return place(Caller.current(), scope, mailbox, "", all);
  }

  /// A mailbox by id or, if that is 0, by name.
  Place read(Caller caller, MailboxRef mailbox, String name, Right... all) {
    return place(caller, Scope.MAIL_READ, mailbox, name, all);
  }

  /// A mailbox by id or, if that is 0, by name.
  Place write(MailboxRef mailbox, String name, Right... all) {
    return place(Caller.current(), Scope.MAIL_WRITE, mailbox, name, all);
  }

  /// A mailbox by name; `owner` 0: as the caller sees it.
  Place read(long owner, String name, Right... all) {
    return read(Caller.current(), owner(owner), name, all);
  }

  /// A mailbox by name; `owner` 0: as the caller sees it.
  Place write(long owner, String name, Right... all) {
    return write(owner(owner), name, all);
  }

  /// A name that is to be a mailbox's; of another's it needs CREATE on the nearest superior.
  Place make(long owner, String given) {
    long own = write();
    Named named = named(own, owner, MailboxName.lookup(given));
    if (named.owner == own) {
      return Place.own(own, 0, named.name);
    }
    Place place = sharing.placeAbove(named.owner, named.name, named.prefix, own);
    place.access().require(Right.RIGHT_CREATE);
    return place;
  }

  private static MailboxRef owner(long owner) {
    return MailboxRef.newBuilder().setOwnerAccount(owner).build();
  }

  private record Named(long owner, String name, String prefix) {}

  private Named named(long own, long owner, String name) {
    if (owner != 0) {
      return new Named(owner, name, "");
    }
    if (!Sharing.isReserved(name)) {
      return new Named(own, name, "");
    }
    Sharing.Named named = sharing.named(name);
    if (named.sharer().accountId() == own) {
      // One's own mailboxes have one name each.
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    return new Named(named.sharer().accountId(), named.name(), named.sharer().prefix());
  }

  private Place place(Caller caller, Scope scope, MailboxRef mailbox, String name, Right... all) {
    long own = account(caller, scope);
    long owner = mailbox.getOwnerAccount();
    long id = mailbox.getMailboxId();
    if (owner == own || (owner == 0 && id != 0)) {
      return Place.own(own, id, name);
    }
    Named named = named(own, owner, MailboxName.lookup(name));
    if (named.owner == own) {
      return Place.own(own, id, named.name);
    }
    Place place = sharing.place(named.owner, id, named.name, named.prefix, own);
    place.access().require(all);
    return place;
  }

  private static long account(Caller caller, Scope scope) {
    long own = caller.requireAccount();
    if (!caller.has(scope)) {
      throw new StoreException(
          ErrorCode.PERMISSION_DENIED, "the credential lacks the scope " + scope.text());
    }
    return own;
  }

  /// The caller may resolve recipients and deliver.
  static void deliver() {
    Caller caller = Caller.current();
    if (caller.role() != Caller.Role.SMTP && !caller.has(Scope.DELIVER)) {
      throw new StoreException(ErrorCode.PERMISSION_DENIED, "the credential may not deliver");
    }
  }
}
