package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.domain.KnownResults.Contents;
import mailwing.store.mime.ThreadByReferences;
import mailwing.store.mime.ThreadBySubject;
import mailwing.store.mime.Threadable;
import mailwing.store.mime.Threads;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.persistence.SearchRows;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.UidRange;

/// SEARCH, SORT and THREAD: columns answer what they can, the rest takes the text ([TextScan]).
public final class MailSearch {
  /// Of the text index, a search: the texts beyond these are looked for everywhere.
  private static final int LOOK_UPS = 32;

  private static final long REMEMBERED_OCTETS = 32L << 20;
  private static final String BY_UID = "e.uid";

  private final MailboxReads mailboxes;
  private final Blobs blobs;
  private final SearchRows rows;
  private final TextIndex index;
  private final KnownMatches known = new KnownMatches(REMEMBERED_OCTETS);
  private final TextScan.Helpers helpers = new TextScan.Helpers();
  private final KnownResults<int[]> results =
      new KnownResults<>(REMEMBERED_OCTETS / 2, uids -> 4L * uids.length);
  private final KnownResults<Threads> threads =
      new KnownResults<>(REMEMBERED_OCTETS / 2, found -> 8L * found.size());

  public MailSearch(MailStore store) {
    this.mailboxes = store.mailboxReads();
    this.blobs = store.blobs();
    this.rows = new SearchRows(store.sql());
    this.index = new TextIndex(store);
  }

  /// Hands what matches to the sink: in sort order if one is given, else ascending.
  public void search(
      Access access,
      MailboxReads.Found mailbox,
      SearchKey key,
      List<SortCriterion> sort,
      SearchRows.Sink sink) {
    Contents contents = Contents.of(mailbox.status());
    if (!contents.many() || !KnownResults.lasts(key)) {
      find(access, mailbox, key, sort, sink);
      return;
    }
    KnownResults.Key asked =
        new KnownResults.Key(
            access.account(),
            mailbox.mailboxId(),
            key,
            sort,
            ThreadRequest.Algorithm.ALGORITHM_UNSPECIFIED);
    int[] known = results.find(asked, contents);
    if (known != null) {
      for (int uid : known) {
        sink.take(Integer.toUnsignedLong(uid), 0, SearchRows.WHOLLY);
      }
      return;
    }
    Keeping keeping = new Keeping(sink);
    find(access, mailbox, key, sort, keeping);
    // Who no longer waits was not told all.
    if (sink.wanted() && unchanged(access, mailbox)) {
      results.keep(asked, contents, keeping.uids());
    }
  }

  private boolean unchanged(Access access, MailboxReads.Found mailbox) {
    MailboxReads.Found now = mailboxes.find(access, mailbox.mailboxId(), "");
    return now != null && Contents.of(now.status()).equals(Contents.of(mailbox.status()));
  }

  /// Hands on what is found and keeps its UIDs.
  private static final class Keeping implements SearchRows.Sink {
    private final SearchRows.Sink to;
    private int[] uids = new int[256];
    private int count;

    Keeping(SearchRows.Sink to) {
      this.to = to;
    }

    @Override
    public void take(long uid, long modseq, int relevancy) {
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
      }
      uids[count++] = (int) uid;
      to.take(uid, modseq, relevancy);
    }

    @Override
    public boolean wanted() {
      return to.wanted();
    }

    @Override
    public boolean modseqs() {
      return to.modseqs();
    }

