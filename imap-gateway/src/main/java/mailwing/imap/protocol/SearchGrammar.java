package mailwing.imap.protocol;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SearchReturn.Option;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import org.jspecify.annotations.Nullable;

/// SEARCH and the keys that SORT, THREAD and ESEARCH share (RFC 9051 §6.4.4 and its extensions).
final class SearchGrammar {
  private static final long MAX_UID = 0xffff_ffffL;

  private final Tokens tokens;
  private final Sets sets;
  private final FetchGrammar fetch;
  private Charset charset = StandardCharsets.UTF_8;
  private boolean charsetNamed;
  private int keys;

  SearchGrammar(Tokens tokens, Sets sets, FetchGrammar fetch) {
    this.tokens = tokens;
    this.sets = sets;
    this.fetch = fetch;
  }

  /// Of a text of its own.
  SearchGrammar(Tokens tokens) {
    this(tokens, new Sets(tokens));
  }

  private SearchGrammar(Tokens tokens, Sets sets) {
    this(tokens, sets, new FetchGrammar(tokens, sets));
  }

  /// A search program from a line's beginning to its end.
  SearchKey whole() throws IOException, SyntaxError {
    if (!tokens.in.firstLine()) {
      throw SyntaxError.bad("Nothing to search for");
    }
    tokens.in.checkSize();
    SearchKey key = program(null);
    tokens.end();
    return key;
  }

  Command search(boolean uid) throws IOException, SyntaxError {
    tokens.sp();
    SearchReturn returns = returns(Grammar.ESEARCH);
    String name = tokens.charset();
    SearchKey key = program(name);
    return new SelectedCommand.Search(uid, returns, name, key);
  }

  /// `RETURN (...)` and the space after it, where it is announced and given; else null.
  @Nullable SearchReturn returns(Grammar grammar) throws IOException, SyntaxError {
    if (!tokens.allows(grammar) || !tokens.acceptWord("RETURN")) {
      return null;
    }
    tokens.sp();
    Returns returns = new Returns();
    tokens.list(true, returns::read);
    tokens.sp();
    return returns.done();
  }

  private final class Returns {
    private final Set<Option> options = EnumSet.noneOf(Option.class);
    private @Nullable PartialRange partial;
    private List<FetchItem> updateItems = List.of();

    void read() throws IOException, SyntaxError {
      switch (tokens.keyword()) {
        case "MIN" -> options.add(Option.MIN);
        case "MAX" -> options.add(Option.MAX);
        case "ALL" -> options.add(Option.ALL);
        case "COUNT" -> options.add(Option.COUNT);
        case "SAVE" -> option(Option.SAVE, tokens.allows(Grammar.SEARCHRES));
        case "CONTEXT" -> option(Option.CONTEXT, context());
        case "UPDATE" -> {
          option(Option.UPDATE, context());
          updateItems();
        }
        case "RELEVANCY" -> option(Option.RELEVANCY, tokens.allows(Grammar.SEARCH_FUZZY));
        case "PARTIAL" -> partial();
        default -> throw SyntaxError.bad("Unknown return option");
      }
    }

    /// RFC 5465 §7: what is fetched of messages that come into the result.
    private void updateItems() throws IOException, SyntaxError {
      int before = tokens.in.position();
      tokens.optionalSp();
      if (tokens.at('(') && tokens.allows(Grammar.NOTIFY)) {
        updateItems = fetch.items();
      } else {
        tokens.in.position(before);
      }
    }

    private boolean context() {
      return tokens.allows(Grammar.CONTEXT_SEARCH) || tokens.allows(Grammar.CONTEXT_SORT);
    }

    private void option(Option option, boolean allowed) throws SyntaxError {
      if (!allowed) {
        throw SyntaxError.bad("Unknown return option");
      }
      options.add(option);
    }

    private void partial() throws SyntaxError {
      if (partial != null || (!tokens.allows(Grammar.PARTIAL) && !context())) {
        throw SyntaxError.bad("Wrong return option");
      }
      tokens.sp();
      partial = Sets.partial(tokens);
    }

    SearchReturn done() throws SyntaxError {
      if (partial != null && options.contains(Option.ALL)) {
        throw SyntaxError.bad("PARTIAL does not go with ALL");
      }
      if (options.isEmpty() && partial == null) {
        options.add(Option.ALL);
      }
      return new SearchReturn(options, partial, updateItems);
    }
  }

