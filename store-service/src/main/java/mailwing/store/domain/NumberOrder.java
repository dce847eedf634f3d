package mailwing.store.domain;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.store.mime.StableOrder;
import mailwing.store.persistence.SearchRows;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.SortCriterion.Field;

/// Puts entries in order by dates and sizes (RFC 5256 section 3), which come ascending by UID: the
/// database reads them in the order in which they lie, and does not sort.
final class NumberOrder implements SearchRows.NumbersSink {
  private static final Set<Field> NUMBERS = EnumSet.of(Field.ARRIVAL, Field.DATE, Field.SIZE);

  private final List<SortCriterion> criteria;
  private final Field[] fields;
  private long[] uids = new long[256];
  private long[] modseqs = new long[256];

  /// Of each criterion, by place.
  private final long[][] keys;

  private int count;

  NumberOrder(List<SortCriterion> sort) {
    this.criteria = firsts(sort);
    this.fields = criteria.stream().map(SortCriterion::getField).toArray(Field[]::new);
    this.keys = new long[criteria.size()][256];
  }

  /// Is it for this to put them in order?
  static boolean puts(List<SortCriterion> sort) {
    return sort.stream().allMatch(one -> NUMBERS.contains(one.getField()));
  }

  /// A field that is named again changes nothing.
  private static List<SortCriterion> firsts(List<SortCriterion> sort) {
    Set<Field> seen = EnumSet.noneOf(Field.class);
    return sort.stream().filter(one -> seen.add(one.getField())).toList();
  }

  SearchRows.Wanted wanted(boolean modseqs) {
    return new SearchRows.Wanted(
        modseqs, goesBy(Field.SIZE), goesBy(Field.ARRIVAL), goesBy(Field.DATE));
  }

  private boolean goesBy(Field field) {
    return criteria.stream().anyMatch(one -> one.getField() == field);
  }

  @Override
  public void take(long uid, long modseq, long size, long internalMillis, long sentMillis) {
    room(count + 1);
    uids[count] = uid;
    modseqs[count] = modseq;
    for (int i = 0; i < keys.length; i++) {
      keys[i][count] =
          switch (fields[i]) {
            case ARRIVAL -> internalMillis;
            case SIZE -> size;
            default -> sentMillis;
          };
    }
    count++;
  }

  private void room(int needed) {
    if (needed <= uids.length) {
      return;
    }
    int room = Math.max(needed, uids.length * 2);
    uids = Arrays.copyOf(uids, room);
    modseqs = Arrays.copyOf(modseqs, room);
    for (int i = 0; i < keys.length; i++) {
      keys[i] = Arrays.copyOf(keys[i], room);
    }
  }

  /// Takes over what another one was given, which comes after what this one was given.
  void add(NumberOrder other) {
    room(count + other.count);
    System.arraycopy(other.uids, 0, uids, count, other.count);
    System.arraycopy(other.modseqs, 0, modseqs, count, other.count);
    for (int i = 0; i < keys.length; i++) {
      System.arraycopy(other.keys[i], 0, keys[i], count, other.count);
    }
    count += other.count;
  }

  void finish(SearchRows.Sink sink) {
    int[] order = new int[count];
    Arrays.setAll(order, i -> i);
    // From the last criterion to the first, each keeping what the ones after it made of equals.
    for (int i = keys.length - 1; i >= 0; i--) {
      order = StableOrder.of(order, keys[i], criteria.get(i).getReverse());
    }
    for (int at : order) {
      sink.take(uids[at], modseqs[at], SearchRows.WHOLLY);
    }
  }
}
