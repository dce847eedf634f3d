package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import mailwing.store.StoreException;
import mailwing.store.mime.FuzzyText;
import mailwing.store.mime.OctetSource;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.SearchRows;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.SearchRows.Source;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// Finds what takes the text: what may match is listed with all that columns say of it, and what is
/// then still in doubt is read and looked through, a batch at a time.
final class TextScan {
  private static final int BATCH = 64;
  private static final int BATCH_OF_HEADERS = 512;

  /// Messages whose outcome waits for that of one before, at most.
  private static final int WAITING = 8192;

  /// A plan's value for a message: 0 no, 1 to 100 yes (RFC 6203 section 4), and this.
  private static final int IN_DOUBT = -1;

  private static final int YES = 100;

  private final Blobs blobs;
  private final SearchRows rows;
  private final KnownMatches known;
  private final Access access;
  private final SearchPlan plan;
  private final List<Condition> asked = new ArrayList<>();
  private final IdentityHashMap<SearchPlan, Integer> places = new IdentityHashMap<>();
  private final IdentityHashMap<SearchPlan, KnownMatches.Known> learned = new IdentityHashMap<>();
  private boolean body;

  TextScan(Blobs blobs, SearchRows rows, KnownMatches known, Access access, SearchPlan plan) {
    this.blobs = blobs;
    this.rows = rows;
    this.known = known;
    this.access = access;
    this.plan = plan;
    plan.leaves(this::leaf);
  }

  private void leaf(SearchPlan leaf) {
    body |= leaf.readsBody();
    switch (leaf) {
      case SearchPlan.Columns columns -> {
        places.put(leaf, asked.size());
        asked.add(columns.condition());
      }
      case SearchPlan.Header field ->
          learn(leaf, "HEADER " + field.name(), field.text().normalised());
      case SearchPlan.Body text -> learn(leaf, "BODY", text.text().normalised());
      case SearchPlan.Text text -> learn(leaf, "TEXT", text.text().normalised());
      default -> {}
    }
  }

  private void learn(SearchPlan leaf, String where, String needle) {
    learned.put(leaf, known.of(new KnownMatches.Key(access.account(), where, needle)));
  }

  /// Ascending by UID.
  ///
  /// @param possible holds wherever the plan does
  void run(long mailbox, Condition possible, SearchRows.Sink sink) {
    try {
      scan(mailbox, possible, sink);
    } finally {
      known.trim();
    }
  }

  private void scan(long mailbox, Condition possible, SearchRows.Sink sink) {
    Listed listed = new Listed(asked.size());
    rows.list(access, mailbox, possible, asked, listed);
    int most = body ? BATCH : BATCH_OF_HEADERS;
    Map<Long, List<Integer>> doubtful = new HashMap<>();
    int told = 0;
    int[] values = new int[Math.min(WAITING, listed.count)];
    for (int i = 0; i < listed.count; i++) {
      int value = value(plan, new Facts(listed, i, null));
      values[i - told] = value;
      if (value == IN_DOUBT) {
        // A message may be in the mailbox more than once.
        doubtful.computeIfAbsent(listed.ids[i], id -> new ArrayList<>(1)).add(i);
      }
      boolean last = i + 1 == listed.count;
      if (last || doubtful.size() == most || i + 1 - told == values.length) {
        if (!sink.wanted()) {
          throw new StoreException(ErrorCode.UNAVAILABLE, "the caller has gone");
        }
        look(listed, doubtful, values, told);
        for (int k = told; k <= i; k++) {
          if (values[k - told] > 0) {
            sink.take(Integer.toUnsignedLong(listed.uids[k]), listed.modSeqs[k], values[k - told]);
          }
        }
        told = i + 1;
        doubtful.clear();
      }
    }
  }

  private void look(Listed listed, Map<Long, List<Integer>> doubtful, int[] values, int first) {
    if (doubtful.isEmpty()) {
      return;
    }
    for (Source source : rows.sources(access.account(), doubtful.keySet(), body)) {
      Look look = new Look(source);
      for (int at : doubtful.getOrDefault(source.messageId(), List.of())) {
        values[at - first] = value(plan, new Facts(listed, at, look));
      }
    }
  }

  /// What columns say of messages that may match: a few words each.
  private static final class Listed implements SearchRows.ListSink {
    private final int asked;
    private int[] uids = new int[256];
    private long[] modSeqs = new long[256];
    private long[] ids = new long[256];
    private final BitSet held = new BitSet();
    private int count;

    Listed(int asked) {
      this.asked = asked;
    }

