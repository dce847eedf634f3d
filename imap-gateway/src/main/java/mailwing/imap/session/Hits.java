package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SearchReturn.Option;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.view.SessionView;
import mailwing.imap.view.UidRange;
import mailwing.store.v1.SearchResponse;
import org.jspecify.annotations.Nullable;

/// What a search found, in its order: four octets a message.
final class Hits {
  private final @Nullable SessionView view;
  private int[] uids = new int[64];
  private int count;
  private long highest;
  private long first;
  private long last;

  /// @param view whose messages alone count; null: all count, and have no numbers
  Hits(@Nullable SessionView view) {
    this.view = view;
  }

  void add(SearchResponse response) {
    boolean modSeqs = response.getModseqsCount() > 0;
    for (int i = 0; i < response.getUidsCount(); i++) {
      int uid = response.getUids(i);
      if (view != null && view.seq(uid) == 0) {
        continue;
      }
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
      }
      if (modSeqs) {
        last = response.getModseqs(i);
        first = count == 0 ? last : first;
        highest = Math.max(highest, last);
      }
      uids[count++] = uid;
    }
  }

  int count() {
    return count;
  }

  /// The UID or the number in the view.
  long number(int index, boolean uid) {
    return uid || view == null ? Integer.toUnsignedLong(uids[index]) : view.seq(uids[index]);
  }

  /// 0 where modseqs were not searched for.
  long highestModSeq() {
    return highest;
  }

  long modSeqOfFirst() {
    return first;
  }

  long modSeqOfLast() {
    return last;
  }

  /// The numbers at `[from, to)`.
  List<Range> runs(int from, int to, boolean uid) {
    UidRuns runs = new UidRuns();
    for (int i = from; i < to; i++) {
      runs.add(number(i, uid));
    }
    return runs.toList();
  }

  /// What SAVE saves: what of MIN, MAX and PARTIAL is told, or all (RFC 5182 §2.1, RFC 9394 §3.2).
  List<UidRange> saved(SearchReturn returns) {
    boolean all =
        returns.options().contains(Option.ALL)
            || returns.options().contains(Option.COUNT)
            || (!returns.options().contains(Option.MIN)
                && !returns.options().contains(Option.MAX)
                && returns.partial() == null);
    int[] saved;
    if (all) {
      saved = Arrays.copyOf(uids, count);
    } else {
      Partial places =
          returns.partial() == null ? new Partial(0, 0) : Partial.of(returns.partial(), count);
      saved =
          Arrays.copyOf(
              Arrays.copyOfRange(uids, places.from(), places.to()),
              places.to() - places.from() + 2);
      int length = places.to() - places.from();
      if (count > 0 && returns.options().contains(Option.MIN)) {
        saved[length++] = uids[0];
      }
      if (count > 0 && returns.options().contains(Option.MAX)) {
        saved[length++] = uids[count - 1];
      }
      saved = Arrays.copyOf(saved, length);
    }
    return ranges(saved);
  }

  private static List<UidRange> ranges(int[] uids) {
    // Unsigned order is signed order with the sign bit turned.
    for (int i = 0; i < uids.length; i++) {
      uids[i] ^= Integer.MIN_VALUE;
    }
    Arrays.sort(uids);
    List<UidRange> ranges = new ArrayList<>();
    for (int i = 0; i < uids.length; ) {
      int start = uids[i];
      int end = start;
      i++;
      while (i < uids.length && uids[i] <= end + 1) {
        end = uids[i++];
      }
      ranges.add(new UidRange(start ^ Integer.MIN_VALUE, end ^ Integer.MIN_VALUE));
    }
    return ranges;
  }
}
