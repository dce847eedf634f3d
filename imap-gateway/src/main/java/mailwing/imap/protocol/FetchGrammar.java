package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FetchItem.Attribute;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.BodySection.Text;
import mailwing.service.imap.Partial;
import org.jspecify.annotations.Nullable;

/// FETCH (RFC 9051 §6.4.5 and its extensions).
final class FetchGrammar {
  private static final List<FetchItem> FAST =
      List.of(Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.RFC822_SIZE);
  private static final List<FetchItem> ALL =
      List.of(Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.RFC822_SIZE, Attribute.ENVELOPE);
  private static final List<FetchItem> FULL =
      List.of(
          Attribute.FLAGS,
          Attribute.INTERNALDATE,
          Attribute.RFC822_SIZE,
          Attribute.ENVELOPE,
          Attribute.BODY);

  private final Tokens tokens;
  private final Sets sets;

  FetchGrammar(Tokens tokens, Sets sets) {
    this.tokens = tokens;
    this.sets = sets;
  }

  Command fetch(boolean uid) throws IOException, SyntaxError {
    tokens.sp();
    SequenceSet set = sets.set();
    tokens.sp();
    List<FetchItem> items = itemsOrMacro();
    Modifiers modifiers = new Modifiers();
    if (tokens.more()) {
      tokens.list(false, modifiers::read);
    }
    if (modifiers.vanished && (!uid || modifiers.changedSince == 0)) {
      throw SyntaxError.bad("VANISHED needs UID FETCH and CHANGEDSINCE");
    }
    if (modifiers.partial != null && !uid) {
      throw SyntaxError.bad("PARTIAL needs UID FETCH");
    }
    return new SelectedCommand.Fetch(
        uid, set, items, modifiers.changedSince, modifiers.vanished, modifiers.partial);
  }

  private List<FetchItem> itemsOrMacro() throws IOException, SyntaxError {
    if (tokens.at('(')) {
      return items();
    }
    if (tokens.acceptWord("ALL")) {
      return ALL;
    }
    if (tokens.acceptWord("FAST")) {
      return FAST;
    }
    return tokens.acceptWord("FULL") ? FULL : List.of(item());
  }

  /// Items in parentheses, none twice.
  List<FetchItem> items() throws IOException, SyntaxError {
    Set<FetchItem> items = new LinkedHashSet<>();
    tokens.list(false, () -> items.add(item()));
    return List.copyOf(items);
  }

  private FetchItem item() throws IOException, SyntaxError {
    String name = tokens.word();
    return switch (name) {
      case "FLAGS" -> Attribute.FLAGS;
      case "INTERNALDATE" -> Attribute.INTERNALDATE;
      case "RFC822.SIZE" -> Attribute.RFC822_SIZE;
      case "ENVELOPE" -> Attribute.ENVELOPE;
      case "BODYSTRUCTURE" -> Attribute.BODYSTRUCTURE;
      case "UID" -> Attribute.UID;
      case "RFC822" -> allowed(Grammar.IMAP4REV1, Attribute.RFC822);
      case "RFC822.HEADER" -> allowed(Grammar.IMAP4REV1, Attribute.RFC822_HEADER);
      case "RFC822.TEXT" -> allowed(Grammar.IMAP4REV1, Attribute.RFC822_TEXT);
      case "MODSEQ" -> allowed(Grammar.CONDSTORE, Attribute.MODSEQ);
      case "EMAILID" -> allowed(Grammar.OBJECTID, Attribute.EMAILID);
      case "THREADID" -> allowed(Grammar.OBJECTID, Attribute.THREADID);
      case "SAVEDATE" -> allowed(Grammar.SAVEDATE, Attribute.SAVEDATE);
      case "PREVIEW" -> preview();
      case "BODY" -> tokens.at('[') ? body(false) : Attribute.BODY;
      case "BODY.PEEK" -> body(true);
      case "BINARY" -> binary(false);
      case "BINARY.PEEK" -> binary(true);
      case "BINARY.SIZE" -> binarySize();
      default -> throw SyntaxError.bad("Unknown fetch item");
    };
  }

  private FetchItem allowed(Grammar grammar, FetchItem item) throws SyntaxError {
    tokens.need(grammar, "fetch item");
    return item;
  }

