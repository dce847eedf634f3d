package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.SortCriterion.Field;
import org.junit.jupiter.api.Test;

class NumberOrderTest {
  private record Entry(long uid, long size, long internalMillis, long sentMillis) {}

  private final Random random = new Random(1);

  /// RFC 5256 section 3: REVERSE is of the criterion that follows it, equals go by their numbers.
  @Test
  void severalCriteriaEachInItsDirectionAndEqualsByUid() {
    List<Entry> entries = new ArrayList<>();
    for (int uid = 1; uid <= 3_000; uid++) {
      entries.add(new Entry(uid, random.nextInt(20), random.nextInt(5), random.nextInt(7) - 3));
    }
    assertThat(ordered(entries, by(Field.SIZE, true), by(Field.DATE, false)))
        .isEqualTo(
            uids(
                entries,
                Comparator.comparingLong(Entry::size)
                    .reversed()
                    .thenComparingLong(Entry::sentMillis)
                    .thenComparingLong(Entry::uid)));
    assertThat(ordered(entries, by(Field.ARRIVAL, false), by(Field.SIZE, true)))
        .isEqualTo(
            uids(
                entries,
                Comparator.comparingLong(Entry::internalMillis)
                    .thenComparing(Comparator.comparingLong(Entry::size).reversed())
                    .thenComparingLong(Entry::uid)));
  }

  @Test
  void aFieldNamedAgainChangesNothing() {
    List<Entry> entries = List.of(new Entry(1, 5, 0, 0), new Entry(2, 7, 0, 0));
    assertThat(ordered(entries, by(Field.SIZE, true), by(Field.SIZE, false)))
        .containsExactly(2L, 1L);
  }

  @Test
  void withoutCriteriaTheyComeAsTheyCome() {
    assertThat(ordered(List.of(new Entry(4, 5, 0, 0), new Entry(9, 1, 0, 0))))
        .containsExactly(4L, 9L);
  }

  private static SortCriterion by(Field field, boolean reverse) {
    return SortCriterion.newBuilder().setField(field).setReverse(reverse).build();
  }

  private static List<Long> uids(List<Entry> entries, Comparator<Entry> order) {
    return entries.stream().sorted(order).map(Entry::uid).toList();
  }

  private static List<Long> ordered(List<Entry> entries, SortCriterion... criteria) {
    List<Long> uids = new ArrayList<>();
    NumberOrder order = new NumberOrder(List.of(criteria));
    for (Entry one : entries) {
      order.take(one.uid(), 1, one.size(), one.internalMillis(), one.sentMillis());
    }
    order.finish((uid, _, _) -> uids.add(uid));
    return uids;
  }
}