  /// `search-key *(SP search-key)`, its strings in the charset, which null leaves at UTF-8 (of
  /// which US-ASCII is a part).
  SearchKey program(@Nullable String charsetName) throws IOException, SyntaxError {
    charset = charset(charsetName);
    charsetNamed = charsetName != null;
    keys = 0;
    List<SearchKey> all = new ArrayList<>();
    do {
      all.add(key());
    } while (tokens.more());
    return and(all);
  }

  private static Charset charset(@Nullable String name) throws SyntaxError {
    if (name == null) {
      return StandardCharsets.UTF_8;
    }
    try {
      return Charset.forName(name);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw SyntaxError.no(
          new ResponseCode.BadCharset(List.of("UTF-8", "US-ASCII", "ISO-8859-1")),
          "Unknown charset");
    }
  }

  private static SearchKey and(List<SearchKey> keys) {
    return keys.size() == 1 ? keys.getFirst() : new SearchKey.And(keys);
  }

  private SearchKey key() throws IOException, SyntaxError {
    tokens.count(++keys);
    tokens.enter();
    SearchKey key = anyKey();
    tokens.leave();
    return key;
  }

  private SearchKey anyKey() throws IOException, SyntaxError {
    int next = tokens.in.peek();
    if (next == '(') {
      List<SearchKey> all = new ArrayList<>();
      tokens.list(false, () -> all.add(key()));
      return and(all);
    }
    if (Octets.digit(next) || next == '*' || next == '$') {
      return new SearchKey.Sequence(sets.set());
    }
    String name = tokens.keyword();
    return switch (name) {
      case "ALL" -> new SearchKey.All();
      case "ANSWERED" -> new SearchKey.Flag(FlagList.ANSWERED);
      case "DELETED" -> new SearchKey.Flag(FlagList.DELETED);
      case "DRAFT" -> new SearchKey.Flag(FlagList.DRAFT);
      case "FLAGGED" -> new SearchKey.Flag(FlagList.FLAGGED);
      case "SEEN" -> new SearchKey.Flag(FlagList.SEEN);
      case "UNANSWERED" -> not(new SearchKey.Flag(FlagList.ANSWERED));
      case "UNDELETED" -> not(new SearchKey.Flag(FlagList.DELETED));
      case "UNDRAFT" -> not(new SearchKey.Flag(FlagList.DRAFT));
      case "UNFLAGGED" -> not(new SearchKey.Flag(FlagList.FLAGGED));
      case "UNSEEN" -> not(new SearchKey.Flag(FlagList.SEEN));
      case "NOT" -> not(argument());
      case "OR" -> new SearchKey.Or(argument(), argument());
      default -> keyWithArgument(name);
    };
  }

  private static SearchKey not(SearchKey key) {
    return new SearchKey.Not(key);
  }

  private SearchKey argument() throws IOException, SyntaxError {
    tokens.sp();
    return key();
  }

  private SearchKey keyWithArgument(String name) throws IOException, SyntaxError {
    return switch (name) {
      case "BCC", "CC", "FROM", "SUBJECT", "TO" -> new SearchKey.Header(name, text());
      case "HEADER" -> header();
      case "BODY" -> new SearchKey.Body(text());
      case "TEXT" -> new SearchKey.Text(text());
      case "KEYWORD" -> keyword();
      case "UNKEYWORD" -> not(keyword());
      case "LARGER" -> new SearchKey.Larger(number());
      case "SMALLER" -> new SearchKey.Smaller(number());
      case "UID" -> uid();
      case "UIDAFTER" -> needed(Grammar.MESSAGELIMIT, uidAfter(Tokens.nonZero(number())));
      case "UIDBEFORE" -> needed(Grammar.MESSAGELIMIT, uidBefore(Tokens.nonZero(number())));
      case "BEFORE", "ON", "SINCE" -> date(SearchKey.Date.Of.INTERNAL, name);
      case "SENTBEFORE", "SENTON", "SENTSINCE" -> date(SearchKey.Date.Of.SENT, name.substring(4));
      default -> extension(name);
    };
  }

