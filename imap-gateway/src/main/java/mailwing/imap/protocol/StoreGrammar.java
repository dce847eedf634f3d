package mailwing.imap.protocol;

import java.io.IOException;
import java.util.OptionalLong;
import mailwing.imap.command.Command;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SelectedCommand.Store.Operation;
import mailwing.imap.command.SequenceSet;

/// STORE, COPY, MOVE and UID EXPUNGE (RFC 9051 §6.4).
final class StoreGrammar {
  private final Tokens tokens;
  private final Sets sets;

  StoreGrammar(Tokens tokens, Sets sets) {
    this.tokens = tokens;
    this.sets = sets;
  }

  private SequenceSet set() throws SyntaxError {
    tokens.sp();
    return sets.set();
  }

  Command copy(boolean uid) throws IOException, SyntaxError {
    SequenceSet set = set();
    tokens.sp();
    return new SelectedCommand.Copy(uid, set, tokens.mailbox());
  }

  Command move(boolean uid) throws IOException, SyntaxError {
    tokens.need(Grammar.MOVE, "command");
    SequenceSet set = set();
    tokens.sp();
    return new SelectedCommand.Move(uid, set, tokens.mailbox());
  }

  Command uidExpunge() throws SyntaxError {
    tokens.need(Grammar.UIDPLUS, "command");
    return new SelectedCommand.Expunge(set());
  }

  Command store(boolean uid) throws IOException, SyntaxError {
    SequenceSet set = set();
    tokens.sp();
    OptionalLong unchangedSince = OptionalLong.empty();
    if (tokens.at('(')) {
      unchangedSince = OptionalLong.of(unchangedSince());
      tokens.sp();
    }
    Operation operation = operation();
    boolean silent =
        switch (tokens.word()) {
          case "FLAGS" -> false;
          case "FLAGS.SILENT" -> true;
          default -> throw SyntaxError.bad("Expected FLAGS");
        };
    tokens.sp();
    FlagList flags = tokens.at('(') ? Flags.list(tokens) : Flags.bare(tokens);
    return new SelectedCommand.Store(uid, set, operation, silent, flags, unchangedSince);
  }

  private Operation operation() {
    if (tokens.accept('+')) {
      return Operation.ADD;
    }
    return tokens.accept('-') ? Operation.REMOVE : Operation.REPLACE;
  }

  /// store-modifier (RFC 7162 §7).
  private long unchangedSince() throws SyntaxError {
    tokens.need(Grammar.CONDSTORE, "modifier");
    tokens.expect('(');
    if (!tokens.acceptWord("UNCHANGEDSINCE")) {
      throw SyntaxError.bad("Unknown modifier");
    }
    tokens.sp();
    long modSeq = tokens.number64();
    tokens.expect(')');
    return modSeq;
  }
}
