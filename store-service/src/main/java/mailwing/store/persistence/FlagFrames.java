package mailwing.store.persistence;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import mailwing.store.v1.FlagArrays;
import org.jspecify.annotations.Nullable;

/// Packs flags of many messages into frames; a keyword set is told once a stream.
final class FlagFrames {
  private static final int ROWS = 4096;

  private final Consumer<FlagArrays> sink;
  private final KeywordSets sets = new KeywordSets();
  private FlagArrays.Builder frame = FlagArrays.newBuilder();
  private boolean anyKeywords;

  FlagFrames(Consumer<FlagArrays> sink) {
    this.sink = sink;
  }

  /// From columns uid, flags, modseq, size, keywords.
  void add(ResultSet row) throws SQLException {
    String keywords = String.join(" ", Rows.texts(row, 5));
    add(row.getLong(1), row.getInt(2), row.getLong(3), row.getLong(4), keywords);
  }

  /// @param keywords joined by a space; null for none
  void add(long uid, int flags, long modseq, long size, @Nullable String keywords) {
    int set = keywords == null ? 0 : sets.number(keywords, frame);
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

  /// Hands on what there is; nothing where there is none.
  void flush() {
    if (frame.getUidsCount() > 0) {
      sink.accept(frame.build());
      frame = FlagArrays.newBuilder();
      anyKeywords = false;
    }
  }
}
