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

  /// Postings of one, at most about: 16 MB while it is made.
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
  void add(long messageId, BitSet buckets, TextWords its) {
    int ordinal = ids.size();
    ids.add(messageId);
    words.add(ordinal, its);
    for (int bucket = buckets.nextSetBit(0); bucket >= 0; bucket = buckets.nextSetBit(bucket + 1)) {
      if (count == postings.length) {
        postings = Arrays.copyOf(postings, count * 2);
      }
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
    // Bit 31 is never set: 16 bits of bucket and 12 of ordinal.
    Arrays.sort(postings, 0, count);
    PostingRows rows = new PostingRows(PostingRows.span(ids.size()), ids.size());
    BitSet ordinals = new BitSet(ids.size());
    for (int at = 0; at < count; ) {
      int bucket = postings[at] >>> ORDINAL_BITS;
      ordinals.clear();
      for (; at < count && postings[at] >>> ORDINAL_BITS == bucket; at++) {
        ordinals.set(postings[at] & (MESSAGES - 1));
      }
      rows.add(bucket, ordinals);
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
