package mailwing.imap.view;

import java.util.Arrays;

/// Which messages' flags changed, in the order this gateway learned of it, and through which
/// session.
///
/// A position in the log is a count of entries since the mailbox was loaded. What every session has
/// read is dropped; beyond its limit the oldest entries are dropped too, and a session that had not
/// read them compares modseqs.
final class ChangeLog {
  /// Entries kept whatever the mailbox's size: 8 octets each.
  static final int LEAST_LIMIT = 4096;

  private int[] uids = new int[16];
  private int[] origins = new int[16];
  private long base;
  private int length;

  long base() {
    return base;
  }

  long end() {
    return base + length;
  }

  int uid(long position) {
    return uids[(int) (position - base)];
  }

  /// The view whose own command made the change, 0 for another.
  int origin(long position) {
    return origins[(int) (position - base)];
  }

  void add(int uid, int origin, int limit) {
    if (length >= Math.max(limit, LEAST_LIMIT)) {
      dropUntil(base + length / 2);
    }
    if (length == uids.length) {
      uids = Arrays.copyOf(uids, length * 2);
      origins = Arrays.copyOf(origins, length * 2);
    }
    uids[length] = uid;
    origins[length] = origin;
    length++;
  }

  boolean worthTrimming() {
    return length > 256;
  }

  void dropUntil(long position) {
    int dropped = (int) Math.min(Math.max(position - base, 0), length);
    if (dropped == 0) {
      return;
    }
    length -= dropped;
    int room = Math.max(16, Integer.highestOneBit(Math.max(length, 1)) * 2);
    uids = Arrays.copyOfRange(uids, dropped, dropped + room);
    origins = Arrays.copyOfRange(origins, dropped, dropped + room);
    base += dropped;
  }

  long octets() {
    return uids.length * 8L;
  }
}
