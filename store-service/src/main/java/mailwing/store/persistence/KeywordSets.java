package mailwing.store.persistence;

import java.util.HashMap;
import java.util.Map;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.KeywordSet;

/// Numbers the sets of keywords of one stream of frames: each is told once, with the first frame
/// that has it. 0 is the set without any.
final class KeywordSets {
  private final Map<String, Integer> numbers = new HashMap<>(Map.of("", 0));

  /// @param joined keywords, joined by a space
  int number(String joined, FlagArrays.Builder frame) {
    Integer known = numbers.get(joined);
    if (known != null) {
      return known;
    }
    int number = numbers.size();
    numbers.put(joined, number);
    frame.addNewKeywordSets(KeywordSet.newBuilder().addAllKeywords(Rows.keywords(joined)));
    return number;
  }
}
