package mailwing.imap.command;

import java.util.List;

/// Flags of a message: system flags as bits, keywords beside them (RFC 9051 §2.3.2).
///
/// @param system the bits below, those of the contract's SystemFlag
/// @param keywords as written, none twice (compared without case)
public record FlagList(int system, List<String> keywords) {
  public static final int SEEN = 1;
  public static final int ANSWERED = 2;
  public static final int FLAGGED = 4;
  public static final int DELETED = 8;
  public static final int DRAFT = 16;

  public static final FlagList NONE = new FlagList(0, List.of());

  public FlagList {
    keywords = List.copyOf(keywords);
  }
}
