package mailwing.imap.protocol;

import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SequenceSet;

/// Sequence sets and ranges (RFC 9051 §9, RFC 9394 §4).
final class Sets {
  private final Tokens tokens;

  Sets(Tokens tokens) {
    this.tokens = tokens;
  }

  /// sequence-set; `$` where SEARCHRES is announced.
  SequenceSet set() throws SyntaxError {
    if (tokens.at('$') && tokens.allows(Grammar.SEARCHRES)) {
      tokens.expect('$');
      return SequenceSet.savedResult();
    }
    return numbers(true);
  }

  /// A set of numbers that are known: no `*`, no `$`.
  SequenceSet known() throws SyntaxError {
    return numbers(false);
  }

  private SequenceSet numbers(boolean star) throws SyntaxError {
    SequenceSet.Builder builder = new SequenceSet.Builder();
    int limit = tokens.in.limits().ranges();
    do {
      if (builder.ranges() == limit) {
        throw SyntaxError.no(ResponseCode.Name.LIMIT, "Too many ranges");
      }
      long first = number(star);
      builder.add(first, tokens.accept(':') ? number(star) : first);
    } while (tokens.accept(','));
    return builder.build();
  }

  private long number(boolean star) throws SyntaxError {
    return star && tokens.accept('*') ? 0 : tokens.nzNumber();
  }

  /// seq-number; 0 for `*`.
  long seqNumber() throws SyntaxError {
    return number(true);
  }

  /// partial-range of RFC 9394; RFC 5267's is its positive half.
  static PartialRange partial(Tokens tokens) throws SyntaxError {
    boolean fromLast = tokens.accept('-');
    long first = tokens.nzNumber();
    tokens.expect(':');
    if (fromLast) {
      tokens.expect('-');
    }
    long last = tokens.nzNumber();
    long low = Math.min(first, last);
    long high = Math.max(first, last);
    return fromLast ? new PartialRange(-low, -high) : new PartialRange(low, high);
  }
}
