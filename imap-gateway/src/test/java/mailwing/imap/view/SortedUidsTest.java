package mailwing.imap.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Where UIDs stand, dense and sparse, at both ends of what they may be.
class SortedUidsTest {
  private final Random random = new Random(5);

  private static void assertFound(long[] uids, int count, long uid) {
    int[] all = LongStream.of(uids).mapToInt(one -> (int) one).toArray();
    assertThat(SortedUids.indexOf(all, count, (int) uid))
        .as("%d of %d", uid, count)
        .isEqualTo(Arrays.binarySearch(uids, 0, count, uid));
  }

  private void check(long first, int count, int gap) {
    TreeSet<Long> some = new TreeSet<>();
    for (long uid = first; some.size() < count && uid <= 0xFFFF_FFFFL; ) {
      some.add(uid);
      uid += 1 + random.nextInt(gap);
    }
    long[] uids = some.stream().mapToLong(Long::longValue).toArray();
    for (int limit : new int[] {0, 1, uids.length / 2, uids.length}) {
      for (long uid = Math.max(1, first - 3); uid <= first + (long) count * gap + 3; uid++) {
        if (uid <= 0xFFFF_FFFFL) {
          assertFound(uids, Math.min(limit, uids.length), uid);
        }
      }
      assertFound(uids, Math.min(limit, uids.length), 1);
      assertFound(uids, Math.min(limit, uids.length), 0xFFFF_FFFFL);
    }
  }

  @Test
  void whereNoneIsMissing() {
    check(1, 40, 1);
    check(0x7FFF_FFF0L, 40, 1);
    check(0xFFFF_FFE0L, 40, 1);
  }

  @Test
  void whereSomeAreMissing() {
    for (int gap = 2; gap < 9; gap++) {
      check(1 + random.nextInt(50), 30, gap);
      check(0x7FFF_FFC0L, 30, gap);
      check(0xFFFF_FF80L, 30, gap);
    }
  }
}
