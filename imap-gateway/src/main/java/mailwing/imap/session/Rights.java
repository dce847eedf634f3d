package mailwing.imap.session;

import java.util.OptionalInt;
import mailwing.imap.command.FlagList;
import mailwing.store.v1.Right;

/// Rights as clients write them (RFC 4314 §2.1), and as the store's bits.
final class Rights {
  /// Without one of these a mailbox is opened read-only: \Seen is no shared flag (RFC 4314 §5.2).
  static final int WRITING =
      Right.RIGHT_INSERT_VALUE
          | Right.RIGHT_EXPUNGE_VALUE
          | Right.RIGHT_WRITE_VALUE
          | Right.RIGHT_DELETE_MESSAGES_VALUE;

  /// In the order of the bits.
  static final String LETTERS = "lrswipkxtea";

  /// What `c` and `d` of old clients stand for (RFC 4314 §2.1.1).
  private static final int OLD_CREATE = Right.RIGHT_CREATE_VALUE | Right.RIGHT_DELETE_MAILBOX_VALUE;

  private static final int OLD_DELETE =
      Right.RIGHT_EXPUNGE_VALUE | Right.RIGHT_DELETE_MESSAGES_VALUE;

  private Rights() {}

  static String letters(int rights) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < LETTERS.length(); i++) {
      if ((rights & 1 << i) != 0) {
        letters.append(LETTERS.charAt(i));
      }
    }
    if ((rights & OLD_CREATE) != 0) {
      letters.append('c');
    }
    if ((rights & OLD_DELETE) != 0) {
      letters.append('d');
    }
    return letters.toString();
  }

  /// Empty where one of the letters is no right.
  static OptionalInt parse(String letters) {
    int rights = 0;
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      int index = LETTERS.indexOf(letter);
      if (letter == 'c') {
        rights |= OLD_CREATE;
      } else if (letter == 'd') {
        rights |= OLD_DELETE;
      } else if (index >= 0) {
        rights |= 1 << index;
      } else {
        return OptionalInt.empty();
      }
    }
    return OptionalInt.of(rights);
  }

  /// The system flags that these rights let one change (RFC 4314 §4).
  static int changeableFlags(int rights) {
    return ((rights & Right.RIGHT_SEEN_VALUE) != 0 ? FlagList.SEEN : 0)
        | ((rights & Right.RIGHT_DELETE_MESSAGES_VALUE) != 0 ? FlagList.DELETED : 0)
        | ((rights & Right.RIGHT_WRITE_VALUE) != 0
            ? FlagList.ANSWERED | FlagList.FLAGGED | FlagList.DRAFT
            : 0);
  }
}
