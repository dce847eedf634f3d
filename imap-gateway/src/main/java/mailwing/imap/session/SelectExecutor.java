package mailwing.imap.session;

import java.io.IOException;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.FlagList;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.MailboxKey;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.OpenMailboxResponse;

/// SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2).
final class SelectExecutor {
  private SelectExecutor() {}

  static Reply execute(Session session, LoggedIn state, AuthenticatedCommand.Select command)
      throws IOException {
    // Even a SELECT that fails leaves no mailbox selected.
    session.unselect();
    Selected selected = open(session, state.store(), command);
    session.select(selected);
    tell(session.out(), selected);
    return selected.readOnly()
        ? Reply.ok(ResponseCode.Name.READ_ONLY, command.name() + " completed")
        : Reply.ok(ResponseCode.Name.READ_WRITE, command.name() + " completed");
  }

  /// Registers for changes first and reads the state then, so that none falls between.
  private static Selected open(
      Session session, MailStore store, AuthenticatedCommand.Select command) {
    OpenMailboxResponse opened = store.open(command.mailbox().value(), !command.readOnly());
    MailboxRef told = opened.getMailbox().getRef();
    long owner = told.getOwnerAccount() == 0 ? store.account() : told.getOwnerAccount();
    MailboxRef ref =
        MailboxRef.newBuilder().setOwnerAccount(owner).setMailboxId(told.getMailboxId()).build();
    MailboxStatus status = opened.getStatus();
    OpenMailboxes mailboxes = session.services().mailboxes();
    OpenMailbox mailbox = mailboxes.acquire(new MailboxKey(owner, told.getMailboxId()), ref);
    mailbox.watch(session.waker(), store);
    try {
      mailbox.ensure(store, status.getHighestModseq());
      boolean readOnly = command.readOnly() || opened.getReadOnly();
      SessionView view =
          mailbox.shared().open(readOnly, status.getRecent() > 0 ? status.getFirstRecentUid() : 0);
      return new Selected(store, mailbox, view, command.mailbox().value());
    } catch (StoreException e) {
      mailbox.unwatch(session.waker());
      mailboxes.release(mailbox);
      throw e;
    }
  }

  private static void tell(ResponseWriter out, Selected selected) throws IOException {
    SessionView view = selected.view();
    var keywords = selected.mailbox().shared().keywords();
    Announcer.flags(out, keywords, selected.readOnly());
    out.exists(view.count());
    out.recent(view.recentCount());
    int unseen = view.firstUnseen(FlagList.SEEN);
    if (unseen != 0) {
      out.untaggedOk(new ResponseCode.Unseen(unseen), "First unseen message");
    }
    out.untaggedOk(
        new ResponseCode.UidValidity(
            Integer.toUnsignedLong(selected.mailbox().shared().uidValidity())),
        "UIDs are valid");
    out.untaggedOk(
        new ResponseCode.UidNext(Integer.toUnsignedLong(selected.mailbox().shared().uidNext())),
        "Predicted next UID");
  }
}
