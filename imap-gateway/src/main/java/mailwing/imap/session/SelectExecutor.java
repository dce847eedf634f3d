package mailwing.imap.session;

import java.io.IOException;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.FlagList;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.OpenMailboxResponse;

/// SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2).
final class SelectExecutor {
  private SelectExecutor() {}

  static Reply execute(Session session, LoggedIn state, AuthenticatedCommand.Select command)
      throws IOException {
    AuthenticatedCommand.Qresync resync = command.qresync();
    if (resync != null && !session.enabled(Feature.QRESYNC)) {
      return Reply.bad("ENABLE QRESYNC first");
    }
    if (resync != null && resync.knownSequence() != null && session.enabled(Feature.UIDONLY)) {
      return Reply.bad(
          ResponseCode.Name.UIDREQUIRED, "Message numbers are not allowed once UIDONLY is enabled");
    }
    // Even a SELECT that fails leaves no mailbox selected.
    if (state instanceof Selected) {
      session.unselect();
      session.out().untaggedOk(ResponseCode.Name.CLOSED, "Previous mailbox is closed");
    }
    Selected selected = open(session, state.store(), command);
    session.select(selected);
    tell(session, selected);
    OldNames.tellSelected(session, command.mailbox(), selected);
    if (resync != null) {
      Resync.tell(session, selected, resync);
    }
    return selected.readOnly() || !selected.mayAny(Rights.WRITING)
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
    OpenMailbox mailbox = mailboxes.acquire(ref, store.account());
    mailbox.watch(session.waker(), store);
    try {
      mailbox.ensure(store, status.getHighestModseq());
      SessionView view =
          mailbox
              .shared()
              .open(command.readOnly(), status.getRecent() > 0 ? status.getFirstRecentUid() : 0);
      return new Selected(
          store,
          mailbox,
          view,
          opened.getMailbox().getName(),
          SpecialUses.attributes(opened.getMailbox().getSpecialUse()));
    } catch (StoreException e) {
      mailbox.unwatch(session.waker());
      mailboxes.release(mailbox);
      throw e;
    }
  }

  private static void tell(Session session, Selected selected) throws IOException {
    ResponseWriter out = session.out();
    SessionView view = selected.view();
    var keywords = selected.mailbox().shared().keywords();
    Announcer.flags(out, keywords, view);
    out.exists(view.count());
    Announcer.recent(session, view.recentCount());
    boolean unseenTold = !session.enabled(Feature.IMAP4REV2) && !session.enabled(Feature.UIDONLY);
    int unseen = unseenTold ? view.firstUnseen(FlagList.SEEN) : 0;
    if (unseen != 0) {
      out.untaggedOk(new ResponseCode.Unseen(unseen), "First unseen message");
    }
    out.untaggedOk(
        new ResponseCode.UidValidity(
            Integer.toUnsignedLong(selected.mailbox().shared().uidValidity())),
        "UIDs are valid");
    out.untaggedOk(
        new ResponseCode.UidNext(Integer.toUnsignedLong(view.uidNext())), "Predicted next UID");
    Announcer.highestModSeq(session, view);
    out.untaggedOk(
        new ResponseCode.MailboxId(ObjectIds.mailbox(selected.mailbox().ref())), "Mailbox's id");
    UrlExecutor.tellMechanisms(session);
  }
}
