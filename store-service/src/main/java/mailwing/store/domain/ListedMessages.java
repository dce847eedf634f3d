package mailwing.store.domain;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import mailwing.store.persistence.SearchRows;

/// What columns say of messages that may match: a few words each.
final class ListedMessages implements SearchRows.ListSink {
  private final int asked;
  private int[] uids = new int[256];
  private long[] modSeqs = new long[256];
  private long[] ids = new long[256];
  private int[] sizes = new int[256];
  private final BitSet held = new BitSet();
  private int count;

  /// @param asked conditions that are asked of each
  ListedMessages(int asked) {
    this.asked = asked;
  }

  /// Parts of which each has been taken with the same conditions, one behind the other.
  static ListedMessages together(List<ListedMessages> parts) {
    ListedMessages first = parts.getFirst();
    parts.subList(1, parts.size()).forEach(first::add);
    return first;
  }

  private void add(ListedMessages more) {
    int all = count + more.count;
    if (all > uids.length) {
      grow(all);
    }
    System.arraycopy(more.uids, 0, uids, count, more.count);
    System.arraycopy(more.modSeqs, 0, modSeqs, count, more.count);
    System.arraycopy(more.ids, 0, ids, count, more.count);
    System.arraycopy(more.sizes, 0, sizes, count, more.count);
    more.held.stream().forEach(at -> held.set(count * asked + at));
    count = all;
  }

  private void grow(int size) {
    uids = Arrays.copyOf(uids, size);
    modSeqs = Arrays.copyOf(modSeqs, size);
    ids = Arrays.copyOf(ids, size);
    sizes = Arrays.copyOf(sizes, size);
  }

  @Override
  public void take(long uid, long modSeq, long messageId, long size, SearchRows.Held answers) {
    if (count == uids.length) {
      grow(count * 2);
    }
    uids[count] = (int) uid;
    modSeqs[count] = modSeq;
    ids[count] = messageId;
    sizes[count] = (int) Math.min(size, Integer.MAX_VALUE);
    for (int i = 0; i < asked; i++) {
      if (answers.of(i)) {
        held.set(count * asked + i);
      }
    }
    count++;
  }

  int count() {
    return count;
  }

  /// Unsigned.
  int uid(int index) {
    return uids[index];
  }

  long modSeq(int index) {
    return modSeqs[index];
  }

  /// The message's.
  long id(int index) {
    return ids[index];
  }

  /// Octets; those beyond 2^31 are not told.
  int size(int index) {
    return sizes[index];
  }

  boolean held(int index, int condition) {
    return held.get(index * asked + condition);
  }
}
