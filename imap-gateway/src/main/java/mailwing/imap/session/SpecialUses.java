package mailwing.imap.session;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mailwing.store.v1.SpecialUse;

/// Special-use attributes and the store's bits (RFC 6154 §2, RFC 8457).
final class SpecialUses {
  private static final Map<String, SpecialUse> NAMES =
      new TreeMap<>(
          Map.of(
              "\\All", SpecialUse.ALL,
              "\\Archive", SpecialUse.ARCHIVE,
              "\\Drafts", SpecialUse.DRAFTS,
              "\\Flagged", SpecialUse.FLAGGED_MESSAGES,
              "\\Junk", SpecialUse.JUNK,
              "\\Sent", SpecialUse.SENT,
              "\\Trash", SpecialUse.TRASH,
              "\\Important", SpecialUse.IMPORTANT));

  /// Mailboxes that hold what is put into them. The others would be views of messages elsewhere.
  private static final Map<String, SpecialUse> SETTABLE =
      Map.of(
          "\\ARCHIVE", SpecialUse.ARCHIVE,
          "\\DRAFTS", SpecialUse.DRAFTS,
          "\\JUNK", SpecialUse.JUNK,
          "\\SENT", SpecialUse.SENT,
          "\\TRASH", SpecialUse.TRASH);

  private SpecialUses() {}

  /// The attributes of these bits, by name.
  static List<String> attributes(int uses) {
    return NAMES.entrySet().stream()
        .filter(use -> (uses & use.getValue().getNumber()) != 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /// The bits of attributes that a client may set; empty where one of them is not such.
  static Optional<Integer> settable(List<String> attributes) {
    int uses = 0;
    for (String attribute : attributes) {
      SpecialUse use = SETTABLE.get(attribute.toUpperCase(Locale.ROOT));
      if (use == null) {
        return Optional.empty();
      }
      uses |= use.getNumber();
    }
    return Optional.of(uses);
  }
}