  private SearchKey extension(String name) throws IOException, SyntaxError {
    return switch (name) {
      case "RECENT" -> needed(Grammar.IMAP4REV1, new SearchKey.Recent());
      case "OLD" -> needed(Grammar.IMAP4REV1, not(new SearchKey.Recent()));
      case "NEW" ->
          needed(
              Grammar.IMAP4REV1,
              new SearchKey.And(
                  List.of(new SearchKey.Recent(), not(new SearchKey.Flag(FlagList.SEEN)))));
      case "OLDER" -> needed(Grammar.WITHIN, new SearchKey.Older(Tokens.nonZero(number())));
      case "YOUNGER" -> needed(Grammar.WITHIN, new SearchKey.Younger(Tokens.nonZero(number())));
      case "MODSEQ" -> modSeq();
      case "EMAILID" -> needed(Grammar.OBJECTID, new SearchKey.EmailId(text()));
      case "THREADID" -> needed(Grammar.OBJECTID, new SearchKey.ThreadId(text()));
      case "SAVEDBEFORE", "SAVEDON", "SAVEDSINCE" ->
          needed(Grammar.SAVEDATE, date(SearchKey.Date.Of.SAVED, name.substring(5)));
      case "SAVEDATESUPPORTED" -> needed(Grammar.SAVEDATE, new SearchKey.SaveDateSupported());
      case "FUZZY" -> {
        tokens.need(Grammar.SEARCH_FUZZY, "search key");
        yield new SearchKey.Fuzzy(argument());
      }
      case "FILTER" -> filter();
      default -> throw SyntaxError.bad("Unknown search key");
    };
  }

  private SearchKey needed(Grammar grammar, SearchKey key) throws SyntaxError {
    tokens.need(grammar, "search key");
    return key;
  }

  private SearchKey filter() throws SyntaxError {
    tokens.need(Grammar.FILTERS, "search key");
    tokens.sp();
    String name = tokens.atom();
    if (name.contains("/")) {
      throw SyntaxError.bad("Not a filter's name");
    }
    // Filters are in UTF-8, and so must be what they stand in (RFC 5466 §3.1).
    if (!charset.equals(StandardCharsets.UTF_8) && !charset.equals(StandardCharsets.US_ASCII)) {
      throw SyntaxError.bad(
          new ResponseCode.BadCharset(List.of("UTF-8", "US-ASCII")), "FILTER implies UTF-8");
    }
    return new SearchKey.Filter(name);
  }

  /// An astring in the command's charset. Where the command names none, what is not UTF-8 is taken
  /// for ISO-8859-1, which JavaMail sends once it has enabled UTF8=ACCEPT.
  private String text() throws IOException, SyntaxError {
    tokens.sp();
    byte[] octets = charsetNamed ? tokens.astringOctets() : tokens.anyAstringOctets();
    String text = Octets.decode(octets, charset);
    if (text == null && !charsetNamed) {
      text = Octets.latin1(octets);
    }
    if (text == null) {
      throw SyntaxError.bad("String is not in the charset");
    }
    return text;
  }

  private SearchKey header() throws IOException, SyntaxError {
    String name = text();
    return new SearchKey.Header(name, text());
  }

  private SearchKey keyword() throws SyntaxError {
    tokens.sp();
    return new SearchKey.Keyword(tokens.atom());
  }

  private long number() throws SyntaxError {
    tokens.sp();
    return tokens.number64();
  }

  /// RFC 9738 §3.2.
  private static SearchKey uidAfter(long uid) {
    return uid == MAX_UID
        ? new SearchKey.Not(new SearchKey.All())
        : new SearchKey.Uid(SequenceSet.of(uid + 1, MAX_UID));
  }

  private static SearchKey uidBefore(long uid) {
    return uid == 1
        ? new SearchKey.Not(new SearchKey.All())
        : new SearchKey.Uid(SequenceSet.of(1, uid - 1));
  }

  private SearchKey uid() throws SyntaxError {
    tokens.sp();
    return new SearchKey.Uid(sets.set());
  }

  private SearchKey date(SearchKey.Date.Of of, String when) throws IOException, SyntaxError {
    tokens.sp();
    return new SearchKey.Date(of, SearchKey.Date.When.valueOf(when), Dates.date(tokens.astring()));
  }

  /// RFC 7162 §3.1.5: `MODSEQ ["/flags/..." type] n`.
  private SearchKey modSeq() throws IOException, SyntaxError {
    tokens.need(Grammar.CONDSTORE, "search key");
    tokens.sp();
    if (tokens.at('"')) {
      if (!tokens.string().startsWith("/flags/")) {
        throw SyntaxError.bad("Unknown entry");
      }
      tokens.sp();
      switch (tokens.keyword()) {
        case "PRIV", "SHARED", "ALL" -> tokens.sp();
        default -> throw SyntaxError.bad("Unknown entry type");
      }
    }
    return new SearchKey.ModSeq(tokens.number64());
  }
}
