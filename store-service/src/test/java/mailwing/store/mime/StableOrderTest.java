package mailwing.store.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StableOrderTest {
  /// Numbers that are near to each other, and such that nothing has room beside them.
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void isThatOfAStableSort(long seed) {
    Random random = new Random(seed);
    for (long span : new long[] {1, 40, 1L << 40, 1L << 61, Long.MAX_VALUE}) {
      for (int count : new int[] {0, 1, 2, 255, 256, 3000}) {
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
          numbers[i] = random.nextBoolean() ? random.nextLong(span) : -random.nextLong(span);
        }
        List<Integer> places = IntStream.range(0, count).boxed().sorted(by(random)).toList();
        int[] before = places.stream().mapToInt(i -> i).toArray();
        Comparator<Integer> ascending = Comparator.comparingLong(i -> numbers[i]);
        assertThat(StableOrder.of(before, numbers, false))
            .containsExactly(sorted(places.stream(), ascending));
        assertThat(StableOrder.of(before, numbers, true))
            .containsExactly(sorted(places.stream(), ascending.reversed()));
      }
    }
  }

  private static Comparator<Integer> by(Random random) {
    int[] key = random.ints(3000).toArray();
    return Comparator.comparingInt(i -> key[i]);
  }

  private static int[] sorted(Stream<Integer> places, Comparator<Integer> order) {
    return places.sorted(order).mapToInt(i -> i).toArray();
  }
}
