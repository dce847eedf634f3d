package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.UrlFetch.Item;
import mailwing.imap.command.Command;
import mailwing.imap.command.MailboxName;

/// URLAUTH (RFC 4467 §9) and URLAUTH=BINARY (RFC 5524 §5).
final class UrlGrammar {
  private final Tokens tokens;

  UrlGrammar(Tokens tokens) {
    this.tokens = tokens;
  }

  Command generate() throws IOException, SyntaxError {
    tokens.need(Grammar.URLAUTH, "command");
    List<AuthenticatedCommand.GenUrlAuth.Request> requests = new ArrayList<>();
    tokens.sp();
    do {
      tokens.count(requests.size());
      String url = tokens.astring();
      tokens.sp();
      requests.add(new AuthenticatedCommand.GenUrlAuth.Request(url, tokens.keyword()));
    } while (tokens.more());
    return new AuthenticatedCommand.GenUrlAuth(requests);
  }

  Command resetKey() throws IOException, SyntaxError {
    tokens.need(Grammar.URLAUTH, "command");
    MailboxName mailbox = null;
    List<String> mechanisms = new ArrayList<>();
    if (tokens.more()) {
      mailbox = tokens.mailbox();
      while (tokens.more()) {
        tokens.count(mechanisms.size());
        mechanisms.add(tokens.keyword());
      }
    }
    return new AuthenticatedCommand.ResetKey(mailbox, mechanisms);
  }

  Command fetch() throws IOException, SyntaxError {
    tokens.need(Grammar.URLAUTH, "command");
    List<AuthenticatedCommand.UrlFetch.Request> requests = new ArrayList<>();
    tokens.sp();
    do {
      tokens.count(requests.size());
      requests.add(
          tokens.accept('(')
              ? extended()
              : new AuthenticatedCommand.UrlFetch.Request(tokens.astring(), Set.of()));
    } while (tokens.more());
    return new AuthenticatedCommand.UrlFetch(requests);
  }

  /// RFC 5524 §5; the parenthesis is read.
  private AuthenticatedCommand.UrlFetch.Request extended() throws IOException, SyntaxError {
    String url = tokens.astring();
    Set<Item> items = EnumSet.noneOf(Item.class);
    while (!tokens.accept(')')) {
      tokens.sp();
      Item item =
          switch (tokens.keyword()) {
            case "BODYPARTSTRUCTURE" -> Item.BODYPARTSTRUCTURE;
            case "BINARY" -> Item.BINARY;
            case "BODY" -> Item.BODY;
            default -> throw SyntaxError.bad("Unknown parameter");
          };
      if (!items.add(item)) {
        throw SyntaxError.bad("Parameter stands twice");
      }
    }
    if (items.contains(Item.BINARY) && items.contains(Item.BODY)) {
      throw SyntaxError.bad("BINARY and BODY exclude each other");
    }
    return new AuthenticatedCommand.UrlFetch.Request(url, items);
  }
}
