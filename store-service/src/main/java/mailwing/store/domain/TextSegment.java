package mailwing.store.domain;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// A segment of the text index while it is made of messages.
final class TextSegment {
  // Of an int, 16 bits are the bucket's.
  private static final int ORDINAL_BITS = 12;

  /// The most messages of one.
  static final int MESSAGES = 1 << ORDINAL_BITS;

  /// Postings of one, at most about: 24 MB while it is made.
  private static final int POSTINGS = 4 << 20;

  private final List<Long> ids = new ArrayList<>();
  private final BitSet unknown = new BitSet();
  private final CommonWords words = new CommonWords();
  private int[] postings = new int[1 << 16];
  private int count;

  boolean full() {
    return ids.size() == MESSAGES || count >= POSTINGS;
  }

  int size() {
    return ids.size();
  }

  long lastId() {
    return ids.getLast();
  }

  /// The next message, above those before.
  void add(long messageId, int[] buckets, TextWords its) {
    int ordinal = ids.size();
    ids.add(messageId);
    words.add(ordinal, its);
    if (postings.length - count < buckets.length) {
      postings = Arrays.copyOf(postings, Math.max(count * 2, count + buckets.length));
    }
    for (int bucket : buckets) {
      postings[count++] = (bucket << ORDINAL_BITS) | ordinal;
    }
  }

  /// The next message, whose text is not known: it may hold anything.
  void addUnknown(long messageId) {
    unknown.set(ids.size());
    ids.add(messageId);
  }

  byte[] messageIds() {
    return writeIds(ids.stream().mapToLong(Long::longValue).toArray());
  }

  byte[] unknown() {
    return unknown.toByteArray();
  }

  byte[] words() {
    return words.octets(ids.size());
  }

  List<PostingRows.Row> rows() {
    // By bucket, each one's in the order they came: where it starts, and ends once it is filled.
    int[] places = new int[TextGrams.BUCKETS + 1];
    for (int i = 0; i < count; i++) {
      places[(postings[i] >>> ORDINAL_BITS) + 1]++;
    }
    for (int bucket = 0; bucket < TextGrams.BUCKETS; bucket++) {
      places[bucket + 1] += places[bucket];
    }
    short[] sorted = new short[count];
    for (int i = 0; i < count; i++) {
      sorted[places[postings[i] >>> ORDINAL_BITS]++] = (short) (postings[i] & (MESSAGES - 1));
    }
    PostingRows rows = new PostingRows(PostingRows.span(ids.size()), ids.size());
    BitSet ordinals = new BitSet(ids.size());
    int at = 0;
    for (int bucket = 0; at < count; bucket++) {
      if (at < places[bucket]) {
        ordinals.clear();
        for (; at < places[bucket]; at++) {
          ordinals.set(sorted[at]);
        }
        rows.add(bucket, ordinals);
      }
    }
    return rows.take();
  }

  static byte[] writeIds(long[] ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long before = 0;
    for (long id : ids) {
      Varints.write(out, id - before);
      before = id;
    }
    return out.toByteArray();
  }

  /// @param count how many there are
  static long[] readIds(byte[] octets, int count) {
    long[] ids = new long[count];
    Varints.Reader in = new Varints.Reader(octets);
    long before = 0;
    for (int i = 0; i < count; i++) {
      before += in.nextLong();
      ids[i] = before;
    }
    return ids;
  }
}
