package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.StatusItem;
import org.jspecify.annotations.Nullable;

/// SELECT, CREATE, RENAME, STATUS and their kin (RFC 9051 §6.3).
final class MailboxGrammar {
  private final Tokens tokens;
  private final Sets sets;

  MailboxGrammar(Tokens tokens, Sets sets) {
    this.tokens = tokens;
    this.sets = sets;
  }

  private MailboxName argument() throws IOException, SyntaxError {
    tokens.sp();
    return tokens.mailbox();
  }

  Command select(boolean readOnly) throws IOException, SyntaxError {
    MailboxName mailbox = argument();
    SelectParameters parameters = new SelectParameters();
    if (tokens.allows(Grammar.CONDSTORE) && tokens.more()) {
      tokens.list(false, parameters::read);
    }
    return new AuthenticatedCommand.Select(
        mailbox, readOnly, parameters.condstore, parameters.qresync);
  }

  /// select-params (RFC 7162 §7).
  private final class SelectParameters {
    private boolean condstore;
    private AuthenticatedCommand.@Nullable Qresync qresync;

    void read() throws IOException, SyntaxError {
      String name = tokens.keyword();
      if (name.equals("CONDSTORE") && !condstore) {
        condstore = true;
      } else if (name.equals("QRESYNC") && qresync == null && tokens.allows(Grammar.QRESYNC)) {
        tokens.sp();
        qresync = qresync();
      } else {
        throw SyntaxError.bad("Unknown parameter");
      }
    }

    private AuthenticatedCommand.Qresync qresync() throws SyntaxError {
      tokens.expect('(');
      long validity = tokens.nzNumber();
      tokens.sp();
      long modSeq = Tokens.nonZero(tokens.number64());
      SequenceSet known = null;
      SequenceSet sequence = null;
      SequenceSet uids = null;
      if (tokens.more() && !tokens.at('(')) {
        known = sets.known();
        tokens.optionalSp();
      }
      if (tokens.accept('(')) {
        sequence = sets.known();
        tokens.sp();
        uids = sets.known();
        tokens.expect(')');
      }
      tokens.expect(')');
      return new AuthenticatedCommand.Qresync(validity, modSeq, known, sequence, uids);
    }
  }

  Command create() throws IOException, SyntaxError {
    MailboxName mailbox = argument();
    List<String> uses = new ArrayList<>();
    if (tokens.allows(Grammar.CREATE_SPECIAL_USE) && tokens.more()) {
      tokens.list(
          false,
          () -> {
            if (!tokens.keyword().equals("USE")) {
              throw SyntaxError.bad("Unknown parameter");
            }
            tokens.sp();
            tokens.list(
                true,
                () -> {
                  tokens.expect('\\');
                  uses.add("\\" + tokens.atom());
                });
          });
    }
    return new AuthenticatedCommand.Create(mailbox, uses);
  }

  Command delete() throws IOException, SyntaxError {
    return new AuthenticatedCommand.Delete(argument());
  }

  Command rename() throws IOException, SyntaxError {
    MailboxName from = argument();
    return new AuthenticatedCommand.Rename(from, argument());
  }

  Command subscribe(boolean subscribed) throws IOException, SyntaxError {
    return new AuthenticatedCommand.Subscribe(argument(), subscribed);
  }

  Command status() throws IOException, SyntaxError {
    MailboxName mailbox = argument();
    tokens.sp();
    return new AuthenticatedCommand.Status(mailbox, List.copyOf(statusItems()));
  }

  Set<StatusItem> statusItems() throws IOException, SyntaxError {
    Set<StatusItem> items = new LinkedHashSet<>();
    tokens.list(false, () -> items.add(statusItem(tokens.keyword())));
    return items;
  }

  private StatusItem statusItem(String name) throws SyntaxError {
    return switch (name) {
      case "MESSAGES" -> StatusItem.MESSAGES;
      case "UIDNEXT" -> StatusItem.UIDNEXT;
      case "UIDVALIDITY" -> StatusItem.UIDVALIDITY;
      case "UNSEEN" -> StatusItem.UNSEEN;
      case "RECENT" -> item(StatusItem.RECENT, Grammar.IMAP4REV1);
      case "DELETED" -> deleted();
      case "SIZE" -> item(StatusItem.SIZE, Grammar.STATUS_SIZE);
      case "HIGHESTMODSEQ" -> item(StatusItem.HIGHESTMODSEQ, Grammar.CONDSTORE);
      case "APPENDLIMIT" -> item(StatusItem.APPENDLIMIT, Grammar.APPENDLIMIT);
      case "MAILBOXID" -> item(StatusItem.MAILBOXID, Grammar.OBJECTID);
      case "DELETED-STORAGE" -> item(StatusItem.DELETED_STORAGE, Grammar.QUOTA);
      default -> throw SyntaxError.bad("Unknown status item");
    };
  }

  private StatusItem deleted() throws SyntaxError {
    return tokens.allows(Grammar.QUOTA)
        ? StatusItem.DELETED
        : item(StatusItem.DELETED, Grammar.STATUS_DELETED);
  }

  private StatusItem item(StatusItem item, Grammar grammar) throws SyntaxError {
    tokens.need(grammar, "status item");
    return item;
  }
}
