package mailwing.imap.session;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.AclEntry;
import mailwing.store.v1.GetAclResponse;
import mailwing.store.v1.SetAclRequest;

/// GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3).
final class AclExecutor {
  private AclExecutor() {}

  static Reply get(Session session, LoggedIn state, AuthenticatedCommand.GetAcl command)
      throws IOException {
    Map<String, String> rights = new LinkedHashMap<>();
    for (AclEntry entry : state.store().acl(command.mailbox()).getEntriesList()) {
      rights.put(entry.getIdentifier(), Rights.letters(entry.getRights()));
    }
    session.out().acl(command.mailbox(), rights);
    return Reply.ok("GETACL completed");
  }

  static Reply set(LoggedIn state, AuthenticatedCommand.SetAcl command) {
    OptionalInt rights = Rights.parse(command.rights());
    if (rights.isEmpty()) {
      return Reply.bad("A right is not supported");
    }
    return change(
        state,
        command.name(),
        SetAclRequest.newBuilder()
            .setMailbox(command.mailbox().value())
            .setIdentifier(command.identifier())
            .setChange(
                switch (command.change()) {
                  case ADD -> SetAclRequest.Change.ADD;
                  case REMOVE -> SetAclRequest.Change.REMOVE;
                  case REPLACE -> SetAclRequest.Change.REPLACE;
                })
            .setRights(rights.getAsInt())
            .build());
  }

  static Reply delete(LoggedIn state, AuthenticatedCommand.DeleteAcl command) {
    return change(
        state,
        command.name(),
        SetAclRequest.newBuilder()
            .setMailbox(command.mailbox().value())
            .setIdentifier(command.identifier())
            .build());
  }

  private static Reply change(LoggedIn state, String command, SetAclRequest request) {
    if (request.getIdentifier().isEmpty() || request.getIdentifier().equals("-")) {
      return Reply.bad("An identifier is not empty");
    }
    try {
      state.store().setAcl(request);
    } catch (StoreException e) {
      return switch (e.code()) {
        case ACCOUNT_NOT_FOUND -> Reply.no(ResponseCode.Name.CANNOT, "No such identifier");
        case CANNOT -> Reply.no(ResponseCode.Name.CANNOT, "The owner has all rights");
        default -> throw e;
      };
    }
    return Reply.ok(command + " completed");
  }

  /// Rights are granted one by one; the owner's are there for good.
  static Reply listRights(Session session, LoggedIn state, AuthenticatedCommand.ListRights command)
      throws IOException {
    String identifier = command.identifier();
    if (identifier.isEmpty() || identifier.equals("-")) {
      return Reply.bad("An identifier is not empty");
    }
    GetAclResponse acl = state.store().acl(command.mailbox());
    boolean owner = identifier.equalsIgnoreCase(acl.getOwner());
    boolean never = identifier.equalsIgnoreCase("-" + acl.getOwner());
    session
        .out()
        .listRights(
            command.mailbox(),
            identifier,
            owner ? Rights.letters(-1) : "",
            owner || never
                ? List.of()
                : (Rights.LETTERS + "cd").chars().mapToObj(Character::toString).toList());
    return Reply.ok("LISTRIGHTS completed");
  }

  static Reply myRights(Session session, LoggedIn state, AuthenticatedCommand.MyRights command)
      throws IOException {
    MailboxName mailbox = command.mailbox();
    session.out().myRights(mailbox, Rights.letters(state.store().rights(mailbox)));
    return Reply.ok("MYRIGHTS completed");
  }
}
