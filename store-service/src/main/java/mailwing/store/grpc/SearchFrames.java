package mailwing.store.grpc;

import mailwing.store.persistence.SearchRows;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchResponse;

/// Packs what a search finds into frames.
final class SearchFrames implements SearchRows.Sink {
  static final int UIDS = 4096;

  private final PacedStream<SearchResponse> stream;
  private final boolean modseqs;
  private final boolean relevancies;
  private SearchResponse.Builder frame = SearchResponse.newBuilder();

  SearchFrames(PacedStream<SearchResponse> stream, SearchKey key) {
    this.stream = stream;
    this.modseqs = has(key, SearchKey.KeyCase.MODSEQ);
    this.relevancies = has(key, SearchKey.KeyCase.FUZZY);
  }

  /// Is such a key among the keys?
  private static boolean has(SearchKey key, SearchKey.KeyCase wanted) {
    if (key.getKeyCase() == wanted) {
      return true;
    }
    return switch (key.getKeyCase()) {
      case AND -> key.getAnd().getKeysList().stream().anyMatch(part -> has(part, wanted));
      case OR -> key.getOr().getKeysList().stream().anyMatch(part -> has(part, wanted));
      case NOT -> has(key.getNot(), wanted);
      case FUZZY -> has(key.getFuzzy(), wanted);
      default -> false;
    };
  }

  @Override
  public void take(long uid, long modseq, int relevancy) {
    frame.addUids((int) uid);
    if (modseqs) {
      frame.addModseqs(modseq);
    }
    if (relevancies) {
      frame.addRelevancies(relevancy);
    }
    if (frame.getUidsCount() == UIDS) {
      stream.send(frame.build());
      frame = SearchResponse.newBuilder();
    }
  }

  @Override
  public boolean wanted() {
    return !stream.cancelled();
  }

  @Override
  public boolean modseqs() {
    return modseqs;
  }

  void complete() {
    if (frame.getUidsCount() > 0) {
      stream.send(frame.build());
    }
    stream.complete();
  }
}
