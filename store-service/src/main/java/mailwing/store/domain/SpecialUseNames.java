package mailwing.store.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.SpecialUse;

/// Special uses as the annotation /private/specialuse says them (RFC 6154 section 4).
final class SpecialUseNames {
  /// Uses that a client may set: of mailboxes that hold what is put into them.
  private static final Map<String, SpecialUse> NAMES =
      new TreeMap<>(
          Map.of(
              "\\Archive", SpecialUse.ARCHIVE,
              "\\Drafts", SpecialUse.DRAFTS,
              "\\Junk", SpecialUse.JUNK,
              "\\Sent", SpecialUse.SENT,
              "\\Trash", SpecialUse.TRASH));

  private SpecialUseNames() {}

  /// Empty for none.
  static String text(int uses) {
    List<String> names = new ArrayList<>();
    NAMES.forEach(
        (name, use) -> {
          if ((uses & use.getNumber()) != 0) {
            names.add(name);
          }
        });
    return String.join(" ", names);
  }

  /// INVALID_ARGUMENT for what is no such use.
  static int parse(String text) {
    int uses = 0;
    for (String word : text.strip().split(" +", -1)) {
      int use = 0;
      for (Map.Entry<String, SpecialUse> known : NAMES.entrySet()) {
        if (known.getKey().toUpperCase(Locale.ROOT).equals(word.toUpperCase(Locale.ROOT))) {
          use = known.getValue().getNumber();
        }
      }
      if (use == 0 && !word.isEmpty()) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no special use that can be set");
      }
      uses |= use;
    }
    return uses;
  }
}