  /// RFC 8970 §3: PREVIEW, and PREVIEW (LAZY).
  private FetchItem preview() throws SyntaxError {
    tokens.need(Grammar.PREVIEW, "fetch item");
    int before = tokens.in.position();
    tokens.optionalSp();
    if (!tokens.accept('(')) {
      tokens.in.position(before);
      return new FetchItem.Preview(false);
    }
    if (!tokens.acceptWord("LAZY")) {
      tokens.in.position(before);
      return new FetchItem.Preview(false);
    }
    tokens.expect(')');
    return new FetchItem.Preview(true);
  }

  private FetchItem body(boolean peek) throws IOException, SyntaxError {
    tokens.expect('[');
    List<Integer> part = part();
    boolean bare = tokens.at(']') && endsWithNumberOrNothing(part);
    Text text = bare ? Text.CONTENT : text(part);
    List<String> fields = new ArrayList<>();
    if (text == Text.HEADER_FIELDS || text == Text.HEADER_FIELDS_NOT) {
      tokens.optionalSp();
      tokens.list(false, () -> fields.add(tokens.astring()));
    }
    tokens.expect(']');
    return new FetchItem.Body(peek, new BodySection(part, text, fields), partial());
  }

  private boolean endsWithNumberOrNothing(List<Integer> part) {
    return part.isEmpty() || tokens.in.peek(-1) != '.';
  }

  private Text text(List<Integer> part) throws SyntaxError {
    Text text =
        switch (tokens.word()) {
          case "HEADER" -> Text.HEADER;
          case "TEXT" -> Text.TEXT;
          case "HEADER.FIELDS" -> Text.HEADER_FIELDS;
          case "HEADER.FIELDS.NOT" -> Text.HEADER_FIELDS_NOT;
          case "MIME" -> Text.MIME;
          default -> throw SyntaxError.bad("Unknown section");
        };
    if (text == Text.MIME && part.isEmpty()) {
      throw SyntaxError.bad("MIME needs a part");
    }
    return text;
  }

  /// section-part with the dot after it, if a name follows; empty if there is none.
  private List<Integer> part() throws SyntaxError {
    List<Integer> part = new ArrayList<>();
    while (Octets.digit(tokens.in.peek())) {
      tokens.count(part.size());
      part.add((int) Tokens.nonZero(tokens.number(Integer.MAX_VALUE)));
      if (!tokens.accept('.')) {
        if (!tokens.at(']')) {
          throw SyntaxError.bad("Wrong part number");
        }
        return part;
      }
    }
    return part;
  }

  private List<Integer> binaryPart() throws SyntaxError {
    tokens.need(Grammar.BINARY, "fetch item");
    tokens.expect('[');
    List<Integer> part = part();
    if (!endsWithNumberOrNothing(part)) {
      throw SyntaxError.bad("Wrong part number");
    }
    tokens.expect(']');
    return part;
  }

  private FetchItem binary(boolean peek) throws SyntaxError {
    List<Integer> part = binaryPart();
    return new FetchItem.Binary(peek, part, partial());
  }

  private FetchItem binarySize() throws SyntaxError {
    return new FetchItem.BinarySize(binaryPart());
  }

  /// partial; a length of 0 is BAD.
  private @Nullable Partial partial() throws SyntaxError {
    if (!tokens.accept('<')) {
      return null;
    }
    long offset = tokens.number64();
    tokens.expect('.');
    long length = Tokens.nonZero(tokens.number64());
    tokens.expect('>');
    return new Partial(offset, length);
  }

  /// fetch-modifiers (RFC 7162 §7, RFC 9394 §4).
  private final class Modifiers {
    private long changedSince;
    private boolean vanished;
    private @Nullable PartialRange partial;

    void read() throws SyntaxError {
      switch (tokens.keyword()) {
        case "CHANGEDSINCE" -> {
          tokens.need(Grammar.CONDSTORE, "modifier");
          tokens.sp();
          changedSince = Tokens.nonZero(tokens.number64());
        }
        case "VANISHED" -> {
          tokens.need(Grammar.QRESYNC, "modifier");
          vanished = true;
        }
        case "PARTIAL" -> {
          tokens.need(Grammar.PARTIAL, "modifier");
          tokens.sp();
          partial = Sets.partial(tokens);
        }
        default -> throw SyntaxError.bad("Unknown modifier");
      }
    }
  }
}
