package mailwing.store.domain;

import java.util.Arrays;
import java.util.BitSet;
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

  @Override
  public void take(long uid, long modSeq, long messageId, long size, SearchRows.Held answers) {
    if (count == uids.length) {
      uids = Arrays.copyOf(uids, count * 2);
      modSeqs = Arrays.copyOf(modSeqs, count * 2);
      ids = Arrays.copyOf(ids, count * 2);
      sizes = Arrays.copyOf(sizes, count * 2);
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
