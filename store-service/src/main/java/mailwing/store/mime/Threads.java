package mailwing.store.mime;

import java.util.Arrays;

/// Messages in threads: a walk through the trees, each message before those below it.
public final class Threads {
  private final int[] uids;
  private final int[] depths;

  Threads(int[] uids, int[] depths, int length) {
    this.uids = Arrays.copyOf(uids, length);
    this.depths = Arrays.copyOf(depths, length);
  }

  /// How many there are, stand-ins included.
  public int size() {
    return uids.length;
  }

  /// UID of the message at this place; 0 where it stands in for one that is not there, which only
  /// the first of a thread does.
  public int uid(int index) {
    return uids[index];
  }

  /// Its level: 0 for the first of a thread.
  public int depth(int index) {
    return depths[index];
  }
}
