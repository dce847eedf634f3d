package mailwing.imap.view;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/// What STORE does to flags (RFC 9051 §6.4.6).
public record FlagChange(Operation operation, int systemFlags, List<String> keywords) {
  public enum Operation {
    REPLACE,
    ADD,
    REMOVE
  }

  int systemFlags(int before) {
    return switch (operation) {
      case REPLACE -> systemFlags;
      case ADD -> before | systemFlags;
      case REMOVE -> before & ~systemFlags;
    };
  }

  boolean leadsTo(
      int flagsBefore, List<String> keywordsBefore, int flagsAfter, List<String> keywordsAfter) {
    if (systemFlags(flagsBefore) != flagsAfter) {
      return false;
    }
    Set<String> expected = folded(operation == Operation.REPLACE ? List.of() : keywordsBefore);
    if (operation == Operation.REMOVE) {
      expected.removeAll(folded(keywords));
    } else {
      expected.addAll(folded(keywords));
    }
    return expected.equals(folded(keywordsAfter));
  }

  private static Set<String> folded(List<String> names) {
    Set<String> folded = new TreeSet<>();
    for (String name : names) {
      folded.add(name.toLowerCase(Locale.ROOT));
    }
    return folded;
  }
}