    int[] uids() {
      return Arrays.copyOf(uids, count);
    }
  }

  private void find(
      Access access,
      MailboxReads.Found mailbox,
      SearchKey key,
      List<SortCriterion> sort,
      SearchRows.Sink sink) {
    SearchPlan plan = new SearchPlan.Maker(System.currentTimeMillis()).plan(key);
    if (plan instanceof SearchPlan.Columns columns) {
      match(access, mailbox, columns.condition(), sort, sink);
      return;
    }
    if (sort.isEmpty()) {
      scan(access, mailbox, plan, sink);
      return;
    }
    SearchRows.Found found = new SearchRows.Found();
    scan(access, mailbox, plan, new Collecting(found, sink));
    rows.sorted(access, mailbox.mailboxId(), found, order(sort, "r.relevancy"), sink);
  }

  private void match(
      Access access,
      MailboxReads.Found mailbox,
      Condition condition,
      List<SortCriterion> sort,
      SearchRows.Sink sink) {
    long id = mailbox.mailboxId();
    if (!condition.ofEntries() || !NumberOrder.puts(sort)) {
      rows.matches(access, id, condition, order(sort, "(100 + 0)"), sink);
      return;
    }
    if (sort.isEmpty()) {
      // Handed on as they come, which two parts do at the same time.
      SearchRows.Wanted uids = new SearchRows.Wanted(sink.modseqs(), false, false, false);
      rows.numbers(
          access,
          id,
          0,
          condition,
          uids,
          () ->
              (uid, modseq, size, internalMillis, sentMillis) ->
                  sink.take(uid, modseq, SearchRows.WHOLLY));
      return;
    }
    NumberOrder order = new NumberOrder(sort);
    rows.numbers(
            access,
            id,
            mailbox.status().getMessages(),
            condition,
            order.wanted(sink.modseqs()),
            () -> new NumberOrder(sort))
        .forEach(order::add);
    order.finish(sink);
  }

  /// Collects what is to be sorted for someone who waits.
  private record Collecting(SearchRows.Found found, SearchRows.Sink waits)
      implements SearchRows.Sink {
    @Override
    public void take(long uid, long modseq, int relevancy) {
      found.add(uid, relevancy);
    }

    @Override
    public boolean wanted() {
      return waits.wanted();
    }
  }

  /// Puts what matches in threads (RFC 5256 section 3).
  public Threads thread(
      Access access, MailboxReads.Found mailbox, SearchKey key, ThreadRequest.Algorithm algorithm) {
    Contents contents = Contents.of(mailbox.status());
    if (!contents.many() || !KnownResults.lasts(key)) {
      return threads(access, mailbox, key, algorithm);
    }
    KnownResults.Key asked =
        new KnownResults.Key(access.account(), mailbox.mailboxId(), key, List.of(), algorithm);
    Threads known = threads.find(asked, contents);
    if (known != null) {
      return known;
    }
    Threads found = threads(access, mailbox, key, algorithm);
    if (unchanged(access, mailbox)) {
      threads.keep(asked, contents, found);
    }
    return found;
  }

  /// Makes of a part's rows what THREAD knows of its messages.
  private static final class ThreadPart implements Consumer<SearchRows.Threading> {
    private final Threadable.Maker maker;
    private final List<Threadable> messages = new ArrayList<>();

    ThreadPart(Threadable.Maker maker) {
      this.maker = maker;
    }

    @Override
    public void accept(SearchRows.Threading row) {
      messages.add(
          maker.make(row.uid(), row.texts(), row.from(), row.sentMillis(), row.internalMillis()));
    }
  }

  private Threads threads(
      Access access, MailboxReads.Found mailbox, SearchKey key, ThreadRequest.Algorithm algorithm) {
    SearchPlan plan = new SearchPlan.Maker(System.currentTimeMillis()).plan(key);
    Condition condition;
    if (plan instanceof SearchPlan.Columns columns && columns.condition().ofEntries()) {
      condition = columns.condition();
    } else {
      List<UidRange> found = new ArrayList<>();
      find(access, mailbox, key, List.of(), (uid, modseq, relevancy) -> add(found, (int) uid));
      condition = SearchPlan.Maker.uids(found);
    }
    boolean links = algorithm != ThreadRequest.Algorithm.ORDEREDSUBJECT;
    List<Threadable> messages = new ArrayList<>();
    Threadable.Maker maker = new Threadable.Maker(links, SearchRows.Threading.HEAD_OF_REFERENCES);
    rows.threads(
            access,
            mailbox.mailboxId(),
            mailbox.status().getMessages(),
            condition,
            links,
            () -> new ThreadPart(maker))
        .forEach(part -> messages.addAll(part.messages));
    return switch (algorithm) {
      case ORDEREDSUBJECT -> ThreadBySubject.thread(messages);
      case REFERENCES ->
          ThreadByReferences.references(
              messages, uids -> replies(access, mailbox.mailboxId(), uids));
      case REFS -> ThreadByReferences.refs(messages);
      case ALGORITHM_UNSPECIFIED, UNRECOGNIZED ->
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such algorithm");
    };
  }

  private Set<Integer> replies(Access access, long mailbox, Set<Integer> uids) {
    Set<Integer> replies = new HashSet<>();
    rows.envelopes(
        access,
        mailbox,
        uids,
        (uid, envelope) -> {
          try {
            if (Threadable.repliesOrForwards(Envelope.parseFrom(envelope))) {
              replies.add(uid);
            }
          } catch (InvalidProtocolBufferException e) {
            throw new StoreException(ErrorCode.INTERNAL, "a stored envelope is damaged", e);
          }
        });
    return replies;
  }

  private static void add(List<UidRange> found, int uid) {
    UidRange last = found.isEmpty() ? null : found.getLast();
    if (last != null && last.getLast() + 1 == uid) {
      found.set(found.size() - 1, last.toBuilder().setLast(uid).build());
    } else {
      found.add(UidRange.newBuilder().setFirst(uid).setLast(uid).build());
    }
  }

  /// RFC 5256 section 3 and RFC 5957; the UID stands for the sequence number, last.
  ///
  /// @param relevancy what has RFC 6203's score
  private static String order(List<SortCriterion> sort, String relevancy) {
    if (sort.isEmpty()) {
      return BY_UID;
    }
    StringBuilder order = new StringBuilder();
    for (SortCriterion criterion : sort) {
      order
          .append(
              switch (criterion.getField()) {
                case ARRIVAL -> "e.internal_date";
                case CC -> "m.sort_cc";
                case DATE -> "coalesce(m.sent_millis, e.internal_date)";
                case FROM -> "m.sort_from";
                case SIZE -> "e.size";
                case SUBJECT -> "m.base_subject";
                case TO -> "m.sort_to";
                case DISPLAY_FROM -> "m.display_from";
                case DISPLAY_TO -> "m.display_to";
                // The highest first (RFC 6203 section 6).
                case RELEVANCY -> "-" + relevancy;
                case FIELD_UNSPECIFIED, UNRECOGNIZED ->
                    throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such sort field");
              })
          .append(criterion.getReverse() ? " DESC, " : ", ");
    }
    return order.append(BY_UID).toString();
  }

  private void scan(
      Access access, MailboxReads.Found mailbox, SearchPlan plan, SearchRows.Sink sink) {
    Map<String, TextIndex.Possible> looked = new HashMap<>();
    Condition possible =
        plan.possible(
            (field, needle) -> {
              String key = field + '\n' + needle;
              return looked.size() == LOOK_UPS && !looked.containsKey(key)
                  ? Condition.of("TRUE")
                  : looked
                      .computeIfAbsent(key, k -> index.mayHold(access.account(), field, needle))
                      .condition();
            });
    TextScan scan = new TextScan(blobs, rows, known, helpers, access, plan);
    scan.learnCertain(
        (field, places, needle, its) -> {
          TextIndex.Possible at = looked.get(field + '\n' + needle);
          if (at != null && at.many() && its.isNewFrom(at.state())) {
            index.certain(access.account(), places, needle, id -> its.learn(id, true));
          }
        });
    scan.run(mailbox.mailboxId(), mailbox.status().getMessages(), possible, sink);
  }
}
