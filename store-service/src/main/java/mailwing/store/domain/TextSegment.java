package mailwing.store.domain;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// A segment of the text index, as it is made and as it is read.
final class TextSegment {
  // Of an int, 16 bits are the bucket's.
  private static final int ORDINAL_BITS = 12;

  /// The most messages of one.
  static final int MESSAGES = 1 << ORDINAL_BITS;

  /// Postings of one, at most about: 16 MB while it is made.
  private static final int POSTINGS = 4 << 20;

  /// Buckets of a row.
  static final int BLOCK = 64;

  private final List<Long> ids = new ArrayList<>();
  private final List<Integer> unknown = new ArrayList<>();
  private int[] postings = new int[1 << 16];
  private int count;

  /// A row of postings.
  @SuppressWarnings("ArrayRecordComponent") // on its way to SQL
  record Block(int number, byte[] octets) {}

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
  void add(long messageId, BitSet buckets) {
    int ordinal = ids.size();
    ids.add(messageId);
    for (int bucket = buckets.nextSetBit(0); bucket >= 0; bucket = buckets.nextSetBit(bucket + 1)) {
      if (count == postings.length) {
        postings = Arrays.copyOf(postings, count * 2);
      }
      postings[count++] = (bucket << ORDINAL_BITS) | ordinal;
    }
  }

  /// The next message, whose text is not known: it may hold anything.
  void addUnknown(long messageId) {
    unknown.add(ids.size());
    ids.add(messageId);
  }

  byte[] messageIds() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long before = 0;
    for (long id : ids) {
      varint(out, id - before);
      before = id;
    }
    return out.toByteArray();
  }

  byte[] unknown() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    unknown.forEach(ordinal -> varint(out, ordinal));
    return out.toByteArray();
  }

  List<Block> blocks() {
    // Bit 31 is never set: 16 bits of bucket and 12 of ordinal.
    Arrays.sort(postings, 0, count);
    List<Block> blocks = new ArrayList<>();
    int at = 0;
    while (at < count) {
      int block = bucketAt(at) / BLOCK;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      while (at < count && bucketAt(at) / BLOCK == block) {
        int bucket = bucketAt(at);
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        int before = -1;
        for (; at < count && bucketAt(at) == bucket; at++) {
          int ordinal = postings[at] & (MESSAGES - 1);
          varint(list, ordinal - before - 1);
          before = ordinal;
        }
        varint(out, bucket % BLOCK);
        varint(out, list.size());
        out.writeBytes(list.toByteArray());
      }
      blocks.add(new Block(block, out.toByteArray()));
    }
    return blocks;
  }

  private int bucketAt(int index) {
    return postings[index] >>> ORDINAL_BITS;
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /// Reads varints.
  private static final class Reader {
    private final byte[] octets;
    private int at;
    private int end;

    Reader(byte[] octets) {
      this.octets = octets;
      this.end = octets.length;
    }

    boolean more() {
      return at < end;
    }

    long next() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte octet = octets[at++];
        value |= (long) (octet & 0x7f) << shift;
        if (octet >= 0) {
          return value;
        }
      }
    }
  }

  static long[] readIds(byte[] octets) {
    long[] ids = new long[MESSAGES];
    int count = 0;
    long before = 0;
    for (Reader in = new Reader(octets); in.more(); ) {
      before += in.next();
      ids[count++] = before;
    }
    return Arrays.copyOf(ids, count);
  }

  static BitSet readUnknown(byte[] octets) {
    BitSet ordinals = new BitSet();
    for (Reader in = new Reader(octets); in.more(); ) {
      ordinals.set((int) in.next());
    }
    return ordinals;
  }

  /// The ordinals in a bucket, of the row that it is in.
  static BitSet readBucket(byte[] block, int bucket) {
    BitSet ordinals = new BitSet();
    Reader in = new Reader(block);
    while (in.more()) {
      int found = (int) in.next();
      int length = (int) in.next();
      if (found == bucket % BLOCK) {
        in.end = in.at + length;
        int before = -1;
        while (in.more()) {
          before += (int) in.next() + 1;
          ordinals.set(before);
        }
        return ordinals;
      }
      in.at += length;
    }
    return ordinals;
  }
}
