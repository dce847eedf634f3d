package mailwing.store.domain;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A segment's postings as rows, each of `span` buckets: of those that are not empty the number in
/// the row with the form of the list, the list's length and the list, ascending.
final class PostingRows {
  /// The spans there are.
  static final int[] SPANS = {64, 8};

  private final int span;
  private final int size;
  private final OrdinalList list = new OrdinalList();
  private List<Row> rows = new ArrayList<>();
  private ByteArrayOutputStream row = new ByteArrayOutputStream();
  private int block = -1;

  /// A row.
  ///
  /// @param block its number among all of all spans
  @SuppressWarnings("ArrayRecordComponent") // on its way to SQL
  record Row(int block, byte[] octets) {}

  /// @param span buckets of a row
  /// @param size messages of the segment
  PostingRows(int span, int size) {
    this.span = span;
    this.size = size;
  }

  /// Buckets of a row of a segment with so many messages: a row is to be a few thousand octets.
  static int span(int messages) {
    return messages <= TextSegment.MESSAGES ? SPANS[0] : SPANS[1];
  }

  /// The row that a bucket is in.
  static int block(int bucket, int span) {
    return (TextGrams.BUCKETS + bucket) / span;
  }

  /// The first bucket of a row.
  static int firstBucket(int block, int span) {
    return block * span - TextGrams.BUCKETS;
  }

  /// The messages of the next bucket.
  void add(int bucket, BitSet ordinals) {
    int its = block(bucket, span);
    if (its != block) {
      end();
      block = its;
    }
    list.set(ordinals, size);
    Varints.write(row, ((long) (bucket % span) << OrdinalList.FORM_BITS) | list.form());
    Varints.write(row, list.length());
    list.writeTo(row);
  }

  private void end() {
    if (row.size() > 0) {
      rows.add(new Row(block, row.toByteArray()));
      row = new ByteArrayOutputStream();
    }
  }

  /// The rows so far; the next bucket is of another row.
  List<Row> take() {
    end();
    List<Row> taken = rows;
    rows = new ArrayList<>();
    return taken;
  }

  static Map<Integer, byte[]> byBlock(List<Row> rows) {
    Map<Integer, byte[]> blocks = new LinkedHashMap<>();
    rows.forEach(row -> blocks.put(row.block(), row.octets()));
    return blocks;
  }

  /// Takes the lists of a row.
  @FunctionalInterface
  interface Lists {
    void list(int bucket, BitSet ordinals);
  }

  /// Reads all lists of a row.
  static void read(int block, int span, byte[] octets, int size, Lists lists) {
    int first = firstBucket(block, span);
    Varints.Reader in = new Varints.Reader(octets);
    while (in.more()) {
      int head = in.next();
      int length = in.next();
      int form = head & ((1 << OrdinalList.FORM_BITS) - 1);
      lists.list(
          first + (head >>> OrdinalList.FORM_BITS),
          OrdinalList.read(form, octets, in.at(), in.at() + length, size));
      in.skip(length);
    }
  }

  /// The messages of one bucket of a row.
  static BitSet read(int bucket, int span, byte[] octets, int size) {
    Varints.Reader in = new Varints.Reader(octets);
    while (in.more()) {
      int head = in.next();
      int length = in.next();
      if (head >>> OrdinalList.FORM_BITS == bucket % span) {
        int form = head & ((1 << OrdinalList.FORM_BITS) - 1);
        return OrdinalList.read(form, octets, in.at(), in.at() + length, size);
      }
      in.skip(length);
    }
    return new BitSet();
  }
}