    @Override
    public void take(long uid, long modSeq, long messageId, SearchRows.Held answers) {
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
        modSeqs = Arrays.copyOf(modSeqs, count * 2);
        ids = Arrays.copyOf(ids, count * 2);
      }
      uids[count] = (int) uid;
      modSeqs[count] = modSeq;
      ids[count] = messageId;
      for (int i = 0; i < asked; i++) {
        if (answers.of(i)) {
          held.set(count * asked + i);
        }
      }
      count++;
    }

    boolean held(int index, int condition) {
      return held.get(index * asked + condition);
    }
  }

  /// A message: what is known of it and, with `look`, its text.
  private record Facts(Listed listed, int index, @Nullable Look look) {
    long messageId() {
      return listed.ids[index];
    }
  }

  private int value(SearchPlan part, Facts facts) {
    return switch (part) {
      case SearchPlan.Columns _ ->
          facts.listed().held(facts.index(), places.getOrDefault(part, 0)) ? YES : 0;
      case SearchPlan.And and -> and(and.parts(), facts);
      case SearchPlan.Or or -> or(or.parts(), facts);
      case SearchPlan.Not not -> {
        int value = value(not.part(), facts);
        yield value == IN_DOUBT ? IN_DOUBT : value == 0 ? YES : 0;
      }
      case SearchPlan.Header _, SearchPlan.Body _, SearchPlan.Text _, SearchPlan.Fuzzy _ ->
          text(part, facts);
    };
  }

  /// The least of its parts.
  private int and(List<SearchPlan> parts, Facts facts) {
    int least = YES;
    boolean doubt = false;
    for (SearchPlan part : parts) {
      int value = value(part, facts);
      if (value == 0) {
        return 0;
      }
      doubt |= value == IN_DOUBT;
      least = Math.min(least, value);
    }
    return doubt ? IN_DOUBT : least;
  }

  /// The best of its parts.
  private int or(List<SearchPlan> parts, Facts facts) {
    int best = 0;
    boolean doubt = false;
    for (SearchPlan part : parts) {
      int value = value(part, facts);
      if (value == YES) {
        return YES;
      }
      doubt |= value == IN_DOUBT;
      best = Math.max(best, value);
    }
    return doubt ? IN_DOUBT : best;
  }

  private int text(SearchPlan leaf, Facts facts) {
    KnownMatches.Known remembered = learned.get(leaf);
    if (remembered != null) {
      int before = remembered.of(facts.messageId());
      if (before >= 0) {
        return before * YES;
      }
    }
    Look look = facts.look();
    if (look == null) {
      return IN_DOUBT;
    }
    int value = look.value(leaf);
    if (remembered != null) {
      remembered.learn(facts.messageId(), value > 0);
    }
    return value;
  }

  /// One message looked through.
  private final class Look {
    private final Source source;
    private byte @Nullable [] header;
    private @Nullable Part structure;

    Look(Source source) {
      this.source = source;
    }

    int value(SearchPlan leaf) {
      try {
        return switch (leaf) {
          case SearchPlan.Header field -> field.text().isInField(header(), field.name()) ? YES : 0;
          case SearchPlan.Body text -> text.text().isInBody(octets(), structure()) ? YES : 0;
          case SearchPlan.Text text -> text.text().isInText(octets(), structure()) ? YES : 0;
          case SearchPlan.Fuzzy fuzzy -> fuzzy(fuzzy);
          default -> throw new IllegalArgumentException("not of text");
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private int fuzzy(SearchPlan.Fuzzy fuzzy) throws IOException {
      FuzzyText text = fuzzy.text();
      return switch (fuzzy.where()) {
        case FIELD -> text.inField(header(), fuzzy.field());
        case BODY -> text.inBody(octets(), structure());
        case ALL -> text.inText(octets(), structure());
      };
    }

    private byte[] header() {
      byte[] read = header;
      if (read == null) {
        int length = (int) Math.min(source.headerOctets(), Blobs.CHUNK);
        byte[] octets = source.octets();
        read =
            octets != null
                ? Arrays.copyOf(octets, Math.min(length, octets.length))
                : blobs.read(access.account(), source.place(), 0, length);
        header = read;
      }
      return read;
    }

    private Part structure() {
      Part read = structure;
      if (read == null) {
        try {
          read = Part.parseFrom(source.structure());
        } catch (InvalidProtocolBufferException e) {
          throw new StoreException(ErrorCode.INTERNAL, "a stored structure is damaged", e);
        }
        structure = read;
      }
      return read;
    }

    private OctetSource octets() {
      byte[] octets = source.octets();
      if (octets != null && octets.length == source.place().size()) {
        return OctetSource.of(octets);
      }
      return (from, to) -> new BodyStream(blobs, access.account(), source.place(), from, to);
    }
  }
}
