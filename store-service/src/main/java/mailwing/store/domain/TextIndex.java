package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import mailwing.store.StoreException;
import mailwing.store.mime.MessageText;
import mailwing.store.mime.OctetSource;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.OverviewPageRows;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.TextIndexRows;
import mailwing.store.persistence.TextUpkeepRows;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Part;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which messages may hold a text: an index that is filled in behind deliveries, segment by
/// segment, and that search trusts only to leave messages out, and to name some that do hold it.
///
/// Any number of stores may fill it in; the work of two on one account is done once.
public final class TextIndex {
  private static final Logger LOG = LoggerFactory.getLogger(TextIndex.class);

  /// Fewer messages than these are looked through instead: a segment has a thousand rows.
  private static final int LEAST = 512;

  /// Accounts whose segments are put together in a round.
  private static final int ACCOUNTS = 100;

  /// Accounts that are asked in a round whether they are behind: a round costs the same however
  /// many there are, and comes to each in turn.
  private static final int ASKED = 5_000;

  private static final int BATCH = 32;

  /// Of fewer candidates it is not asked which need no look.
  private static final int MANY = 256;

  /// A message with more text may hold anything, as one with a longer header than is looked at.
  private static final long MOST_TEXT = 16L << 20;

  private static final long MOST_HEADER = 64L << 10;

  private final Blobs blobs;
  private final TextIndexRows rows;
  private final TextUpkeep upkeep;
  private final OverviewUpkeep overviews;
  private final Pace pace;
  private final int least;
  private volatile long askedTo = Long.MIN_VALUE;

  public TextIndex(MailStore store) {
    this(store, LEAST, store::isChanging, System::nanoTime);
  }

  /// One that gives way to nobody.
  ///
  /// @param least messages that make a segment
  public TextIndex(MailStore store, int least) {
    this(store, least, () -> false, System::nanoTime);
  }

  /// @param least messages that make a segment
  /// @param busy whether there is something to give way to
  /// @param nanoTime as System.nanoTime
  public TextIndex(MailStore store, int least, BooleanSupplier busy, LongSupplier nanoTime) {
    this.blobs = store.blobs();
    this.rows = new TextIndexRows(store.sql());
    this.pace = new Pace(busy, nanoTime);
    this.upkeep = new TextUpkeep(new TextUpkeepRows(store.sql(), rows), pace, least);
    this.overviews = new OverviewUpkeep(new OverviewPageRows(store.sql(), rows), pace);
    this.least = least;
  }

  /// Indexes what has come, puts segments together, and what lists are made from; call it every
  /// minute or so, never twice at a time.
  ///
  /// @param wanted asked now and then; what is not finished then is left for the next time
  public void fill(BooleanSupplier wanted) {
    TextIndexRows.Behind behind = rows.behind(askedTo, ASKED, least, TextGrams.VERSION);
    askedTo = behind.reached().orElse(Long.MIN_VALUE);
    for (TextIndexRows.Account account : behind.accounts()) {
      if (!wanted.getAsBoolean()) {
        return;
      }
      if (!pace.mayWait(account.messages())) {
        claimed(account.id(), () -> fill(account, wanted));
      }
    }
    if (!pace.mayWait(0)) {
      tidy(wanted);
    }
    if (behind.reached().isEmpty()) {
      pace.cameRound();
    }
  }

  private void tidy(BooleanSupplier wanted) {
    for (TextUpkeepRows.Due due : upkeep.due(ACCOUNTS)) {
      if (!wanted.getAsBoolean()) {
        return;
      }
      claimed(due.account(), () -> upkeep.run(due, wanted));
    }
    for (long account : overviews.due(ACCOUNTS)) {
      if (!wanted.getAsBoolean()) {
        return;
      }
      claimed(account, () -> overviews.run(account, wanted));
    }
  }

  private void claimed(long account, Runnable work) {
    if (rows.claim(account)) {
      try {
        work.run();
      } finally {
        rows.release(account);
      }
    }
  }

