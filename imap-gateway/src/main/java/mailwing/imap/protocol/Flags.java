package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import mailwing.imap.command.FlagList;

/// Flags as clients write them (RFC 9051 §9, flag).
final class Flags {
  private Flags() {}

  /// flag-list.
  static FlagList list(Tokens tokens) throws IOException, SyntaxError {
    Collected flags = new Collected();
    tokens.list(true, () -> flags.read(tokens));
    return flags.done();
  }

  /// `flag *(SP flag)` up to the end of the line.
  static FlagList bare(Tokens tokens) throws SyntaxError {
    Collected flags = new Collected();
    int count = 0;
    do {
      tokens.count(++count);
      flags.read(tokens);
    } while (tokens.more());
    return flags.done();
  }

  private static final class Collected {
    private int system;
    private final List<String> keywords = new ArrayList<>();
    private final TreeSet<String> seen = new TreeSet<>();

    void read(Tokens tokens) throws SyntaxError {
      if (tokens.accept('\\')) {
        system |= system(tokens.keyword());
        return;
      }
      String keyword = tokens.atom();
      if (seen.add(Tokens.upper(keyword))) {
        keywords.add(keyword);
      }
    }

    private static int system(String name) throws SyntaxError {
      return switch (name) {
        case "SEEN" -> FlagList.SEEN;
        case "ANSWERED" -> FlagList.ANSWERED;
        case "FLAGGED" -> FlagList.FLAGGED;
        case "DELETED" -> FlagList.DELETED;
        case "DRAFT" -> FlagList.DRAFT;
        case "RECENT" -> throw SyntaxError.bad("\\Recent is the server's to set");
        default -> throw SyntaxError.bad("Unknown system flag");
      };
    }

    FlagList done() {
      return new FlagList(system, keywords);
    }
  }
}
