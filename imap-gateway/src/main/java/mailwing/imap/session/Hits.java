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
  // One octet a message, where they are scored.
  private byte[] relevancies = new byte[0];
  private int count;
  private long highest;
  private long first;
  private long last;

  /// @param view whose messages alone count; null: all count, and have no numbers
  Hits(@Nullable SessionView view) {
    this.view = view;
  }

  /// @param uids of the view's messages
  Hits(SessionView view, int[] uids) {
    this.view = view;
    this.uids = uids;
    count = uids.length;
  }

  void add(SearchResponse response) {
    boolean modSeqs = response.getModseqsCount() > 0;
    boolean scored = response.getRelevanciesCount() > 0;
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
      if (scored) {
        if (relevancies.length < uids.length) {
          relevancies = Arrays.copyOf(relevancies, uids.length);
        }
        relevancies[count] = (byte) response.getRelevancies(i);
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

  /// The scores at `[from, to)` (RFC 6203 §4).
  List<Integer> relevancies(int from, int to) {
    List<Integer> scores = new ArrayList<>(to - from);
    for (int i = from; i < to; i++) {
      scores.add((int) relevancies[i]);
    }
    return scores;
  }

  /// All, in their order.
  int[] uids() {
    return Arrays.copyOf(uids, count);
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
    return UidArrays.ranges(saved);
  }
}
