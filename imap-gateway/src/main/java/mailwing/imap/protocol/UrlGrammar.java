package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.MailboxName;

/// URLAUTH (RFC 4467 §9).
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
    List<String> urls = new ArrayList<>();
    tokens.sp();
    do {
      tokens.count(urls.size());
      urls.add(tokens.astring());
    } while (tokens.more());
    return new AuthenticatedCommand.UrlFetch(urls);
  }
}
