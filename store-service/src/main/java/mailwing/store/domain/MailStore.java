package mailwing.store.domain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import mailwing.store.StoreException;
import mailwing.store.accounts.Forwarding;
import mailwing.store.accounts.Resolution;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.EntryChanges;
import mailwing.store.persistence.FlagChanges;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Sql;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.SubmissionRows;
import org.jspecify.annotations.Nullable;

/// All that works on mail, wired together over one pool of connections.
public final class MailStore {
  /// How long it is told what became of a message, unless something else is asked for.
  public static final Duration TRACE_MEMORY = Duration.ofDays(30);

  private static final long BATCH_OCTETS = 4L << 20;
  private static final int BATCH_COPIES = 128;

  private final Limits limits;
  private final Duration traceMemory;
  private final Function<String, Resolution> directory;
  private final @Nullable Forwarding forwarding;
  private final ChangeSignal signal;
  private final Blobs blobs;
  private final Deliveries deliveries;
  private final DeliveryRetries retries;
  private final OutboundQueue outbound;
  private final SubmissionRows submissions;
  private final MailboxReads mailboxReads;
  private final MailboxRows mailboxRows;
  private final MessageReads messageReads;
  private final EntryChanges entryChanges;
  private final FlagLanes flags;
  private final Sql sql;
  private final int lanes = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 8);
  private final Occupancy changing = new Occupancy(lanes, System::nanoTime);
  private final Coalescer<Integer, Deliveries.Copies, List<Optional<Stored>>> together;
  private final Coalescer<Deliveries.Target, NewMessage, Stored> alone;

  /// What the store takes.
  ///
  /// @param messageOctets the largest message, 50 MiB and what gateways put before it
  /// @param keywords known in a mailbox
  /// @param recipients of one delivery
  /// @param appended messages of one append
  public record Limits(long messageOctets, int keywords, int recipients, int appended) {
    public static final Limits DEFAULTS = new Limits((50L << 20) + (64 << 10), 1000, 1000, 1000);
  }

  /// One that sends nothing on.
  public MailStore(
      DataSource source,
      Function<String, Resolution> directory,
      ChangeSignal signal,
      Limits limits) {
    this(source, directory, null, signal, limits, QueueRules.DEFAULTS, TRACE_MEMORY);
  }

  /// @param forwarding how mail goes on from addresses that send it on; null where there are none
  /// @param traceMemory zero: nothing is traced
  public MailStore(
      DataSource source,
      Function<String, Resolution> directory,
      @Nullable Forwarding forwarding,
      ChangeSignal signal,
      Limits limits,
      QueueRules queueRules,
      Duration traceMemory) {
    this.limits = limits;
    this.traceMemory = traceMemory;
    this.directory = directory;
    this.forwarding = forwarding;
    this.signal = signal;
    this.sql = new Sql(source);
    this.blobs = new Blobs(sql);
    this.deliveries = new Deliveries(sql, limits.keywords());
    this.retries = new DeliveryRetries(sql);
    this.outbound = new OutboundQueue(sql, queueRules);
    this.submissions = new SubmissionRows(source);
    this.mailboxReads = new MailboxReads(sql);
    this.mailboxRows = new MailboxRows(sql);
    this.messageReads = new MessageReads(sql, blobs);
    this.entryChanges = new EntryChanges(sql, limits.keywords());
    this.flags = new FlagLanes(entryChanges, new FlagChanges(sql), signal, lanes, changing);
    this.together =
        new Coalescer<>(
            Deliveries.MOST,
            BATCH_OCTETS,
            MailStore::weight,
            (lane, copies) -> changing.during(() -> storeTogether(copies)));
    this.alone =
        new Coalescer<>(
            Deliveries.MOST,
            BATCH_OCTETS,
            MailStore::octets,
            (target, messages) -> changing.during(() -> storeInto(target, messages)));
  }

  /// Do deliveries and changes of flags come so fast that what can wait is to give way?
  boolean isChanging() {
    return changing.isMost();
  }

  private static long octets(NewMessage message) {
    byte[] body = message.body();
    return body == null ? 0 : body.length;
  }

  private List<Stored> storeInto(Deliveries.Target target, List<NewMessage> messages) {
    List<Stored> stored = deliveries.store(target, false, messages);
    signal.raise();
    return stored;
  }

  /// In octets; a commit also has a bounded number of messages.
  private static long weight(Deliveries.Copies copies) {
    long octets = copies.placed().stream().mapToLong(placed -> octets(placed.message())).sum();
    return Math.max(octets, copies.placed().size() * (BATCH_OCTETS / BATCH_COPIES));
  }

  /// In one commit what is for several accounts; empty for what that cannot take: an account that
  /// somebody has locked, or a second mailbox of one.
  private List<List<Optional<Stored>>> storeTogether(List<Deliveries.Copies> all) {
    Map<Long, Deliveries.Target> targets = new HashMap<>();
    List<Deliveries.Placed> taken = new ArrayList<>();
    BitSet places = new BitSet();
    int place = 0;
    for (Deliveries.Copies copies : all) {
      for (Deliveries.Placed placed : copies.placed()) {
        Deliveries.Target target = placed.target();
        if (targets.computeIfAbsent(target.accountId(), id -> target).equals(target)) {
          taken.add(placed);
          places.set(place);
        }
        place++;
      }
    }
    List<@Nullable Stored> stored =
        place == all.size()
            ? deliveries.storeTogether(taken)
            : deliveries.storeTogether(taken, results -> owed(all, apart(all, places, results)));
    signal.raise();
    return apart(all, places, stored);
  }

  private static List<List<Optional<Stored>>> apart(
      List<Deliveries.Copies> all, BitSet places, List<@Nullable Stored> stored) {
    List<List<Optional<Stored>>> results = new ArrayList<>();
    int place = 0;
    int next = 0;
    for (Deliveries.Copies copies : all) {
      List<Optional<Stored>> one = new ArrayList<>();
      for (int i = 0; i < copies.placed().size(); i++) {
        one.add(places.get(place++) ? Optional.ofNullable(stored.get(next++)) : Optional.empty());
      }
      results.add(one);
    }
    return results;
  }

  private static List<DeliveryRetries.Retry> owed(
      List<Deliveries.Copies> all, List<List<Optional<Stored>>> stored) {
    List<DeliveryRetries.Retry> owed = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      owed.addAll(all.get(i).owed().apply(stored.get(i)));
    }
    return owed;
  }

  private int lane(long account) {
    return Math.floorMod(account, lanes);
  }

  /// Stores one message, together with others that come at the same time: those of some accounts in
  /// one commit, and where an account is busy, those for the same mailbox.
  Stored store(Deliveries.Target target, NewMessage message) {
    Deliveries.Placed placed = new Deliveries.Placed(target, message);
    if (placed.isPlain()) {
      Optional<Stored> stored =
          together.submit(lane(target.accountId()), Deliveries.Copies.of(placed)).getFirst();
      if (stored.isPresent()) {
        return stored.get();
      }
    }
    return alone.submit(target, message);
  }

  /// Stores copies of one message in one commit, together with others that come at the same time. A
  /// result for each; empty where its account is busy.
  List<Optional<Stored>> store(Deliveries.Copies copies) {
    return together.submit(lane(copies.placed().getFirst().target().accountId()), copies);
  }

  /// Stores messages of one append, all or none.
  List<Stored> storeAll(Deliveries.Target target, List<NewMessage> messages) {
    List<Stored> stored = deliveries.store(target, true, messages);
    signal.raise();
    return stored;
  }

  /// Queues messages, and keeps their sender's copy: all or none. OVER_QUOTA.
  Deliveries.Submitted submit(List<NewQueued> queued, List<NewReport> reports, SentCopy copy) {
    Deliveries.Submitted done = deliveries.submit(copy.target(), copy.message(), queued, reports);
    Stored stored = done.copy();
    if (stored != null && !stored.done()) {
      throw new StoreException(stored.error(), "there is no room for the sender's copy");
    }
    signal.raise();
    outbound.wake();
    return done;
  }

  /// Stores a message in place of another one, both or neither.
  Deliveries.Replacement replace(
      Deliveries.Target target, NewMessage message, Deliveries.Replaced replaced) {
    Deliveries.Replacement replacement = deliveries.replace(target, message, replaced);
    signal.raise();
    return replacement;
  }

  /// Is it recorded what becomes of messages?
  boolean traces() {
    return !traceMemory.isZero();
  }

  Duration traceMemory() {
    return traceMemory;
  }

  Limits limits() {
    return limits;
  }

  public Resolution resolve(String address) {
    return directory.apply(address);
  }

  public SubmissionRows submissions() {
    return submissions;
  }

  /// An account that submits, with what it asks for.
  public Submitter submitter(long account) {
    SubmissionRows.Settings settings = submissions.of(account);
    return new Submitter(account, settings.undoSeconds() * 1000L, settings.copyToSent());
  }

  public Forwarding forwarding() {
    return Objects.requireNonNull(forwarding);
  }

  /// Wakes the relay: something was committed.
  public void changed() {
    signal.raise();
  }

  public Blobs blobs() {
    return blobs;
  }

  public OutboundQueue outbound() {
    return outbound;
  }

  DeliveryRetries retries() {
    return retries;
  }

  public MailboxReads mailboxReads() {
    return mailboxReads;
  }

  public MailboxRows mailboxRows() {
    return mailboxRows;
  }

  public MessageReads messageReads() {
    return messageReads;
  }

  public EntryChanges entryChanges() {
    return entryChanges;
  }

  public FlagLanes flags() {
    return flags;
  }

  Sql sql() {
    return sql;
  }

  public int maxKeywords() {
    return limits.keywords();
  }
}
