package mailwing.imap.view;

import java.util.Arrays;

/// Messages as parallel primitive arrays, ascending by UID: about 21 octets a message.
///
/// A table grows at its end and changes flags in place; it never loses a message. Removing makes a
/// new table, so that a session that was not yet told of an expunge keeps its numbering by keeping
/// the old table. UIDs are unsigned.
///
/// The UIDs below a count that was read under the mailbox's lock may be read without it; all else
/// needs the lock.
final class MessageTable {
  private static final int FIRST_CAPACITY = 16;

  private int[] uids;
  private byte[] flags;
  private int[] keywords;
  private long[] modSeqs;
  private int[] sizes;
  private int count;

  MessageTable(int capacity) {
    int room = Math.max(capacity, FIRST_CAPACITY);
    uids = new int[room];
    flags = new byte[room];
    keywords = new int[room];
    modSeqs = new long[room];
    sizes = new int[room];
  }

  int count() {
    return count;
  }

  int uid(int index) {
    return uids[index];
  }

  int flags(int index) {
    return flags[index] & 0xff;
  }

  int keywords(int index) {
    return keywords[index];
  }

  long modSeq(int index) {
    return modSeqs[index];
  }

  long size(int index) {
    return Integer.toUnsignedLong(sizes[index]);
  }

  int lastUid() {
    return count == 0 ? 0 : uids[count - 1];
  }

  void add(int uid, int systemFlags, int keywordSet, long modSeq, long size) {
    if (count == uids.length) {
      int room = count + (count >> 1) + FIRST_CAPACITY;
      uids = Arrays.copyOf(uids, room);
      flags = Arrays.copyOf(flags, room);
      keywords = Arrays.copyOf(keywords, room);
      modSeqs = Arrays.copyOf(modSeqs, room);
      sizes = Arrays.copyOf(sizes, room);
    }
    uids[count] = uid;
    flags[count] = (byte) systemFlags;
    keywords[count] = keywordSet;
    modSeqs[count] = modSeq;
    sizes[count] = (int) Math.min(size, 0xffff_ffffL);
    count++;
  }

  void setFlags(int index, int systemFlags, int keywordSet, long modSeq) {
    flags[index] = (byte) systemFlags;
    keywords[index] = keywordSet;
    modSeqs[index] = modSeq;
  }

  /// The index of a UID among the first `limit` messages, or `-(insertion point) - 1`.
  int indexOf(int uid, int limit) {
    return SortedUids.indexOf(uids, limit, uid);
  }

  int indexOf(int uid) {
    return indexOf(uid, count);
  }

  /// As [#indexOf(int, int)], at once where the message is at `guess`: for UIDs that mostly follow
  /// each other.
  int indexNear(int guess, int uid, int limit) {
    return guess < limit && uids[guess] == uid ? guess : indexOf(uid, limit);
  }

  /// The first index among the first `limit` whose UID is at least `uid`.
  int ceiling(int uid, int limit) {
    int index = indexOf(uid, limit);
    return index >= 0 ? index : -index - 1;
  }

  /// A table without the messages whose index is set.
  MessageTable without(java.util.BitSet removed) {
    MessageTable rest = new MessageTable(count - removed.cardinality() + FIRST_CAPACITY);
    for (int from = removed.nextClearBit(0); from < count; ) {
      int next = removed.nextSetBit(from);
      int to = next < 0 ? count : Math.min(next, count);
      int length = to - from;
      System.arraycopy(uids, from, rest.uids, rest.count, length);
      System.arraycopy(flags, from, rest.flags, rest.count, length);
      System.arraycopy(keywords, from, rest.keywords, rest.count, length);
      System.arraycopy(modSeqs, from, rest.modSeqs, rest.count, length);
      System.arraycopy(sizes, from, rest.sizes, rest.count, length);
      rest.count += length;
      from = removed.nextClearBit(to);
    }
    return rest;
  }

  long octets() {
    return uids.length * 21L + 64;
  }
}
