package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.SetAcl.Change;
import mailwing.imap.command.AuthenticatedCommand.SetQuota.Resource;
import mailwing.imap.command.Command;
import mailwing.imap.command.MailboxName;

/// ACL (RFC 4314) and QUOTA (RFC 9208).
final class AccessGrammar {
  private final Tokens tokens;

  AccessGrammar(Tokens tokens) {
    this.tokens = tokens;
  }

  Command acl(String name) throws IOException, SyntaxError {
    tokens.need(Grammar.ACL, "command");
    tokens.sp();
    MailboxName mailbox = tokens.mailbox();
    return switch (name) {
      case "GETACL" -> new AuthenticatedCommand.GetAcl(mailbox);
      case "MYRIGHTS" -> new AuthenticatedCommand.MyRights(mailbox);
      case "DELETEACL" -> new AuthenticatedCommand.DeleteAcl(mailbox, identifier());
      case "LISTRIGHTS" -> new AuthenticatedCommand.ListRights(mailbox, identifier());
      default -> setAcl(mailbox);
    };
  }

  private String identifier() throws IOException, SyntaxError {
    tokens.sp();
    return tokens.utf8String(tokens.astringOctets());
  }

  private Command setAcl(MailboxName mailbox) throws IOException, SyntaxError {
    String identifier = identifier();
    tokens.sp();
    String rights = tokens.astring();
    Change change =
        rights.startsWith("+")
            ? Change.ADD
            : rights.startsWith("-") ? Change.REMOVE : Change.REPLACE;
    String letters = change == Change.REPLACE ? rights : rights.substring(1);
    if (!letters.chars().allMatch(c -> (c >= 'a' && c <= 'z') || Octets.digit(c))) {
      throw SyntaxError.bad("Wrong rights");
    }
    return new AuthenticatedCommand.SetAcl(mailbox, identifier, change, letters);
  }

  Command quota(String name) throws IOException, SyntaxError {
    tokens.need(Grammar.QUOTA, "command");
    tokens.sp();
    if (name.equals("GETQUOTAROOT")) {
      return new AuthenticatedCommand.GetQuotaRoot(tokens.mailbox());
    }
    String root = tokens.utf8String(tokens.astringOctets());
    if (name.equals("GETQUOTA")) {
      return new AuthenticatedCommand.GetQuota(root);
    }
    tokens.sp();
    List<Resource> resources = new ArrayList<>();
    tokens.list(
        true,
        () -> {
          String resource = tokens.keyword();
          tokens.sp();
          resources.add(new Resource(resource, tokens.number64()));
        });
    return new AuthenticatedCommand.SetQuota(root, resources);
  }
}
