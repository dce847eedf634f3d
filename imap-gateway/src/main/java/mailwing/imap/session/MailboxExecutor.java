package mailwing.imap.session;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.StatusItem;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;

/// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and STATUS (RFC 9051 §6.3).
final class MailboxExecutor {
  private MailboxExecutor() {}

  static Reply create(Session session, LoggedIn state, AuthenticatedCommand.Create command)
      throws IOException {
    String name = command.mailbox().value();
    // A trailing delimiter says that names will be made below it (RFC 9051 §6.3.4).
    if (name.endsWith("/")) {
      name = name.substring(0, name.length() - 1);
    }
    Optional<Integer> uses = SpecialUses.settable(command.specialUse());
    if (uses.isEmpty()) {
      return Reply.no(ResponseCode.Name.USEATTR, "No mailbox can have this special use");
    }
    Mailbox made = state.store().create(name, uses.get());
    OldNames.tell(session, ListExecutor.attributes(made, false), made.getName(), command.mailbox());
    return Reply.ok(
        new ResponseCode.MailboxId(ObjectIds.mailbox(made.getRef())), "CREATE completed");
  }

  static Reply delete(Session session, LoggedIn state, AuthenticatedCommand.Delete command)
      throws IOException {
    String name = command.mailbox().value();
    state.store().delete(name);
    OldNames.tell(session, List.of("\\NonExistent"), name, command.mailbox());
    if (session.state() instanceof Selected selected && selected.name().equals(name)) {
      session.unselect();
      session.out().untaggedOk(ResponseCode.Name.CLOSED, "Selected mailbox was deleted");
    }
    return Reply.ok("DELETE completed");
  }

  static Reply rename(Session session, LoggedIn state, AuthenticatedCommand.Rename command)
      throws IOException {
    state.store().rename(command.from().value(), command.to().value());
    OldNames.tellRenamed(session, command.from(), command.to());
    return Reply.ok("RENAME completed");
  }

  static Reply subscribe(LoggedIn state, AuthenticatedCommand.Subscribe command) {
    state.store().subscribe(command.mailbox().value(), command.subscribed());
    return Reply.ok(command.name() + " completed");
  }

  static Reply status(Session session, LoggedIn state, AuthenticatedCommand.Status command)
      throws IOException {
    StatusResult result =
        session
            .services()
            .heads()
            .check(
                StatusQuery.newBuilder()
                    .setName(command.mailbox().value())
                    .setToken(state.store().token())
                    .setWithDeletedOctets(command.items().contains(StatusItem.DELETED_STORAGE))
                    .build());
    if (result.getError() != ErrorCode.ERROR_CODE_UNSPECIFIED) {
      return StoreErrors.reply(result.getError());
    }
    tellStatus(session, command.mailbox(), command.items(), result.getRef(), result.getStatus());
    return Reply.ok("STATUS completed");
  }

  /// The STATUS response, of STATUS and of LIST (RFC 5819).
  static void tellStatus(
      Session session,
      MailboxName mailbox,
      Collection<StatusItem> items,
      MailboxRef ref,
      MailboxStatus status)
      throws IOException {
    session
        .out()
        .status(mailbox, items, item -> value(session, status, item), ObjectIds.mailbox(ref));
  }

  private static long value(Session session, MailboxStatus status, StatusItem item) {
    return switch (item) {
      case MESSAGES -> Integer.toUnsignedLong(status.getMessages());
      case RECENT -> Integer.toUnsignedLong(status.getRecent());
      case UIDNEXT -> Integer.toUnsignedLong(status.getUidNext());
      case UIDVALIDITY -> Integer.toUnsignedLong(status.getUidValidity());
      case UNSEEN -> Integer.toUnsignedLong(status.getUnseen());
      case DELETED -> Integer.toUnsignedLong(status.getDeleted());
      case SIZE -> status.getOctets();
      case HIGHESTMODSEQ -> status.getHighestModseq();
      case APPENDLIMIT -> session.services().config().maxMessage();
      // The sum of RFC822.SIZE, in octets (RFC 9208 §4.1.4).
      case DELETED_STORAGE -> status.getDeletedOctets();
      // Told by the writer.
      case MAILBOXID -> 0;
    };
  }

  /// Brings the gateway's knowledge of the selected mailbox up to date.
  static void revalidate(Services services, Selected selected) {
    StatusResult result =
        services
            .heads()
            .check(
                StatusQuery.newBuilder()
                    .setRef(selected.mailbox().ref())
                    .setToken(selected.store().token())
                    .build());
    switch (result.getError()) {
      case ERROR_CODE_UNSPECIFIED ->
          selected.mailbox().ensure(selected.store(), result.getStatus().getHighestModseq());
      case MAILBOX_NOT_FOUND, PERMISSION_DENIED -> selected.mailbox().gone();
      default -> throw new StoreException(result.getError(), "status refused", null);
    }
  }
}
