package mailwing.store.persistence;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.KeywordSet;

/// Packs flags of many messages into frames; a keyword set is told once a stream.
final class FlagFrames {
  private static final int ROWS = 4096;

  private final Consumer<FlagArrays> sink;
  private final Map<List<String>, Integer> sets = new HashMap<>();
  private FlagArrays.Builder frame = FlagArrays.newBuilder();
  private boolean anyKeywords;

  FlagFrames(Consumer<FlagArrays> sink) {
    this.sink = sink;
    sets.put(List.of(), 0);
  }

  /// From columns uid, flags, modseq, size, keywords.
  void add(ResultSet row) throws SQLException {
    Array array = row.getArray(5);
    List<String> keywords = array == null ? List.of() : List.of((String[]) array.getArray());
    add(row.getLong(1), row.getInt(2), row.getLong(3), row.getLong(4), keywords);
  }

  void add(long uid, int flags, long modseq, long size, List<String> keywords) {
    int set = keywords.isEmpty() ? 0 : set(keywords);
    if (set != 0 && !anyKeywords) {
      anyKeywords = true;
      for (int i = 0; i < frame.getUidsCount(); i++) {
        frame.addKeywordSets(0);
      }
    }
    frame.addUids((int) uid).addSystemFlags(flags).addModseqs(modseq).addSizes(size);
    if (anyKeywords) {
      frame.addKeywordSets(set);
    }
    if (frame.getUidsCount() == ROWS) {
      flush();
    }
  }

  private int set(List<String> keywords) {
    Integer known = sets.get(keywords);
    if (known != null) {
      return known;
    }
    int index = sets.size();
    sets.put(keywords, index);
    frame.addNewKeywordSets(KeywordSet.newBuilder().addAllKeywords(keywords));
    return index;
  }

  /// Hands on what there is; nothing where there is none.
  void flush() {
    if (frame.getUidsCount() > 0) {
      sink.accept(frame.build());
      frame = FlagArrays.newBuilder();
      anyKeywords = false;
    }
  }
}
