package mailwing.store.mime;

import java.util.Arrays;

/// Places by the hashes of texts, which are no 0: two arrays, where a Map had four objects for
/// each.
final class HashTable {
  static final int NONE = -1;

  private long[] keys;
  private int[] values;
  private int size;

  HashTable(int expected) {
    int room = Math.max(16, Integer.highestOneBit(Math.max(1, expected)) * 4);
    keys = new long[room];
    values = new int[room];
  }

  /// The place, or NONE.
  int get(long key) {
    int slot = slot(key);
    return keys[slot] == 0 ? NONE : values[slot];
  }

  /// Puts it where there is none; what was there, or NONE.
  int putIfAbsent(long key, int value) {
    int slot = slot(key);
    if (keys[slot] != 0) {
      return values[slot];
    }
    add(slot, key, value);
    return NONE;
  }

  void put(long key, int value) {
    int slot = slot(key);
    if (keys[slot] != 0) {
      values[slot] = value;
    } else {
      add(slot, key, value);
    }
  }

  private void add(int slot, long key, int value) {
    keys[slot] = key;
    values[slot] = value;
    if (++size > keys.length / 2) {
      grow();
    }
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) key & mask;
    while (keys[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] before = keys;
    int[] its = values;
    keys = new long[before.length * 2];
    values = Arrays.copyOf(its, keys.length);
    for (int i = 0; i < before.length; i++) {
      if (before[i] != 0) {
        int slot = slot(before[i]);
        keys[slot] = before[i];
        values[slot] = its[i];
      }
    }
  }
}
