package mailwing.imap.view;

/// Arrays of UIDs that ascend, each once. UIDs are unsigned.
public final class SortedUids {
  private SortedUids() {}

  /// Where a UID stands among the first `count`, or `-(insertion point) - 1`.
  ///
  /// They ascend by one at least, so the first and the last one bound where another one is: where
  /// none between them is missing, to the place itself.
  public static int indexOf(int[] uids, int count, int uid) {
    if (count == 0) {
      return -1;
    }
    long above = Integer.toUnsignedLong(uid) - Integer.toUnsignedLong(uids[0]);
    long below = Integer.toUnsignedLong(uids[count - 1]) - Integer.toUnsignedLong(uid);
    int low = (int) Math.max(0, Math.min(count, count - 1 - below));
    int high = (int) Math.max(-1, Math.min(count - 1, above));
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Integer.compareUnsigned(uids[middle], uid);
      if (order < 0) {
        low = middle + 1;
      } else if (order > 0) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -low - 1;
  }
}
