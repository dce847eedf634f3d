package mailwing.imap.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.SearchWriter.Moved;
import org.junit.jupiter.api.Test;

/// A client that does what it is told holds the result that the store has (RFC 5267 §4.3).
class ContextResultsTest {
  private static final long SEED = 5267;

  private final Random random = new Random(SEED);

  /// An order that has nothing to do with UIDs.
  private static int rank(int uid) {
    return uid * 0x9e3779b1;
  }

  private static int[] ordered(int[] uids) {
    return Arrays.stream(uids)
        .boxed()
        .sorted((a, b) -> Integer.compare(rank(a), rank(b)))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Test
  void clientsThatFollowHoldTheSameInTheSameOrder() {
    for (int round = 0; round < 300; round++) {
      boolean sorted = round % 2 == 0;
      UnaryOperator<int[]> order = sorted ? ContextResultsTest::ordered : UidArrays::sort;
      List<Integer> model = new ArrayList<>();
      for (int uid = 1; uid <= 1 + random.nextInt(400); uid++) {
        if (random.nextInt(3) > 0) {
          model.add(uid);
        }
      }
      int[] first = order.apply(model.stream().mapToInt(Integer::intValue).toArray());
      ContextResults results = new ContextResults(first, sorted);
      List<Long> client = new ArrayList<>();
      for (int uid : first) {
        client.add((long) uid);
      }
      for (int step = 0; step < 5; step++) {
        ContextResults.Change change = new ContextResults.Change();
        int modulus = 2 + random.nextInt(20);
        results.remove(uid -> uid % modulus == 0, change);
        model.removeIf(uid -> uid % modulus == 0);
        List<Integer> added = new ArrayList<>();
        for (int uid = 1; uid <= 450; uid++) {
          if (random.nextInt(60) == 0 && !model.contains(uid)) {
            added.add(uid);
          }
        }
        model.addAll(added);
        results.add(added.stream().mapToInt(Integer::intValue).toArray(), order, change);
        follow(client, change, sorted);
        int[] wanted = order.apply(model.stream().mapToInt(Integer::intValue).toArray());
        assertThat(client)
            .as("seed %d, round %d", SEED, round)
            .containsExactlyElementsOf(Arrays.stream(wanted).mapToObj(uid -> (long) uid).toList());
      }
    }
  }

  private static void follow(List<Long> client, ContextResults.Change change, boolean sorted) {
    ContextResults.Told told = new ContextResults.Told(change, uid -> Integer.toUnsignedLong(uid));
    for (Moved moved : told.removed()) {
      int at = moved.position() - 1;
      for (long uid : uids(moved)) {
        if (sorted) {
          assertThat(client.remove(at)).isEqualTo(uid);
        } else {
          assertThat(client.remove(uid)).isTrue();
        }
      }
    }
    for (Moved moved : told.added()) {
      int at = moved.position() - 1;
      for (long uid : uids(moved)) {
        if (sorted) {
          client.add(at++, uid);
        } else {
          client.add(uid);
        }
      }
    }
    if (!sorted) {
      Collections.sort(client);
    }
  }

  private static List<Long> uids(Moved moved) {
    List<Long> uids = new ArrayList<>();
    for (Range range : moved.messages()) {
      for (long uid = range.first(); uid <= range.last(); uid++) {
        uids.add(uid);
      }
    }
    return uids;
  }
}
