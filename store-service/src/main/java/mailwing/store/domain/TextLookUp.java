package mailwing.store.domain;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.TextIndexRows;

/// Finds the messages that have all of some buckets.
final class TextLookUp implements TextIndexRows.Found {
  private final int[] buckets;
  private final Map<Integer, Candidates> segments = new HashMap<>();
  private long indexedTo;

  /// What of a segment has had all buckets so far.
  @SuppressWarnings("ArrayRecordComponent") // read once
  private record Candidates(
      int span, int messages, byte[] ids, BitSet unknown, Map<Integer, BitSet> found) {}

  TextLookUp(int[] buckets) {
    this.buckets = buckets;
  }

  /// The rows that the buckets are in, of segments of any span.
  int[] blocks() {
    return Arrays.stream(PostingRows.SPANS)
        .flatMap(span -> IntStream.of(buckets).map(bucket -> PostingRows.block(bucket, span)))
        .distinct()
        .toArray();
  }

  @Override
  public void segment(
      int number, long lastId, int messages, int span, byte[] messageIds, byte[] unknown) {
    segments.put(
        number,
        new Candidates(span, messages, messageIds, BitSet.valueOf(unknown), new HashMap<>()));
    indexedTo = Math.max(indexedTo, lastId);
  }

  @Override
  public void postings(int segment, int block, byte[] octets) {
    Candidates candidates = segments.get(segment);
    if (candidates == null) {
      return;
    }
    for (int bucket : buckets) {
      if (PostingRows.block(bucket, candidates.span) == block) {
        candidates.found.put(
            bucket, PostingRows.read(bucket, candidates.span, octets, candidates.messages));
      }
    }
  }

  /// @param many candidates from which on they are many
  TextIndex.Possible possible(int many) {
    if (segments.isEmpty()) {
      return new TextIndex.Possible(Condition.of("TRUE"), false, 0);
    }
    long state = 1;
    for (int number : new TreeSet<>(segments.keySet())) {
      state = state * 31 + number;
    }
    StringBuilder ids = new StringBuilder("{");
    int count = 0;
    int covered = 0;
    for (Candidates candidates : segments.values()) {
      BitSet all = new BitSet(candidates.messages);
      all.set(0, candidates.messages);
      for (int bucket : buckets) {
        all.and(candidates.found.getOrDefault(bucket, new BitSet()));
      }
      all.or(candidates.unknown);
      covered += candidates.messages;
      if (!all.isEmpty()) {
        count += all.cardinality();
        long[] its = TextSegment.readIds(candidates.ids, candidates.messages);
        all.stream().forEach(ordinal -> ids.append(its[ordinal]).append(','));
      }
    }
    if (count == 0) {
      return new TextIndex.Possible(Condition.of("e.message_id > ?", indexedTo), false, state);
    }
    if (count > covered / 2) {
      return new TextIndex.Possible(Condition.of("TRUE"), count >= many, state);
    }
    ids.setCharAt(ids.length() - 1, '}');
    // A subselect is hashed, whatever the planner knows of the array.
    return new TextIndex.Possible(
        Condition.of(
            "e.message_id > ? OR e.message_id IN (SELECT unnest(CAST(? AS int8[])))",
            indexedTo,
            ids.toString()),
        count >= many,
        state);
  }
}