  private void fill(TextIndexRows.Account of, BooleanSupplier wanted) {
    long account = of.id();
    long start = System.nanoTime();
    pace.begin(of.messages());
    long done = 0;
    boolean more = true;
    while (more && wanted.getAsBoolean() && (done == 0 || !pace.mayWait(of.messages() - done))) {
      long indexedTo = rows.indexedTo(account, TextGrams.VERSION);
      TextSegment segment = read(account, indexedTo, wanted);
      more = segment.size() >= least && wanted.getAsBoolean() && write(account, indexedTo, segment);
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

  private TextSegment read(long account, long indexedTo, BooleanSupplier wanted) {
    TextSegment segment = new TextSegment();
    Taken taken = new Taken();
    long after = indexedTo;
    while (!segment.full() && wanted.getAsBoolean()) {
      List<TextIndexRows.Source> sources = rows.sources(account, after, BATCH);
      if (sources.isEmpty()) {
        break;
      }
      for (TextIndexRows.Source source : sources) {
        if (segment.full()) {
          break;
        }
        taken.clear();
        if (read(account, source, taken)) {
          segment.add(source.messageId(), taken.grams.buckets(), taken.words);
        } else {
          segment.addUnknown(source.messageId());
        }
        after = source.messageId();
      }
      pace.rest(wanted);
    }
    return segment;
  }

  /// What the index knows of a message's text.
  private static final class Taken implements MessageText.Sink {
    final TextGrams grams = new TextGrams();
    final TextWords words = new TextWords();
    private char[] piece = new char[1 << 14];
    private MessageText.Origin origin = MessageText.Origin.HEADER;
    private long length;

    void clear() {
      grams.clear();
      words.clear();
      length = 0;
    }

    @Override
    public void from(MessageText.Origin next) {
      origin = next;
    }

    @Override
    public boolean take(CharSequence text) {
      length += text.length();
      if (length > MOST_TEXT) {
        return false;
      }
      int characters = text.length();
      if (piece.length < characters) {
        piece = new char[characters];
      }
      text.toString().getChars(0, characters, piece, 0);
      grams.take(piece, characters);
      words.take(piece, characters, origin);
      return true;
    }
  }

  /// Is all of its text taken now?
  private boolean read(long account, TextIndexRows.Source source, Taken taken) {
    if (source.headerOctets() > MOST_HEADER) {
      return false;
    }
    byte[] octets = source.octets();
    OctetSource from =
        octets != null && octets.length == source.place().size()
            ? OctetSource.of(octets)
            : (first, last) -> new BodyStream(blobs, account, source.place(), first, last);
    try {
      return MessageText.all(from, Part.parseFrom(source.structure()), taken);
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
    return rows.add(
        account,
        indexedTo,
        TextGrams.VERSION,
        new TextIndexRows.Segment(
            indexedTo + 1,
            segment.lastId(),
            segment.size(),
            PostingRows.span(segment.size()),
            segment.messageIds(),
            segment.unknown(),
            segment.words()),
        PostingRows.byBlock(segment.rows()));
  }

  /// Where a text may be.
  ///
  /// @param condition that every message that holds the text meets
  /// @param many whether it is worth asking for those that need no look
  /// @param state which segments there were; 0 for none
  record Possible(Condition condition, boolean many, long state) {}

  /// @param field whose value holds it; empty for any text
  Possible mayHold(long account, String field, String needle) {
    if (needle.isEmpty()) {
      return new Possible(Condition.of("TRUE"), false, 0);
    }
    TextLookUp lookUp = new TextLookUp(TextGrams.ofNeedle(needle, field));
    rows.find(account, TextGrams.VERSION, lookUp.blocks(), lookUp);
    return lookUp.possible(MANY);
  }

  /// Tells of messages that hold the text for certain: some of them, and none that does not.
  ///
  /// @param places as [TextWords] calls them
  void certain(long account, String places, String needle, LongConsumer each) {
    // A word has no space in it.
    if (needle.isEmpty() || places.isEmpty() || needle.indexOf(' ') >= 0) {
      return;
    }
    rows.words(
        account,
        TextGrams.VERSION,
        (messages, messageIds, words) -> {
          BitSet holding = CommonWords.holding(words, messages, places, needle);
          if (!holding.isEmpty()) {
            long[] ids = TextSegment.readIds(messageIds, messages);
            holding.stream().forEach(ordinal -> each.accept(ids[ordinal]));
          }
        });
  }
}
