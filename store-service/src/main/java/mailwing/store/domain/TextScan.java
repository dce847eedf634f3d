package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import mailwing.store.StoreException;
import mailwing.store.mime.FuzzyText;
import mailwing.store.mime.OctetSource;
import mailwing.store.mime.SearchText;
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

  /// Octets that are looked through together, about.
  private static final long BATCH_OCTETS = 1 << 20;

  /// Batches whose answers wait for those before.
  private static final int AHEAD = 3;

  /// Messages whose outcome waits for that of one before, at most.
  private static final int WAITING = 8192;

  /// A plan's value for a message: 0 no, 1 to 100 yes (RFC 6203 section 4), and this.
  private static final int IN_DOUBT = -1;

  private static final int YES = 100;

  private final Blobs blobs;
  private final SearchRows rows;
  private final KnownMatches known;
  private final Helpers helpers;
  private final Access access;
  private final SearchPlan plan;
  private final List<Condition> asked = new ArrayList<>();
  private final IdentityHashMap<SearchPlan, Integer> places = new IdentityHashMap<>();
  private final IdentityHashMap<SearchPlan, KnownMatches.Known> learned = new IdentityHashMap<>();
  private boolean body;

  TextScan(
      Blobs blobs,
      SearchRows rows,
      KnownMatches known,
      Helpers helpers,
      Access access,
      SearchPlan plan) {
    this.blobs = blobs;
    this.rows = rows;
    this.known = known;
    this.helpers = helpers;
    this.access = access;
    this.plan = plan;
    plan.leaves(this::leaf);
  }

  /// Threads that look, beside those that search: a few for all searches together, each with a
  /// database connection and a batch in memory.
  static final class Helpers {
    private static final int MOST = 3;

    private final Semaphore free = new Semaphore(MOST);

    /// Runs it now and here where none is free.
    void run(Runnable task) {
      if (!free.tryAcquire()) {
        task.run();
        return;
      }
      Thread.ofVirtual()
          .name("search-helper")
          .start(
              () -> {
                try {
                  task.run();
                } finally {
                  free.release();
                }
              });
    }
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

  /// Tells of messages that hold a text for certain.
  interface Certain {
    /// Adds such messages to what is known.
    ///
    /// @param field whose value is meant; empty for any text
    /// @param places as [TextWords] calls them
    void add(String field, String places, String needle, KnownMatches.Known known);
  }

  /// Takes what is known without a look.
  void learnCertain(Certain certain) {
    learned.forEach(
        (leaf, its) -> {
          switch (leaf) {
            case SearchPlan.Header field ->
                certain.add(
                    field.name(), TextWords.ofField(field.name()), field.text().normalised(), its);
            case SearchPlan.Body text ->
                certain.add("", String.valueOf(TextWords.BODY), text.text().normalised(), its);
            case SearchPlan.Text text ->
                certain.add("", TextWords.everywhere(), text.text().normalised(), its);
            default -> {}
          }
        });
  }

  /// Ascending by UID.
  ///
  /// @param messages how many are in the mailbox, about
  /// @param possible holds wherever the plan does
  void run(long mailbox, long messages, Condition possible, SearchRows.Sink sink) {
    try {
      scan(mailbox, messages, possible, sink);
    } finally {
      known.trim();
    }
  }

  private void scan(long mailbox, long messages, Condition possible, SearchRows.Sink sink) {
    ListedMessages listed =
        ListedMessages.together(
            rows.list(
                access,
                mailbox,
                messages,
                possible,
                asked,
                () -> new ListedMessages(asked.size())));
    Deque<Batch> underWay = new ArrayDeque<>();
    try {
      Batch batch = new Batch(listed, 0);
      for (int i = 0; i < listed.count(); i++) {
        batch.add(value(plan, new Facts(listed, i, null)));
        boolean last = i + 1 == listed.count();
        if (last || batch.isFull()) {
          if (!sink.wanted()) {
            throw new StoreException(ErrorCode.UNAVAILABLE, "the caller has gone");
          }
          underWay.add(batch);
          batch.start();
          while (underWay.size() > (last ? 0 : AHEAD)) {
            underWay.getFirst().await();
            underWay.removeFirst().tell(sink);
          }
          batch = new Batch(listed, i + 1);
        }
      }
    } finally {
      underWay.forEach(Batch::abandon);
    }
  }

  /// Neighbours whose text is read together.
  private final class Batch {
    private final ListedMessages listed;
    private final int first;
    private final Map<Long, List<Integer>> doubtful = new HashMap<>();
    private int[] values = new int[BATCH];
    private int count;
    private long octets;
    private volatile boolean abandoned;
    private @Nullable FutureTask<Boolean> task;

    Batch(ListedMessages listed, int first) {
      this.listed = listed;
      this.first = first;
    }

    void add(int value) {
      if (count == values.length) {
        values = Arrays.copyOf(values, count * 2);
      }
      if (value == IN_DOUBT) {
        // A message may be in the mailbox more than once.
        doubtful
            .computeIfAbsent(listed.id(first + count), id -> new ArrayList<>(1))
            .add(first + count);
        octets += Math.min(listed.size(first + count), Blobs.CHUNK);
      }
      values[count++] = value;
    }

    boolean isFull() {
      return count == WAITING
          || doubtful.size() == (body ? BATCH : BATCH_OF_HEADERS)
          || (body && octets >= BATCH_OCTETS);
    }

    /// Looks, on a thread of its own where there is one to be had.
    void start() {
      if (doubtful.isEmpty()) {
        return;
      }
      FutureTask<Boolean> looking = new FutureTask<>(this::look);
      task = looking;
      helpers.run(looking);
    }

    private boolean look() {
      if (abandoned) {
        return false;
      }
      for (Source source : rows.sources(access.account(), doubtful.keySet(), body)) {
        Look look = new Look(source);
        for (int at : doubtful.getOrDefault(source.messageId(), List.of())) {
          if (abandoned) {
            return false;
          }
          values[at - first] = value(plan, new Facts(listed, at, look));
        }
      }
      return true;
    }

    void await() {
      FutureTask<Boolean> looking = task;
      if (looking == null) {
        return;
      }
      try {
        looking.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      }
    }

    void tell(SearchRows.Sink sink) {
      for (int i = 0; i < count; i++) {
        if (values[i] > 0) {
          sink.take(
              Integer.toUnsignedLong(listed.uid(first + i)), listed.modSeq(first + i), values[i]);
        }
      }
    }

    /// It ends soon, and nobody waits for it.
    void abandon() {
      abandoned = true;
    }
  }

  /// A message: what is known of it and, with `look`, its text.
  private record Facts(ListedMessages listed, int index, @Nullable Look look) {
    long messageId() {
      return listed.id(index);
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
          case SearchPlan.Body text ->
              isPlainlyIn(text.text()) || text.text().isInBody(octets(), structure()) ? YES : 0;
          case SearchPlan.Text text ->
              isPlainlyIn(text.text()) || text.text().isInText(octets(), structure()) ? YES : 0;
          case SearchPlan.Fuzzy fuzzy -> fuzzy(fuzzy);
          default -> throw new IllegalArgumentException("not of text");
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private boolean isPlainlyIn(SearchText text) {
      byte[] octets = source.octets();
      return octets != null
          && octets.length == source.place().size()
          && text.isPlainlyInBody(octets, structure());
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
