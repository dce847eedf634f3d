package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter;
import mailwing.imap.command.Command;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SelectedCommand.SortKey;
import mailwing.imap.command.SelectedCommand.Threads.Algorithm;

/// SORT and THREAD (RFC 5256), ESEARCH over mailboxes (RFC 7377), UIDBATCHES (RFC 10022).
final class SortGrammar {
  private final Tokens tokens;
  private final SearchGrammar search;

  SortGrammar(Tokens tokens, SearchGrammar search) {
    this.tokens = tokens;
    this.search = search;
  }

  Command sort(boolean uid) throws IOException, SyntaxError {
    tokens.need(Grammar.SORT, "command");
    tokens.sp();
    SearchReturn returns = search.returns(Grammar.ESORT);
    List<SortKey> order = new ArrayList<>();
    tokens.list(false, () -> order.add(sortKey()));
    tokens.sp();
    String charset = tokens.mandatoryCharset();
    tokens.sp();
    return new SelectedCommand.Sort(uid, returns, order, charset, search.program(charset));
  }

  private SortKey sortKey() throws SyntaxError {
    String name = tokens.keyword();
    boolean reverse = name.equals("REVERSE");
    if (reverse) {
      tokens.sp();
      name = tokens.keyword();
    }
    return new SortKey(field(name), reverse);
  }

  private SortKey.Field field(String name) throws SyntaxError {
    return switch (name) {
      case "ARRIVAL" -> SortKey.Field.ARRIVAL;
      case "CC" -> SortKey.Field.CC;
      case "DATE" -> SortKey.Field.DATE;
      case "FROM" -> SortKey.Field.FROM;
      case "SIZE" -> SortKey.Field.SIZE;
      case "SUBJECT" -> SortKey.Field.SUBJECT;
      case "TO" -> SortKey.Field.TO;
      case "DISPLAYFROM" -> display(SortKey.Field.DISPLAYFROM);
      case "DISPLAYTO" -> display(SortKey.Field.DISPLAYTO);
      case "RELEVANCY" -> {
        tokens.need(Grammar.SEARCH_FUZZY, "sort key");
        yield SortKey.Field.RELEVANCY;
      }
      default -> throw SyntaxError.bad("Unknown sort key");
    };
  }

  private SortKey.Field display(SortKey.Field field) throws SyntaxError {
    tokens.need(Grammar.SORT_DISPLAY, "sort key");
    return field;
  }

  Command thread(boolean uid) throws IOException, SyntaxError {
    tokens.need(Grammar.THREAD, "command");
    tokens.sp();
    Algorithm algorithm =
        switch (tokens.keyword()) {
          case "ORDEREDSUBJECT" -> Algorithm.ORDEREDSUBJECT;
          case "REFERENCES" -> Algorithm.REFERENCES;
          case "REFS" -> Algorithm.REFS;
          default -> throw SyntaxError.bad("Unknown thread algorithm");
        };
    tokens.sp();
    String charset = tokens.mandatoryCharset();
    tokens.sp();
    return new SelectedCommand.Threads(uid, algorithm, charset, search.program(charset));
  }

  Command multiSearch(NotifyGrammar notify) throws IOException, SyntaxError {
    tokens.need(Grammar.MULTISEARCH, "command");
    tokens.sp();
    List<MailboxFilter> sources = new ArrayList<>();
    if (tokens.acceptWord("IN")) {
      tokens.sp();
      tokens.list(false, () -> sources.add(notify.source()));
      tokens.sp();
    }
    SearchReturn returns = search.returns(Grammar.MULTISEARCH);
    String charset = tokens.charset();
    return new AuthenticatedCommand.MultiSearch(
        sources,
        returns == null ? new SearchReturn(all(), null) : returns,
        search.program(charset));
  }

  private static Set<SearchReturn.Option> all() {
    return EnumSet.of(SearchReturn.Option.ALL);
  }

  Command uidBatches() throws SyntaxError {
    tokens.need(Grammar.UIDBATCHES, "command");
    tokens.sp();
    long size = tokens.nzNumber();
    if (!tokens.more()) {
      return new SelectedCommand.UidBatches(size, 0, 0);
    }
    long a = tokens.nzNumber();
    tokens.expect(':');
    long b = tokens.nzNumber();
    if (b < a) {
      throw SyntaxError.bad(ResponseCode.Name.CLIENTBUG, "Batches stand in ascending order");
    }
    return new SelectedCommand.UidBatches(size, a, b);
  }
}
