package mailwing.imap.protocol;

/// What a parser takes before it says BAD, all of one command. Sizes are octets.
///
/// @param line a command line up to its CRLF, or up to and after each literal
/// @param literal a literal that is kept in memory (all but a message's)
/// @param command all lines and kept literals of a command together
/// @param message a message's literal; beyond it NO [TOOBIG] (RFC 7889 §4)
/// @param swallow what is read and dropped to find the next command after an error; beyond it the
///   stream is given up
/// @param nesting parentheses and keys within keys
/// @param ranges ranges of a sequence set
/// @param arguments items of any list: search keys, fetch items, flags, patterns, mailboxes
public record ParserLimits(
    int line,
    int literal,
    int command,
    long message,
    long swallow,
    int nesting,
    int ranges,
    int arguments) {

  /// Before login: lines of 8 KiB, literals of 4 KiB, 16 KiB in all.
  public static final ParserLimits BEFORE_LOGIN =
      new ParserLimits(8 << 10, 4 << 10, 16 << 10, 0, 64 << 10, 8, 16, 64);

  /// After login: lines and literals of 64 KiB, 1 MiB in all, messages of 50 MiB, 128 MiB
  /// swallowed, 64 levels, 8,192 ranges, 4,096 items.
  public static final ParserLimits AFTER_LOGIN =
      new ParserLimits(64 << 10, 64 << 10, 1 << 20, 50L << 20, 128L << 20, 64, 8192, 4096);

  public ParserLimits withMessage(long octets) {
    return new ParserLimits(line, literal, command, octets, swallow, nesting, ranges, arguments);
  }
}
