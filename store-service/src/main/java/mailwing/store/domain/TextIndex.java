package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mailwing.store.StoreException;
import mailwing.store.mime.MessageText;
import mailwing.store.mime.OctetSource;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.TextIndexRows;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Part;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which messages may hold a text: an index that is filled in behind deliveries, segment by
/// segment, and that search trusts only to leave messages out.
///
/// Any number of stores may fill it in; the work of two on one account is done once.
public final class TextIndex {
  private static final Logger LOG = LoggerFactory.getLogger(TextIndex.class);

  /// Fewer messages than these are looked through instead: a segment has a thousand rows.
  private static final int LEAST = 512;

  private static final int ACCOUNTS = 100;
  private static final int BATCH = 32;

  /// A message with more text may hold anything, as one with a longer header than is looked at.
  private static final long MOST_TEXT = 16L << 20;

  private static final long MOST_HEADER = 64L << 10;

  private final Blobs blobs;
  private final TextIndexRows rows;
  private final int least;

  public TextIndex(MailStore store) {
    this(store, LEAST);
  }

  /// @param least messages that make a segment
  public TextIndex(MailStore store, int least) {
    this.blobs = store.blobs();
    this.rows = new TextIndexRows(store.sql());
    this.least = least;
  }

  /// Indexes what has come; call it every minute or so.
  public void fill() {
    for (long account : rows.behind(least, TextGrams.VERSION, ACCOUNTS)) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      if (rows.claim(account)) {
        try {
          fill(account);
        } finally {
          rows.release(account);
        }
      }
    }
  }

  private void fill(long account) {
    long start = System.nanoTime();
    long done = 0;
    boolean more = true;
    while (more && !Thread.currentThread().isInterrupted()) {
      long indexedTo = rows.indexedTo(account, TextGrams.VERSION);
      TextSegment segment = read(account, indexedTo);
      more = segment.size() >= least && write(account, indexedTo, segment);
      done += more ? segment.size() : 0;
    }
    if (done > 0) {
      LOG.info(
          "event=text-indexed account={} messages={} millis={}",
          account,
          done,
          (System.nanoTime() - start) / 1_000_000);
    }
  }

  private TextSegment read(long account, long indexedTo) {
    TextSegment segment = new TextSegment();
    TextGrams grams = new TextGrams();
    long after = indexedTo;
    while (!segment.full()) {
      List<TextIndexRows.Source> sources = rows.sources(account, after, BATCH);
      if (sources.isEmpty()) {
        break;
      }
      for (TextIndexRows.Source source : sources) {
        if (segment.full()) {
          break;
        }
        grams.clear();
        if (read(account, source, grams)) {
          segment.add(source.messageId(), grams.buckets());
        } else {
          segment.addUnknown(source.messageId());
        }
        after = source.messageId();
      }
    }
    return segment;
  }

  /// Is all of its text in `grams` now?
  private boolean read(long account, TextIndexRows.Source source, TextGrams grams) {
    if (source.headerOctets() > MOST_HEADER) {
      return false;
    }
    byte[] octets = source.octets();
    OctetSource from =
        octets != null && octets.length == source.place().size()
            ? OctetSource.of(octets)
            : (first, last) -> new BodyStream(blobs, account, source.place(), first, last);
    long[] taken = new long[1];
    try {
      return MessageText.all(
          from,
          Part.parseFrom(source.structure()),
          text -> {
            taken[0] += text.length();
            return taken[0] <= MOST_TEXT && grams.take(text);
          });
    } catch (InvalidProtocolBufferException e) {
      return false;
    } catch (IOException e) {
      LOG.warn("event=text-unreadable account={} reason={}", account, e.toString());
      return false;
    } catch (StoreException e) {
      if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private boolean write(long account, long indexedTo, TextSegment segment) {
    Map<Integer, byte[]> blocks = new LinkedHashMap<>();
    segment.blocks().forEach(block -> blocks.put(block.number(), block.octets()));
    return rows.add(
        account,
        indexedTo,
        TextGrams.VERSION,
        new TextIndexRows.Segment(
            indexedTo + 1, segment.lastId(), segment.messageIds(), segment.unknown()),
        blocks);
  }

  /// A condition that every message that holds the text meets.
  ///
  /// @param field whose value holds it; empty for any text
  Condition mayHold(long account, String field, String needle) {
    if (needle.isEmpty()) {
      return Condition.of("TRUE");
    }
    LookUp lookUp = new LookUp(TextGrams.ofNeedle(needle, field));
    rows.find(account, TextGrams.VERSION, lookUp.blocks(), lookUp);
    return lookUp.condition();
  }

  private static final class LookUp implements TextIndexRows.Found {
    private final int[] buckets;
    private final Map<Integer, Candidates> segments = new HashMap<>();
    private long indexedTo;

    /// What of a segment has had all grams so far.
    private static final class Candidates {
      final long[] ids;
      final BitSet unknown;
      final Map<Integer, BitSet> found = new HashMap<>();

      Candidates(long[] ids, BitSet unknown) {
        this.ids = ids;
        this.unknown = unknown;
      }
    }

    LookUp(int[] buckets) {
      this.buckets = buckets;
    }

    int[] blocks() {
      return java.util.Arrays.stream(buckets).map(b -> b / TextSegment.BLOCK).distinct().toArray();
    }

    @Override
    public void segment(int number, long lastId, byte[] messageIds, byte[] unknown) {
      segments.put(
          number,
          new Candidates(TextSegment.readIds(messageIds), TextSegment.readUnknown(unknown)));
      indexedTo = Math.max(indexedTo, lastId);
    }

    @Override
    public void postings(int segment, int block, byte[] octets) {
      Candidates candidates = segments.get(segment);
      if (candidates == null) {
        return;
      }
      for (int bucket : buckets) {
        if (bucket / TextSegment.BLOCK == block) {
          candidates.found.put(bucket, TextSegment.readBucket(octets, bucket));
        }
      }
    }

    Condition condition() {
      if (segments.isEmpty()) {
        return Condition.of("TRUE");
      }
      List<Long> ids = new ArrayList<>();
      long covered = 0;
      for (Candidates candidates : segments.values()) {
        covered += candidates.ids.length;
        BitSet all = new BitSet(candidates.ids.length);
        all.set(0, candidates.ids.length);
        for (int bucket : buckets) {
          all.and(candidates.found.getOrDefault(bucket, new BitSet()));
        }
        all.or(candidates.unknown);
        all.stream().forEach(ordinal -> ids.add(candidates.ids[ordinal]));
      }
      if (ids.size() > covered / 2) {
        return Condition.of("TRUE");
      }
      if (ids.isEmpty()) {
        return Condition.of("e.message_id > ?", indexedTo);
      }
      StringBuilder array = new StringBuilder("{");
      ids.forEach(id -> array.append(id).append(','));
      array.setCharAt(array.length() - 1, '}');
      // A subselect is hashed, whatever the planner knows of the array.
      return Condition.of(
          "e.message_id > ? OR e.message_id IN (SELECT unnest(CAST(? AS int8[])))",
          indexedTo,
          array.toString());
    }
  }
}
