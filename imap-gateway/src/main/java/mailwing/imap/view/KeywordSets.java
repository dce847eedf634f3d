package mailwing.imap.view;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The distinct sets of keywords of one mailbox, so that a message holds an index only. Index 0 is
/// the empty set.
///
/// Not safe for concurrent use: its mailbox guards it.
final class KeywordSets {
  private final List<List<String>> sets = new ArrayList<>(List.of(List.of()));
  private final Map<List<String>, Integer> indexes = new HashMap<>(Map.of(List.of(), 0));
  private final Map<String, String> names = new LinkedHashMap<>();
  private List<String> nameList = List.of();

  int indexOf(List<String> keywords) {
    Integer known = indexes.get(keywords);
    if (known != null) {
      return known;
    }
    List<String> set = List.copyOf(keywords);
    sets.add(set);
    indexes.put(set, sets.size() - 1);
    addNames(set);
    return sets.size() - 1;
  }

  List<String> at(int index) {
    return sets.get(index);
  }

  /// Adds names that the mailbox knows although perhaps no message carries them.
  void addNames(Collection<String> keywords) {
    boolean added = false;
    for (String keyword : keywords) {
      added |= names.putIfAbsent(keyword.toLowerCase(Locale.ROOT), keyword) == null;
    }
    if (added) {
      nameList = List.copyOf(names.values());
    }
  }

  /// Every keyword met so far, in the order met. Its size only grows.
  List<String> names() {
    return nameList;
  }
}
