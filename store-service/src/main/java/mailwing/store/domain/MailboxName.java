package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// A mailbox's name in the one form the store keeps: UTF-8 in NFC, levels parted by `/`, INBOX in
/// capitals (RFC 9051 section 5.1).
public final class MailboxName {
  public static final String INBOX = "INBOX";

  static final int MAX_OCTETS = 1000;
  static final int MAX_LEVELS = 32;

  private MailboxName() {}

  /// The kept form of a name that is to exist. INVALID_ARGUMENT where there may be none such: an
  /// empty level, control characters (RFC 9051 section 5.1, RFC 5198), too long, too deep.
  public static String of(String given) {
    // A trailing delimiter only says that children will follow (RFC 9051 section 6.3.4).
    String trimmed =
        given.length() > 1 && given.endsWith("/") ? given.substring(0, given.length() - 1) : given;
    String name = lookup(trimmed);
    if (name.isEmpty()) {
      throw bad("a mailbox name may not be empty");
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_OCTETS) {
      throw bad("a mailbox name has at most " + MAX_OCTETS + " octets");
    }
    String[] levels = name.split("/", -1);
    if (levels.length > MAX_LEVELS) {
      throw bad("a mailbox name has at most " + MAX_LEVELS + " levels");
    }
    for (String level : levels) {
      if (level.isEmpty()) {
        throw bad("a mailbox name may not have an empty level");
      }
    }
    name.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029 || c == 0xfffd) {
                throw bad("a mailbox name may not hold control characters");
              }
              if (c >= 0xd800 && c <= 0xdfff) {
                throw bad("a mailbox name is UTF-8");
              }
            });
    return name;
  }

  /// The kept form of a name to look for; whatever cannot exist is found nowhere.
  public static String lookup(String given) {
    String name =
        Normalizer.isNormalized(given, Normalizer.Form.NFC)
            ? given
            : Normalizer.normalize(given, Normalizer.Form.NFC);
    name = name.replace('\0', '\ufffd');
    if (name.regionMatches(true, 0, INBOX, 0, INBOX.length())
        && (name.length() == INBOX.length() || name.charAt(INBOX.length()) == '/')) {
      return INBOX + name.substring(INBOX.length());
    }
    return name;
  }

  /// The superior names, outermost first.
  static List<String> superiors(String name) {
    List<String> superiors = new ArrayList<>();
    for (int i = name.indexOf('/'); i >= 0; i = name.indexOf('/', i + 1)) {
      superiors.add(name.substring(0, i));
    }
    return superiors;
  }

  private static StoreException bad(String why) {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, why);
  }
}
