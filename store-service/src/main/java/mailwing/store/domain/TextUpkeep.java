package mailwing.store.domain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import mailwing.store.persistence.TextIndexRows;
import mailwing.store.persistence.TextUpkeepRows;
import mailwing.store.persistence.TextUpkeepRows.Kept;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts segments of the text index together, so that a search reads few, and leaves out what is no
/// longer there.
///
/// Segments are in tiers by their weight, each tier's eight times as heavy as those below. Eight
/// neighbours of a tier become one of the next, so that a message is written once a tier, and what
/// an account has is bounded by its size, not by how slowly it grew. A merge reads and writes
/// postings a stretch of buckets at a time; no message is read for it.
final class TextUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(TextUpkeep.class);
  private static final int FAN_IN = 8;

  /// Octets of postings that weigh as much as a message.
  private static final int OCTETS_A_MESSAGE = 1024;

  /// Buckets that are put together at a time.
  private static final int STRETCH = 1024;

  /// A segment of which so much is gone is made anew without it.
  private static final double GONE = 0.25;

  private final TextUpkeepRows rows;
  private final Pace pace;
  private final int least;

  /// @param least messages that make a segment
  TextUpkeep(TextUpkeepRows rows, Pace pace, int least) {
    this.rows = rows;
    this.pace = pace;
    this.least = least;
  }

  List<TextUpkeepRows.Due> due(int most) {
    return rows.due(least / 2, most);
  }

  /// Does what is to be done for an account that is claimed.
  ///
  /// @param wanted asked now and then; what is not finished then is left for the next time
  void run(TextUpkeepRows.Due due, BooleanSupplier wanted) {
    pace.begin(0);
    boolean whole = mergeAll(due.account(), wanted);
    if (whole && due.gone() >= least / 2) {
      whole = compact(due.account(), wanted) && mergeAll(due.account(), wanted);
    }
    if (whole) {
      rows.settle(due);
    }
  }

  private boolean mergeAll(long account, BooleanSupplier wanted) {
    List<Kept> next = pick(rows.segments(account, TextGrams.VERSION), least);
    while (!next.isEmpty()) {
      if (!replace(account, next, wanted)) {
        return false;
      }
      next = pick(rows.segments(account, TextGrams.VERSION), least);
    }
    return true;
  }

  private boolean compact(long account, BooleanSupplier wanted) {
    for (Kept segment : rows.segments(account, TextGrams.VERSION)) {
      int alive = rows.alive(account, segment.firstId(), segment.lastId());
      if (segment.messages() - alive >= Math.max(1, GONE * segment.messages())
          && !replace(account, List.of(segment), wanted)) {
        return false;
      }
    }
    return true;
  }

  /// Which neighbours to merge next; none where there is nothing to do.
  ///
  /// @param segments the oldest messages first
  static List<Kept> pick(List<Kept> segments, int least) {
    List<Kept> small = run(segments, least, 0, FAN_IN);
    return small.isEmpty() ? run(segments, least, 1, 2 * FAN_IN) : small;
  }

  /// Of the first run of segments of no higher tier that is too long, as many as make one.
  private static List<Kept> run(List<Kept> segments, int least, int tier, int tooMany) {
    long most = least * (long) FAN_IN * FAN_IN;
    int from = 0;
    while (from < segments.size()) {
      int to = from;
      int ofTier = 0;
      while (to < segments.size() && tier(segments.get(to), least) <= tier) {
        ofTier += tier(segments.get(to), least) == tier ? 1 : 0;
        to++;
      }
      if (to - from >= tooMany || ofTier >= FAN_IN) {
        for (int start = from; start < to; start++) {
          int end = start;
          for (long weight = 0; end < to; end++) {
            weight += weight(segments.get(end));
            if (weight > most) {
              break;
            }
          }
          if (end - start > 1) {
            return List.copyOf(segments.subList(start, end));
          }
        }
      }
      from = to + 1;
    }
    return List.of();
  }

  private static long weight(Kept segment) {
    return Math.max(segment.messages(), segment.octets() / OCTETS_A_MESSAGE);
  }

  private static int tier(Kept segment, int least) {
    long weight = weight(segment);
    if (weight < least * (long) FAN_IN) {
      return 0;
    }
    // What is half as heavy as can be is left alone for good.
    return weight < least * (long) FAN_IN * FAN_IN / 2 ? 1 : 2;
  }

  /// Gives up, and leaves everything as it was, when it is not wanted any more.
  private static final class NotWanted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotWanted() {
      super(null, null, false, false);
    }
  }

  private boolean replace(long account, List<Kept> inputs, BooleanSupplier wanted) {
    long start = System.nanoTime();
    try {
      if (!rows.replace(
          account, TextGrams.VERSION, inputs, merging -> merge(merging, inputs, wanted))) {
        return false;
      }
    } catch (NotWanted e) {
      return false;
    }
    LOG.info(
        "event=text-segments-merged account={} segments={} messages={} millis={}",
        account,
        inputs.size(),
        inputs.stream().mapToInt(Kept::messages).sum(),
        (System.nanoTime() - start) / 1_000_000);
    pace.rest(wanted);
    return true;
  }

  private static void merge(
      TextUpkeepRows.Merging merging, List<Kept> inputs, BooleanSupplier wanted) {
    long[] alive = merging.alive();
    // The new ordinal of each old one.
    List<int[]> ordinals = new ArrayList<>();
    BitSet unknown = new BitSet();
    CommonWords.Merge words = new CommonWords.Merge();
    merging.heads(
        (segment, messageIds, unknownOfIt, wordsOfIt) -> {
          long[] ids = TextSegment.readIds(messageIds, segment.messages());
          int[] its = new int[ids.length];
          for (int i = 0; i < ids.length; i++) {
            its[i] = Math.max(-1, Arrays.binarySearch(alive, ids[i]));
          }
          ordinals.add(its);
          set(unknown, BitSet.valueOf(unknownOfIt), its);
          words.add(wordsOfIt, its);
        });
    int span = PostingRows.span(alive.length);
    PostingRows out = new PostingRows(span, alive.length);
    for (int first = 0; first < TextGrams.BUCKETS; first += STRETCH) {
      if (!wanted.getAsBoolean()) {
        throw new NotWanted();
      }
      stretch(merging, inputs, ordinals, first, out);
      merging.write(PostingRows.byBlock(out.take()));
    }
    merging.write(
        new TextIndexRows.Segment(
            inputs.getFirst().firstId(),
            inputs.getLast().lastId(),
            alive.length,
            span,
            TextSegment.writeIds(alive),
            unknown.toByteArray(),
            words.octets(alive.length)));
  }

  private static void stretch(
      TextUpkeepRows.Merging merging,
      List<Kept> inputs,
      List<int[]> ordinals,
      int first,
      PostingRows out) {
    BitSet[] merged = new BitSet[STRETCH];
    for (int i = 0; i < inputs.size(); i++) {
      Kept input = inputs.get(i);
      int span = input.span();
      merging.postings(
          i,
          PostingRows.block(first, span),
          PostingRows.block(first + STRETCH - 1, span),
          (from, block, octets) ->
              PostingRows.read(
                  block,
                  span,
                  octets,
                  input.messages(),
                  (bucket, list) -> {
                    BitSet all = merged[bucket - first];
                    if (all == null) {
                      all = new BitSet();
                      merged[bucket - first] = all;
                    }
                    set(all, list, ordinals.get(from));
                  }));
    }
    for (int i = 0; i < STRETCH; i++) {
      BitSet all = merged[i];
      if (all != null && !all.isEmpty()) {
        out.add(first + i, all);
      }
    }
  }

  private static void set(BitSet all, BitSet some, int[] ordinals) {
    for (int i = some.nextSetBit(0); i >= 0; i = some.nextSetBit(i + 1)) {
      if (ordinals[i] >= 0) {
        all.set(ordinals[i]);
      }
    }
  }
}
