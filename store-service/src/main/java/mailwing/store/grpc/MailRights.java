package mailwing.store.grpc;

import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// Who may do what with whose mail: the one place that decides.
final class MailRights {
  private MailRights() {}

  /// The account whose mailbox the caller may read; `owner` 0 is its own.
  static long read(long owner) {
    return account(Caller.current(), owner, Scope.MAIL_READ);
  }

  /// The account whose mailbox the caller may change; `owner` 0 is its own.
  static long write(long owner) {
    return account(Caller.current(), owner, Scope.MAIL_WRITE);
  }

  /// May the caller change what it opens?
  static boolean mayWrite() {
    return Caller.current().has(Scope.MAIL_WRITE);
  }

  static long read(Caller caller, long owner) {
    return account(caller, owner, Scope.MAIL_READ);
  }

  private static long account(Caller caller, long owner, Scope scope) {
    long own = caller.requireAccount();
    if (!caller.has(scope)) {
      throw new StoreException(
          ErrorCode.PERMISSION_DENIED, "the credential lacks the scope " + scope.text());
    }
    if (owner != 0 && owner != own) {
      // Not told apart from a mailbox that is not there.
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
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
