package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import mailwing.imap.protocol.SearchWriter.Moved;
import mailwing.imap.protocol.UidRuns;

/// A result in its order, as a client holds it: four octets a message.
final class ContextResults {
  private final boolean sorted;
  private int[] uids;

  /// @param sorted the order is not the mailbox's
  ContextResults(int[] uids, boolean sorted) {
    this.uids = uids;
    this.sorted = sorted;
  }

  int count() {
    return uids.length;
  }

  /// UIDs and the positions (from 1; 0 in the mailbox's order) that they had when they left, or
  /// have once all before them have come.
  static final class Change {
    private final List<int[]> removed = new ArrayList<>();
    private final List<int[]> added = new ArrayList<>();

    /// The UIDs that have come.
    IntStream added() {
      return added.stream().mapToInt(one -> one[0]);
    }
  }

  /// A change as it is told (RFC 5267 §4.3.3, §4.3.4): what leaves last in the order is told first,
  /// what comes first in it too, so that each position is right when those before are done.
  static final class Told {
    private final List<Moved> removed = new ArrayList<>();
    private final List<Moved> added = new ArrayList<>();

    Told(Change change, IntToLongFunction number) {
      runs(change.removed, number, removed);
      runs(change.added, number, added);
      removed.sort((a, b) -> Integer.compare(b.position(), a.position()));
    }

    List<Moved> removed() {
      return removed;
    }

    List<Moved> added() {
      return added;
    }

    /// Neighbours go together.
    private static void runs(List<int[]> moved, IntToLongFunction number, List<Moved> to) {
      for (int i = 0; i < moved.size(); ) {
        int position = moved.get(i)[1];
        UidRuns runs = new UidRuns().add(number.applyAsLong(moved.get(i)[0]));
        int next = i + 1;
        while (next < moved.size()
            && moved.get(next)[1] == (position == 0 ? 0 : position + next - i)) {
          runs.add(number.applyAsLong(moved.get(next)[0]));
          next++;
        }
        to.add(new Moved(position, runs.toList()));
        i = next;
      }
    }
  }

  /// Takes out what is gone.
  void remove(IntPredicate gone, Change change) {
    int kept = 0;
    for (int i = 0; i < uids.length; i++) {
      if (gone.test(uids[i])) {
        change.removed.add(new int[] {uids[i], sorted ? i + 1 : 0});
      } else {
        uids[kept++] = uids[i];
      }
    }
    if (kept < uids.length) {
      uids = Arrays.copyOf(uids, kept);
    }
  }

  /// Puts in what is new.
  ///
  /// @param added ascending
  /// @param order puts UIDs in the result's order; those that are gone fall out
  void add(int[] added, UnaryOperator<int[]> order, Change change) {
    if (added.length == 0) {
      return;
    }
    if (!sorted) {
      int[] all = Arrays.copyOf(uids, uids.length + added.length);
      System.arraycopy(added, 0, all, uids.length, added.length);
      uids = UidArrays.sort(all);
      for (int uid : added) {
        change.added.add(new int[] {uid, 0});
      }
      return;
    }
    // What comes before all, and then what comes behind each.
    Map<Integer, List<Integer>> behind = places(added, order);
    int[] all = new int[uids.length + added.length];
    int count = 0;
    for (int i = -1; i < uids.length; i++) {
      if (i >= 0) {
        all[count++] = uids[i];
      }
      for (int uid : behind.getOrDefault(i, List.of())) {
        all[count++] = uid;
        change.added.add(new int[] {uid, count});
      }
    }
    uids = Arrays.copyOf(all, count);
  }

  /// By the index of what it comes behind. All is put in order only where the result is small, else
  /// some of it and then what is between: about twice the root of its size.
  private Map<Integer, List<Integer>> places(int[] added, UnaryOperator<int[]> order) {
    int step = Math.max(1, (int) Math.sqrt((double) uids.length / added.length));
    List<Integer> some = new ArrayList<>();
    for (int i = 0; i < uids.length; i += step) {
      some.add(i);
    }
    Map<Integer, List<Integer>> behind = places(added, some, order);
    if (step == 1) {
      return behind;
    }
    List<Integer> between = new ArrayList<>();
    for (int start : behind.keySet()) {
      for (int i = Math.max(0, start); i < Math.min(uids.length, start + step); i++) {
        between.add(i);
      }
    }
    return places(added, between, order);
  }

  private Map<Integer, List<Integer>> places(
      int[] added, List<Integer> among, UnaryOperator<int[]> order) {
    Map<Integer, Integer> indexOf = new HashMap<>();
    int[] asked = Arrays.copyOf(added, added.length + among.size());
    for (int i = 0; i < among.size(); i++) {
      asked[added.length + i] = uids[among.get(i)];
      indexOf.put(uids[among.get(i)], among.get(i));
    }
    Map<Integer, List<Integer>> behind = new HashMap<>();
    int last = -1;
    for (int uid : order.apply(asked)) {
      Integer index = indexOf.get(uid);
      if (index == null) {
        behind.computeIfAbsent(last, i -> new ArrayList<>()).add(uid);
      } else {
        last = index;
      }
    }
    return behind;
  }
}
