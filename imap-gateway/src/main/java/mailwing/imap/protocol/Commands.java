package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.SelectedCommand;

/// Commands by name: the ones without arguments here, the others in their family's grammar.
final class Commands {
  private final Tokens tokens;
  private final AuthGrammar auth;
  private final MailboxGrammar mailbox;
  private final ListGrammar list;
  private final AppendGrammar append;
  private final FetchGrammar fetch;
  private final StoreGrammar store;
  private final SearchGrammar search;
  private final SortGrammar sort;
  private final AccessGrammar access;
  private final MetadataGrammar metadata;
  private final NotifyGrammar notify;
  private final UrlGrammar url;

  Commands(Tokens tokens, AppendGrammar append) {
    this.tokens = tokens;
    this.append = append;
    Sets sets = new Sets(tokens);
    this.auth = new AuthGrammar(tokens);
    this.mailbox = new MailboxGrammar(tokens, sets);
    this.list = new ListGrammar(tokens, mailbox);
    this.fetch = new FetchGrammar(tokens, sets);
    this.store = new StoreGrammar(tokens, sets);
    this.search = new SearchGrammar(tokens, sets, fetch);
    this.sort = new SortGrammar(tokens, search);
    this.access = new AccessGrammar(tokens);
    this.metadata = new MetadataGrammar(tokens);
    this.notify = new NotifyGrammar(tokens, fetch);
    this.url = new UrlGrammar(tokens);
  }

  /// A command from its name to the end of its last line, or to its message's literal.
  Command read() throws IOException, SyntaxError {
    String name = tokens.keyword();
    if (name.equals("UID")) {
      tokens.sp();
      return ended(uid(tokens.keyword()));
    }
    Command command = command(name);
    return command instanceof AuthenticatedCommand.Append
            || command instanceof SelectedCommand.Replace
        ? command
        : ended(command);
  }

  private Command ended(Command command) throws SyntaxError {
    if (!(command instanceof SelectedCommand.Replace)) {
      tokens.end();
    }
    return command;
  }

  private Command command(String name) throws IOException, SyntaxError {
    return switch (name) {
      case "CAPABILITY" -> new AnyStateCommand.Capability();
      case "NOOP" -> new AnyStateCommand.Noop();
      case "LOGOUT" -> new AnyStateCommand.Logout();
      case "ID" -> auth.id();
      case "LANGUAGE" -> auth.language();
      case "STARTTLS" -> auth.startTls();
      case "AUTHENTICATE" -> auth.authenticate();
      case "LOGIN" -> auth.login();
      case "ENABLE" -> auth.enable();
      case "COMPRESS" -> auth.compress();
      case "UNAUTHENTICATE" -> auth.unauthenticate();
      case "COMPARATOR" -> auth.comparator();
      case "SELECT" -> mailbox.select(false);
      case "EXAMINE" -> mailbox.select(true);
      case "CREATE" -> mailbox.create();
      case "DELETE" -> mailbox.delete();
      case "RENAME" -> mailbox.rename();
      case "SUBSCRIBE" -> mailbox.subscribe(true);
      case "UNSUBSCRIBE" -> mailbox.subscribe(false);
      case "STATUS" -> mailbox.status();
      case "LIST" -> list.list();
      case "LSUB" -> list.lsub();
      case "APPEND" -> append.append();
      case "IDLE" -> allowed(Grammar.IDLE, new AuthenticatedCommand.Idle());
      case "NAMESPACE" -> allowed(Grammar.NAMESPACE, new AuthenticatedCommand.Namespace());
      case "CHECK" -> allowed(Grammar.IMAP4REV1, new SelectedCommand.Check());
      case "CLOSE" -> new SelectedCommand.Close();
      case "UNSELECT" -> allowed(Grammar.UNSELECT, new SelectedCommand.Unselect());
      case "EXPUNGE" -> new SelectedCommand.Expunge(null);
      default -> messages(name);
    };
  }

  private Command messages(String name) throws IOException, SyntaxError {
    return switch (name) {
      case "FETCH" -> fetch.fetch(false);
      case "STORE" -> store.store(false);
      case "COPY" -> store.copy(false);
      case "MOVE" -> store.move(false);
      case "SEARCH" -> search.search(false);
      case "SORT" -> sort.sort(false);
      case "THREAD" -> sort.thread(false);
      case "ESEARCH" -> sort.multiSearch(notify);
      case "CANCELUPDATE" -> cancelUpdate();
      case "REPLACE" -> append.replace(false);
      case "UIDBATCHES" -> sort.uidBatches();
      case "GETACL", "SETACL", "DELETEACL", "LISTRIGHTS", "MYRIGHTS" -> access.acl(name);
      case "GETQUOTA", "GETQUOTAROOT", "SETQUOTA" -> access.quota(name);
      case "GETMETADATA" -> metadata.get();
      case "SETMETADATA" -> metadata.set();
      case "NOTIFY" -> notify.read();
      case "GENURLAUTH" -> url.generate();
      case "RESETKEY" -> url.resetKey();
      case "URLFETCH" -> url.fetch();
      default -> throw SyntaxError.bad("Unknown command");
    };
  }

  private Command uid(String name) throws IOException, SyntaxError {
    return switch (name) {
      case "FETCH" -> fetch.fetch(true);
      case "STORE" -> store.store(true);
      case "COPY" -> store.copy(true);
      case "MOVE" -> store.move(true);
      case "EXPUNGE" -> store.uidExpunge();
      case "SEARCH" -> search.search(true);
      case "SORT" -> sort.sort(true);
      case "THREAD" -> sort.thread(true);
      case "REPLACE" -> append.replace(true);
      default -> throw SyntaxError.bad("Unknown command");
    };
  }

  private Command allowed(Grammar grammar, Command command) throws SyntaxError {
    tokens.need(grammar, "command");
    return command;
  }

  private Command cancelUpdate() throws SyntaxError, IOException {
    if (!tokens.allows(Grammar.CONTEXT_SEARCH)) {
      tokens.need(Grammar.CONTEXT_SORT, "command");
    }
    List<String> tags = new ArrayList<>();
    do {
      tokens.sp();
      tokens.count(tags.size());
      tags.add(tokens.string());
    } while (tokens.at(' ') && !tokens.in.atEnd());
    return new SelectedCommand.CancelUpdate(tags);
  }
}
