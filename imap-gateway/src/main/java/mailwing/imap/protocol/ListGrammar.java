package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.ListReturn;
import mailwing.imap.command.AuthenticatedCommand.SelectOption;
import mailwing.imap.command.Command;
import mailwing.imap.command.StatusItem;

/// LIST in its old and its extended form, and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9).
final class ListGrammar {
  private final Tokens tokens;
  private final MailboxGrammar mailbox;

  ListGrammar(Tokens tokens, MailboxGrammar mailbox) {
    this.tokens = tokens;
    this.mailbox = mailbox;
  }

  Command lsub() throws IOException, SyntaxError {
    tokens.need(Grammar.IMAP4REV1, "command");
    tokens.sp();
    String reference = pattern(tokens.astringOctets());
    tokens.sp();
    return new AuthenticatedCommand.Lsub(reference, listMailbox());
  }

  Command list() throws IOException, SyntaxError {
    tokens.sp();
    boolean extended = tokens.at('(');
    Set<SelectOption> select = extended ? selection() : Set.of();
    String reference = pattern(tokens.astringOctets());
    tokens.sp();
    List<String> patterns = new ArrayList<>();
    if (tokens.at('(')) {
      tokens.need(Grammar.LIST_EXTENDED, "argument");
      extended = true;
      tokens.list(false, () -> patterns.add(listMailbox()));
    } else {
      patterns.add(listMailbox());
    }
    ListReturn returns = ListReturn.NONE;
    if (tokens.more()) {
      needReturn();
      extended = true;
      returns = returns();
    }
    return new AuthenticatedCommand.ListMailboxes(select, reference, patterns, returns, extended);
  }

  /// SPECIAL-USE alone brings the list forms it needs (RFC 6154 §5.2), LIST-EXTENDED all.
  private void needReturn() throws SyntaxError {
    if (!tokens.allows(Grammar.SPECIAL_USE)) {
      tokens.need(Grammar.LIST_EXTENDED, "argument");
    }
    if (!tokens.acceptWord("RETURN")) {
      throw SyntaxError.bad("Expected RETURN");
    }
    tokens.sp();
  }

  private Set<SelectOption> selection() throws IOException, SyntaxError {
    if (!tokens.allows(Grammar.SPECIAL_USE)) {
      tokens.need(Grammar.LIST_EXTENDED, "argument");
    }
    Set<SelectOption> options = EnumSet.noneOf(SelectOption.class);
    tokens.list(true, () -> options.add(selectOption(tokens.keyword())));
    if (options.contains(SelectOption.RECURSIVEMATCH)
        && !options.contains(SelectOption.SUBSCRIBED)
        && !options.contains(SelectOption.SPECIAL_USE)) {
      throw SyntaxError.bad("RECURSIVEMATCH needs another option");
    }
    tokens.sp();
    return options;
  }

  private SelectOption selectOption(String name) throws SyntaxError {
    return switch (name) {
      case "SUBSCRIBED" -> option(SelectOption.SUBSCRIBED, Grammar.LIST_EXTENDED);
      case "REMOTE" -> option(SelectOption.REMOTE, Grammar.LIST_EXTENDED);
      case "RECURSIVEMATCH" -> option(SelectOption.RECURSIVEMATCH, Grammar.LIST_EXTENDED);
      case "SPECIAL-USE" -> option(SelectOption.SPECIAL_USE, Grammar.SPECIAL_USE);
      default -> throw SyntaxError.bad("Unknown selection option");
    };
  }

  private SelectOption option(SelectOption option, Grammar grammar) throws SyntaxError {
    tokens.need(grammar, "selection option");
    return option;
  }

  private ListReturn returns() throws IOException, SyntaxError {
    Returns returns = new Returns();
    tokens.list(true, returns::read);
    return returns.done();
  }

  private final class Returns {
    private boolean subscribed;
    private boolean children;
    private boolean specialUse;
    private boolean myRights;
    private Set<StatusItem> status = Set.of();
    private final List<String> metadata = new ArrayList<>();

    void read() throws IOException, SyntaxError {
      switch (tokens.keyword()) {
        case "SUBSCRIBED" -> subscribed = on(Grammar.LIST_EXTENDED);
        case "CHILDREN" -> children = on(Grammar.LIST_EXTENDED);
        case "SPECIAL-USE" -> specialUse = on(Grammar.SPECIAL_USE);
        case "MYRIGHTS" -> myRights = on(Grammar.LIST_MYRIGHTS);
        case "STATUS" -> {
          on(Grammar.LIST_STATUS);
          tokens.sp();
          status = mailbox.statusItems();
        }
        case "METADATA" -> {
          on(Grammar.LIST_METADATA);
          tokens.sp();
          tokens.list(false, () -> metadata.add(MetadataGrammar.entryName(tokens)));
        }
        default -> throw SyntaxError.bad("Unknown return option");
      }
    }

    private boolean on(Grammar grammar) throws SyntaxError {
      tokens.need(grammar, "return option");
      return true;
    }

    ListReturn done() {
      return new ListReturn(subscribed, children, specialUse, myRights, status, metadata);
    }
  }

  /// list-mailbox: list-chars, or a string.
  private String listMailbox() throws IOException, SyntaxError {
    int start = tokens.in.position();
    while (Octets.list(tokens.in.peek())) {
      tokens.in.skip(1);
    }
    return tokens.in.position() > start
        ? pattern(Octets.latin1(tokens.text(start)))
        : pattern(tokens.stringOctets());
  }

  /// A pattern whose wildcards stand between names: each is decoded as a name is, and one that is
  /// no modified UTF-7 stands for itself, since a pattern is no name that could be made.
  private String pattern(byte[] octets) throws SyntaxError {
    String text = Octets.latin1(octets);
    try {
      return tokens.name(octets);
    } catch (SyntaxError e) {
      String utf8 = Octets.utf8(octets);
      if (utf8 == null || utf8.codePoints().anyMatch(Character::isISOControl)) {
        throw SyntaxError.bad("Wrong characters in a pattern");
      }
      return Octets.ascii(text) ? text : utf8;
    }
  }
}
