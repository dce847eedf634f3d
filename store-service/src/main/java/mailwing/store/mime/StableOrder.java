package mailwing.store.mime;

import java.util.Arrays;

/// Puts places in the order of the numbers there: those of the same number stay as they were.
public final class StableOrder {
  private StableOrder() {}

  /// The places in their order.
  ///
  /// @param before places, none of them twice
  /// @param numbers by place
  /// @param reverse the highest number first
  public static int[] of(int[] before, long[] numbers, boolean reverse) {
    int count = before.length;
    long least = Long.MAX_VALUE;
    long most = Long.MIN_VALUE;
    for (int place : before) {
      least = Math.min(least, numbers[place]);
      most = Math.max(most, numbers[place]);
    }
    // Each number above where its place was, in one number; else its rank.
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(count);
    boolean near = count > 0 && (most - least) >>> (Long.SIZE - 1 - bits) == 0;
    long[] distinct = near ? numbers : distinct(before, numbers);
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      long number = numbers[before[i]];
      long key;
      if (near) {
        key = reverse ? most - number : number - least;
      } else {
        int rank = Arrays.binarySearch(distinct, number);
        key = reverse ? distinct.length - rank : rank;
      }
      order[i] = key << bits | i;
    }
    Arrays.sort(order);
    int[] after = new int[count];
    int place = (1 << bits) - 1;
    for (int i = 0; i < count; i++) {
      after[i] = before[(int) order[i] & place];
    }
    return after;
  }

  private static long[] distinct(int[] places, long[] numbers) {
    long[] sorted = new long[places.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = numbers[places[i]];
    }
    Arrays.sort(sorted);
    int distinct = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[distinct++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, distinct);
  }
}
