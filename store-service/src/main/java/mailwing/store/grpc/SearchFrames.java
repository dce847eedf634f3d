package mailwing.store.grpc;

import mailwing.store.persistence.SearchRows;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchResponse;

/// Packs what a search finds into frames.
final class SearchFrames implements SearchRows.Sink {
  static final int UIDS = 4096;

  private final PacedStream<SearchResponse> stream;
  private final boolean modseqs;
  private SearchResponse.Builder frame = SearchResponse.newBuilder();

  SearchFrames(PacedStream<SearchResponse> stream, boolean modseqs) {
    this.stream = stream;
    this.modseqs = modseqs;
  }

  /// Is MODSEQ among the keys (RFC 7162 section 3.1.5)?
  static boolean tellsModseq(SearchKey key) {
    return switch (key.getKeyCase()) {
      case MODSEQ -> true;
      case AND -> key.getAnd().getKeysList().stream().anyMatch(SearchFrames::tellsModseq);
      case OR -> key.getOr().getKeysList().stream().anyMatch(SearchFrames::tellsModseq);
      case NOT -> tellsModseq(key.getNot());
      default -> false;
    };
  }

  @Override
  public void take(long uid, long modseq) {
    frame.addUids((int) uid);
    if (modseqs) {
      frame.addModseqs(modseq);
    }
    if (frame.getUidsCount() == UIDS) {
      stream.send(frame.build());
      frame = SearchResponse.newBuilder();
    }
  }

  void complete() {
    if (frame.getUidsCount() > 0) {
      stream.send(frame.build());
    }
    stream.complete();
  }
}
