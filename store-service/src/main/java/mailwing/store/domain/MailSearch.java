package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.mime.OctetSource;
import mailwing.store.mime.ThreadByReferences;
import mailwing.store.mime.ThreadBySubject;
import mailwing.store.mime.Threadable;
import mailwing.store.mime.Threads;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.SearchRows;
import mailwing.store.persistence.SearchRows.Candidate;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Part;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// SEARCH and SORT: columns answer what they can; what is left in doubt is read and looked through,
/// a batch at a time.
public final class MailSearch {
  private static final int BATCH = 32;
  private static final int BATCH_OF_HEADERS = 256;
  private static final String BY_UID = "e.uid";

  private final Blobs blobs;
  private final SearchRows rows;
  private final TextIndex index;

  public MailSearch(MailStore store) {
    this.blobs = store.blobs();
    this.rows = new SearchRows(store.sql());
    this.index = new TextIndex(store);
  }

  /// Hands what matches to the sink: in sort order if one is given, else ascending.
  public void search(
      Access access, long mailbox, SearchKey key, List<SortCriterion> sort, SearchRows.Sink sink) {
    SearchPlan plan = new SearchPlan.Maker(System.currentTimeMillis()).plan(key);
    if (plan instanceof SearchPlan.Columns columns) {
      rows.matches(access, mailbox, columns.condition(), order(sort), sink);
      return;
    }
    if (sort.isEmpty()) {
      scan(access, mailbox, plan, sink);
      return;
    }
    List<UidRange> found = new ArrayList<>();
    scan(access, mailbox, plan, (uid, modseq) -> add(found, (int) uid));
    if (!found.isEmpty()) {
      rows.matches(access, mailbox, SearchPlan.Maker.uids(found), order(sort), sink);
    }
  }

  /// Puts what matches in threads (RFC 5256 section 3).
  public Threads thread(
      Access access, long mailbox, SearchKey key, ThreadRequest.Algorithm algorithm) {
    SearchPlan plan = new SearchPlan.Maker(System.currentTimeMillis()).plan(key);
    Condition condition;
    if (plan instanceof SearchPlan.Columns columns) {
      condition = columns.condition();
    } else {
      List<UidRange> found = new ArrayList<>();
      scan(access, mailbox, plan, (uid, modseq) -> add(found, (int) uid));
      condition = SearchPlan.Maker.uids(found);
    }
    List<Threadable> messages = new ArrayList<>();
    rows.threads(access, mailbox, condition, row -> messages.add(threadable(row)));
    return switch (algorithm) {
      case ORDEREDSUBJECT -> ThreadBySubject.thread(messages);
      case REFERENCES -> ThreadByReferences.thread(messages);
      case ALGORITHM_UNSPECIFIED, UNRECOGNIZED ->
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such algorithm");
    };
  }

  private static Threadable threadable(SearchRows.Threading row) {
    byte[] envelope = row.envelope();
    try {
      return new Threadable(
          row.uid(),
          row.messageId(),
          row.references(),
          row.baseSubject(),
          envelope != null && Threadable.repliesOrForwards(Envelope.parseFrom(envelope)),
          row.sentMillis());
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a stored envelope is damaged", e);
    }
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
  private static String order(List<SortCriterion> sort) {
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
                case FIELD_UNSPECIFIED, UNRECOGNIZED ->
                    throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such sort field");
              })
          .append(criterion.getReverse() ? " DESC, " : ", ");
    }
    return order.append(BY_UID).toString();
  }

  /// What may match is found first, and then looked through.
  private void scan(Access access, long mailbox, SearchPlan plan, SearchRows.Sink sink) {
    Uids possible = new Uids();
    rows.matches(
        access,
        mailbox,
        plan.possible(text -> index.mayHold(access.account(), text)),
        BY_UID,
        (uid, modseq) -> possible.add((int) uid));
    List<Condition> asked = plan.conditions();
    boolean body = plan.readsBody();
    int most = body ? BATCH : BATCH_OF_HEADERS;
    for (int from = 0; from < possible.count; from += most) {
      int to = Math.min(possible.count, from + most);
      for (Candidate candidate :
          rows.candidates(access, mailbox, possible.text(from, to), asked, body)) {
        if (new Look(access.account(), candidate).holds(plan)) {
          sink.take(candidate.uid(), candidate.modseq());
        }
      }
    }
  }

  /// Four octets a message.
  private static final class Uids {
    private int[] uids = new int[256];
    private int count;

    void add(int uid) {
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
      }
      uids[count++] = uid;
    }

    /// Those at `[from, to)` as an array in SQL.
    String text(int from, int to) {
      StringBuilder text = new StringBuilder("{");
      for (int i = from; i < to; i++) {
        text.append(i == from ? "" : ",").append(Integer.toUnsignedLong(uids[i]));
      }
      return text.append('}').toString();
    }
  }

  /// One message looked through.
  private final class Look {
    private final long account;
    private final Candidate candidate;
    private int next;
    private byte @Nullable [] header;
    private @Nullable Part structure;

    Look(long account, Candidate candidate) {
      this.account = account;
      this.candidate = candidate;
    }

    boolean holds(SearchPlan plan) {
      return switch (plan) {
        case SearchPlan.Columns columns -> candidate.held().get(next++);
        case SearchPlan.Header field -> field.text().isInField(header(), field.name());
        case SearchPlan.Body body -> reads(() -> body.text().isInBody(octets(), structure()));
        case SearchPlan.Text text -> reads(() -> text.text().isInText(octets(), structure()));
        case SearchPlan.And and -> all(and.parts(), true);
        case SearchPlan.Or or -> !all(or.parts(), false);
        case SearchPlan.Not not -> !holds(not.part());
      };
    }

    /// Do all parts come out as `wanted`? Those after the first that does not are passed over.
    private boolean all(List<SearchPlan> parts, boolean wanted) {
      for (int i = 0; i < parts.size(); i++) {
        if (holds(parts.get(i)) != wanted) {
          for (SearchPlan rest : parts.subList(i + 1, parts.size())) {
            next += rest.conditions().size();
          }
          return false;
        }
      }
      return true;
    }

    private interface Read {
      boolean run() throws IOException;
    }

    private boolean reads(Read read) {
      try {
        return read.run();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private byte[] header() {
      byte[] known = header;
      if (known == null) {
        int length = (int) Math.min(candidate.headerOctets(), Blobs.CHUNK);
        byte[] octets = candidate.octets();
        known =
            octets != null
                ? java.util.Arrays.copyOf(octets, Math.min(length, octets.length))
                : blobs.read(account, candidate.place(), 0, length);
        header = known;
      }
      return known;
    }

    private Part structure() {
      Part known = structure;
      if (known == null) {
        try {
          known = Part.parseFrom(candidate.structure());
        } catch (InvalidProtocolBufferException e) {
          throw new StoreException(ErrorCode.INTERNAL, "a stored structure is damaged", e);
        }
        structure = known;
      }
      return known;
    }

    private OctetSource octets() {
      byte[] octets = candidate.octets();
      if (octets != null && octets.length == candidate.place().size()) {
        return OctetSource.of(octets);
      }
      return (from, to) -> new BodyStream(blobs, account, candidate.place(), from, to);
    }
  }
}
