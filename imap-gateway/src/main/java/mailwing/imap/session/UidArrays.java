package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mailwing.imap.view.SortedUids;
import mailwing.imap.view.UidRange;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.UidSet;

/// Arrays of UIDs, which are unsigned.
final class UidArrays {
  private UidArrays() {}

  /// Ascending, in place.
  static int[] sort(int[] uids) {
    // Unsigned order is signed order with the sign bit turned.
    turn(uids);
    Arrays.sort(uids);
    turn(uids);
    return uids;
  }

  private static void turn(int[] uids) {
    for (int i = 0; i < uids.length; i++) {
      uids[i] ^= Integer.MIN_VALUE;
    }
  }

  /// Ascending runs; the array is sorted on the way.
  static List<UidRange> ranges(int[] uids) {
    sort(uids);
    List<UidRange> ranges = new ArrayList<>();
    for (int i = 0; i < uids.length; ) {
      int first = uids[i];
      int last = first;
      i++;
      while (i < uids.length && (uids[i] == last || uids[i] == last + 1)) {
        last = uids[i++];
      }
      ranges.add(new UidRange(first, last));
    }
    return ranges;
  }

  /// Where a UID stands in a sorted array; negative if nowhere.
  static int find(int[] sorted, int uid) {
    return SortedUids.indexOf(sorted, sorted.length, uid);
  }

  /// A key of the contract that these UIDs match, of which there must be some.
  static SearchKey key(List<UidRange> ranges) {
    UidSet.Builder set = UidSet.newBuilder();
    for (UidRange range : ranges) {
      set.addRanges(
          mailwing.store.v1.UidRange.newBuilder().setFirst(range.first()).setLast(range.last()));
    }
    return SearchKey.newBuilder().setUid(set).build();
  }
}
