package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.MessageFacts;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.Traced;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.DeliveryTrace;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One message on its way to its recipients: one call of Deliver.
///
/// Each account commits alone. The first that does makes the shares of all others durable in the
/// same transaction, as retries, which each share's own commit then settles: whatever fails after
/// it, the answer can be yes. Where none commits the call fails as a whole, so that the client's
/// retry doubles nothing.
public final class IncomingDelivery {
  private static final Logger LOG = LoggerFactory.getLogger(IncomingDelivery.class);
  private static final int DELIVERY_ID_OCTETS = 16;
  private static final int PREFIX_OCTETS = 16 << 10;
  private static final int AT_A_TIME = 8;
  private static final int MOST_FAILED = 3;

  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private final byte[] deliveryId;
  private final String mailbox;
  private final long now = System.currentTimeMillis();
  private final Distribution distribution;
  private final Map<Long, Share> shares = new LinkedHashMap<>();
  private final IncomingMessage message;
  private final List<QueuedShare> queued = new ArrayList<>();
  private final OctetKinds kinds = new OctetKinds();
  private final TrailHeader trail = new TrailHeader();
  private final IncomingMessage.@Nullable Copy sent;
  private final @Nullable IncomingMessage sentMessage;
  private final long submitter;
  private final LocalReports reports;

  /// What has committed first, and holds what is left for the others.
  private IncomingMessage.@Nullable Copy holder;

  /// The first commit left nothing for a later one.
  private boolean whole;

  /// By the length of what stands before the message.
  private final Map<Integer, MessageFacts> facts = new ConcurrentHashMap<>();

  private boolean sentKept;

  /// What one account gets, and what became of it.
  private static final class Share {
    final IncomingMessage.Copy copy;
    final String recipient;
    final boolean answered;
    final List<DeliveryRecipient> recipients;
    final boolean later;
    final Distribution.@Nullable Gate gate;
    volatile @Nullable Stored stored;
    volatile @Nullable StoreException failure;

    Share(long account, Distribution.Arriving arriving) {
      this.recipient = arriving.recipient();
      this.copy = new IncomingMessage.Copy(account, arriving.prefix());
      this.answered = arriving.answered();
      this.recipients = arriving.told();
      this.later = arriving.later();
      this.gate = arriving.gate();
    }

    boolean committed() {
      Stored done = stored;
      return done != null && done.done();
    }

    /// Not stored, and the client is not told so once another share is: it has to come later, or
    /// the sender to be told.
    boolean isOwed(LocalReports reports) {
      Stored done = stored;
      return done == null
          || (!answered
              && (done.error() == ErrorCode.OVER_QUOTA
                  || (done.error() == ErrorCode.ACCOUNT_NOT_FOUND && reports.areSent())));
    }
  }

  /// A message for accounts of ours alone.
  public IncomingDelivery(MailStore store, DeliveryEnvelope envelope) {
    this(store, envelope, Submitter.NOBODY);
  }

  /// @param submitter who answers for what leaves the house
  public IncomingDelivery(MailStore store, DeliveryEnvelope envelope, Submitter submitter) {
    this.store = store;
    this.envelope = identified(envelope);
    this.reports = new LocalReports(store, this.envelope);
    this.deliveryId = envelope.getDeliveryId().toByteArray();
    if (deliveryId.length != DELIVERY_ID_OCTETS) {
      throw invalid("delivery_id has 16 octets");
    }
    if (envelope.getRecipientsCount() == 0) {
      throw invalid("a delivery has recipients");
    }
    if (envelope.getRecipientsCount() > store.limits().recipients()) {
      throw new StoreException(ErrorCode.LIMIT, "too many recipients");
    }
    if (envelope.getTrace().getSerializedSize() > Traces.CLIENT_OCTETS) {
      throw invalid("trace is too long");
    }
    this.submitter = submitter.account();
    this.mailbox =
        envelope.getMailbox().isEmpty()
            ? MailboxName.INBOX
            : MailboxName.lookup(envelope.getMailbox());
    for (DeliveryRecipient recipient : envelope.getRecipientsList()) {
      if (recipient.getHeaderPrefix().size() > PREFIX_OCTETS) {
        throw invalid("header_prefix is too long");
      }
    }
    this.distribution = new Distribution(store, this.envelope, submitter, now);
    this.sent =
        submitter.copyToSent() && distribution.refused().size() < envelope.getRecipientsCount()
            ? new IncomingMessage.Copy(submitter.account(), new byte[0])
            : null;
    ByteString blindCopies = envelope.getSubmission().getBlindCopies();
    if (sent != null && !blindCopies.isEmpty()) {
      // Its header is another one, which its envelope has to tell too.
      sentMessage =
          new IncomingMessage(
              store.blobs(), store.limits().messageOctets() + PREFIX_OCTETS, 0, List.of(sent));
      sentMessage.feed(blindCopies);
    } else {
      sentMessage = null;
    }
    List<IncomingMessage.Copy> copies = new ArrayList<>();
    if (sent != null && sentMessage == null) {
      copies.add(sent);
    }
    for (Distribution.Leaving leaving : distribution.leaving()) {
      QueuedShare share = new QueuedShare(envelope, leaving);
      queued.add(share);
      copies.add(share.copy());
    }
    distribution
        .arriving()
        .forEach(
            (account, arriving) -> {
              Share share = new Share(account, arriving);
              shares.put(account, share);
              if (!share.later) {
                copies.add(share.copy);
              }
            });
    this.message =
        new IncomingMessage(
            store.blobs(), store.limits().messageOctets(), envelope.getSize(), copies);
  }

  /// Who has told its client no id is traced by the delivery's own.
  private static DeliveryEnvelope identified(DeliveryEnvelope envelope) {
    if (!envelope.getTrace().getQueueId().isEmpty()) {
      return envelope;
    }
    DeliveryEnvelope.Builder identified = envelope.toBuilder();
    identified
        .getTraceBuilder()
        .setQueueId(HexFormat.of().formatHex(envelope.getDeliveryId().toByteArray()));
    return identified.build();
  }

  private static StoreException invalid(String why) {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, why);
  }

  public void feed(ByteString data) {
    if (!queued.isEmpty()) {
      kinds.look(data);
    }
    if (distribution.hasGates()) {
      trail.look(data);
    }
    if (isWanted()) {
      message.feed(data);
    }
    if (sentMessage != null) {
      sentMessage.feed(data);
    }
  }

  private boolean isWanted() {
    return !queued.isEmpty() || !shares.isEmpty();
  }

  /// The message is whole: stores it. A result for each recipient, in order.
  public List<RecipientResult> finish() {
    if (isWanted()) {
      ParsedMessage parsed = message.finish();
      dropWhatLoops();
      if (isWanted()) {
        storeAll(parsed);
        settle();
      } else if (sent != null) {
        quietly(() -> sentMessage().abandon(sent));
      }
    }
    return distribution.plans().stream().map(this::result).toList();
  }

  /// An address that has sent the message on before does not do so again.
  private void dropWhatLoops() {
    distribution.look(trail);
    queued.removeIf(share -> isClosed(share.leaving().gate, share.copy(), false));
    shares.values().removeIf(share -> isClosed(share.gate, share.copy, share.later));
  }

  private boolean isClosed(
      Distribution.@Nullable Gate gate, IncomingMessage.Copy copy, boolean later) {
    boolean closed = gate != null && gate.closed != null;
    if (closed && !later) {
      quietly(() -> message.abandon(copy));
    }
    return closed;
  }

  /// The call ended without its message being whole.
  public void abandon() {
    if (sent != null) {
      sentMessage().abandon(sent);
    }
    queued.forEach(share -> message.abandon(share.copy()));
    shares.values().stream()
        .filter(share -> !share.later)
        .forEach(share -> message.abandon(share.copy));
  }

  /// The first account that can commits alone, and with it, in one transaction, what is left for
  /// the others: from then on the delivery is whole whatever happens. Then the others commit. What
  /// leaves the house is that first share where there is any.
  private void storeAll(ParsedMessage parsed) {
    IncomingMessage.Copy copy = sent;
    if (!queued.isEmpty()) {
      queue(parsed, copy == null ? null : sentCopy(copy, List.of(), List.of()));
      holder = queued.getFirst().copy();
    } else if (copy != null && storeSent(sentCopy(copy, sentRest(copy), firstReports(copy)))) {
      holder = copy;
    }
    if (holder == null && areCopies()) {
      storeCopies(parsed);
    }
    int failed = 0;
    for (Share share : shares.values()) {
      if (holder != null) {
        break;
      }
      if (share.later || share.stored != null) {
        continue;
      }
      storeOne(parsed, share, rest(share.copy), firstReports(share.copy));
      if (share.committed()) {
        holder = share.copy;
        break;
      }
      // Refused is one account's matter; failing is soon everyone's.
      if (share.failure != null && ++failed == MOST_FAILED) {
        return;
      }
    }
    if (holder == null) {
      return;
    }
    Semaphore turns = new Semaphore(AT_A_TIME);
    for (Share share : shares.values()) {
      if (share.stored != null || share.later) {
        continue;
      }
      turns.acquireUninterruptibly();
      Thread.startVirtualThread(
          () -> {
            try {
              storeOne(parsed, share, List.of(), List.of());
            } finally {
              turns.release();
            }
          });
    }
    // All turns are back: all shares are done.
    turns.acquireUninterruptibly(AT_A_TIME);
  }

  /// Puts all that leaves into the queue, with the sender's copy where there is one; a repeat
  /// changes nothing.
  private void queue(ParsedMessage parsed, @Nullable SentCopy copy) {
    try {
      List<NewQueued> messages = new ArrayList<>();
      for (QueuedShare share : queued) {
        messages.add(
            share.queued(
                message,
                parsed,
                kinds.kinds(),
                store.outbound().rules(),
                store.traces(),
                messages.isEmpty() ? rest(share.copy()) : List.of()));
      }
      List<NewReport> told = firstReports(queued.getFirst().copy());
      Deliveries.Submitted done =
          copy == null
              ? new Deliveries.Submitted(null, store.outbound().add(messages, told))
              : store.submit(messages, told, copy);
      for (int i = 0; i < messages.size(); i++) {
        if (!done.queued().get(i)) {
          message.abandon(queued.get(i).copy());
        }
      }
      Stored kept = done.copy();
      sentKept = kept != null && !kept.repeated();
    } catch (StoreException e) {
      queued.forEach(share -> message.abandon(share.copy()));
      throw e;
    }
  }

  /// A message for the sender's own mailbox of what is sent.
  private SentCopy sentCopy(
      IncomingMessage.Copy copy, List<DeliveryRetries.Retry> rest, List<NewReport> told) {
    StoreException failure = copy.failure;
    if (failure != null) {
      throw failure;
    }
    SentCopies copies = new SentCopies(store);
    Deliveries.Target target = copies.target(copy.accountId);
    IncomingMessage from = sentMessage();
    MessageFacts facts = Facts.of(from.finish(), 0);
    String messageId = facts.messageId();
    return new SentCopy(
        target,
        new NewMessage(
            copies.id(
                copy.accountId,
                target.mailboxId(),
                messageId == null ? "" : messageId,
                SentCopies.beside(deliveryId)),
            SystemFlag.SEEN_VALUE,
            List.of(),
            now,
            0,
            from.size(copy),
            from.firstChunkOctets(copy),
            copy.blobId,
            from.body(copy),
            facts,
            null,
            rest,
            told));
  }

  private IncomingMessage sentMessage() {
    return sentMessage == null ? message : sentMessage;
  }

  private List<DeliveryRetries.Retry> sentRest(IncomingMessage.Copy copy) {
    return rest(sentMessage(), copy, envelope.getSubmission().getBlindCopies().size());
  }

  /// Refused where there is no room for it, and then nothing is submitted. False where the client
  /// has put it there already.
  private boolean storeSent(SentCopy copy) {
    Stored stored = store.storeAll(copy.target(), List.of(copy.message())).getFirst();
    if (!stored.done()) {
      throw new StoreException(stored.error(), "there is no room for the sender's copy");
    }
    sentKept = !stored.repeated();
    return sentKept;
  }

  /// What is not settled but for this copy, as its account would hold it.
  private List<DeliveryRetries.Retry> rest(IncomingMessage.Copy first) {
    return rest(message, first, first.prefix.length);
  }

  /// @param skip octets of the first copy that the others do not have
  private List<DeliveryRetries.Retry> rest(
      IncomingMessage from, IncomingMessage.Copy first, int skip) {
    Blobs.Place place =
        new Blobs.Place(first.blobId, from.size(first), from.firstChunkOctets(first));
    List<DeliveryRetries.Retry> rest = new ArrayList<>();
    for (Share share : shares.values()) {
      if (share.copy != first && share.isOwed(reports)) {
        rest.add(
            new DeliveryRetries.Retry(
                first.accountId,
                deliveryId,
                share.copy.accountId,
                place,
                skip,
                share.copy.prefix,
                mailbox,
                now,
                now,
                0,
                share.answered ? new byte[0] : reports.keep(share.recipients),
                trace(message.finish(), share)));
      }
    }
    return rest;
  }

  /// What the sender is told once there is a first commit: where each recipient is answered, the
  /// client hears of failures.
  private List<NewReport> firstReports(IncomingMessage.Copy first) {
    List<NewReport> told =
        new ArrayList<>(reports.expanded(first.accountId, distribution.expanded(), message));
    told.addAll(reports.delivered(first.accountId, distribution.posted(), message));
    if (!envelope.getAnswersEach()) {
      distribution
          .refused()
          .forEach(
              (recipient, why) ->
                  told.addAll(reports.failed(first.accountId, List.of(recipient), why, message)));
    }
    return told;
  }

  private @Nullable Traced trace(ParsedMessage parsed, Share share) {
    if (!store.traces()) {
      return null;
    }
    String messageId = parsed.messageId();
    return new Traced(
        DeliveryTrace.newBuilder()
            .setClient(envelope.getTrace())
            .setReversePath(envelope.getReversePath())
            .setRecipient(share.recipient)
            .setMessageId(messageId == null ? "" : messageId)
            .setAcceptedAtMillis(now)
            .build(),
        submitter);
  }

  /// Is it one small message for several accounts, and nothing else?
  private boolean areCopies() {
    return shares.size() > 1
        && shares.size() <= Deliveries.MOST
        && !message.spilled()
        && shares.values().stream()
            .allMatch(
                share ->
                    !share.later
                        && share.copy.failure == null
                        && firstReports(share.copy).isEmpty()
                        && reports
                            .delivered(share.copy.accountId, share.recipients, message)
                            .isEmpty());
  }

  /// All shares in one commit, and with it what is left of those whose account is busy or full.
  private void storeCopies(ParsedMessage parsed) {
    List<Share> all = List.copyOf(shares.values());
    List<Deliveries.Placed> placed =
        all.stream()
            .map(
                share ->
                    new Deliveries.Placed(
                        target(share), message(parsed, share, List.of(), List.of())))
            .toList();
    try {
      keep(all, store.store(new Deliveries.Copies(placed, stored -> keep(all, stored))));
    } catch (StoreException e) {
      // One by one, then: what one account cannot take is not the others' matter.
      LOG.debug("event=copies-not-stored code={}", e.code());
      all.forEach(share -> share.stored = null);
      return;
    }
    all.stream()
        .filter(Share::committed)
        .findFirst()
        .ifPresent(
            first -> {
              holder = first.copy;
              whole = all.stream().noneMatch(share -> share.isOwed(reports));
            });
  }

  /// What became of the shares, and what is left then for the first of them to hold.
  private List<DeliveryRetries.Retry> keep(List<Share> all, List<Optional<Stored>> stored) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).stored = stored.get(i).orElse(null);
    }
    return all.stream()
        .filter(Share::committed)
        .findFirst()
        .map(first -> rest(first.copy))
        .orElse(List.of());
  }

  private Deliveries.Target target(Share share) {
    return new Deliveries.Target(share.copy.accountId, 0, mailbox, true, 0);
  }

  private NewMessage message(
      ParsedMessage parsed, Share share, List<DeliveryRetries.Retry> rest, List<NewReport> told) {
    IncomingMessage.Copy copy = share.copy;
    return new NewMessage(
        deliveryId,
        0,
        List.of(),
        now,
        0,
        message.size(copy),
        message.firstChunkOctets(copy),
        copy.blobId,
        message.body(copy),
        facts.computeIfAbsent(copy.prefix.length, prefix -> Facts.of(parsed, prefix)),
        trace(parsed, share),
        rest,
        told);
  }

  private void storeOne(
      ParsedMessage parsed,
      Share share,
      List<DeliveryRetries.Retry> rest,
      List<NewReport> firstReports) {
    IncomingMessage.Copy copy = share.copy;
    if (copy.failure != null) {
      share.failure = copy.failure;
      return;
    }
    List<NewReport> told = new ArrayList<>(firstReports);
    told.addAll(reports.delivered(copy.accountId, share.recipients, message));
    try {
      share.stored = store.store(target(share), message(parsed, share, rest, told));
      share.failure = null;
    } catch (StoreException e) {
      share.failure = e;
    } catch (RuntimeException e) {
      share.failure = new StoreException(ErrorCode.INTERNAL, "the delivery failed", e);
    }
  }

  /// Settles what was made durable with the first commit; removes bodies that became no message.
  /// Nothing that goes wrong here changes the answer.
  private void settle() {
    IncomingMessage.Copy first = holder;
    if (first == null) {
      for (Share share : shares.values()) {
        StoreException failure = share.failure;
        if (failure != null) {
          // Nothing is committed: the client may send all of it again.
          quietly(this::abandon);
          throw failure;
        }
      }
    } else if (!whole && shares.size() > (queued.isEmpty() && first != sent ? 1 : 0)) {
      List<Long> settled =
          shares.values().stream()
              .filter(share -> !share.isOwed(reports))
              .map(share -> share.copy.accountId)
              .toList();
      quietly(() -> store.retries().settle(first.accountId, deliveryId, settled));
    }
    IncomingMessage.Copy copy = sent;
    if (copy != null && !sentKept) {
      quietly(() -> sentMessage().abandon(copy));
    }
    for (Share share : shares.values()) {
      Stored stored = share.stored;
      if (!share.later && (stored == null || !stored.done() || stored.repeated())) {
        quietly(() -> message.abandon(share.copy));
      }
    }
  }

  /// The database may be away: retries find that they have been done, and collectors find what
  /// nobody holds.
  private static void quietly(Runnable work) {
    try {
      work.run();
    } catch (StoreException e) {
      LOG.warn("event=delivery-left-untidy code={}", e.code());
    }
  }

  /// A recipient has the message once any of its accounts has it, or it is queued: what the others
  /// had no room for waits.
  private RecipientResult result(Distribution.Plan plan) {
    ErrorCode why = plan.refused();
    if (why != null) {
      return failed(why);
    }
    RecipientResult.Builder deferred = null;
    RecipientResult.Builder refused = null;
    for (long account : plan.accounts()) {
      Share share = shares.get(account);
      if (share == null) {
        continue;
      }
      Stored stored = share.stored;
      if (stored != null && stored.done()) {
        return RecipientResult.newBuilder()
            .setStatus(RecipientResult.Status.DELIVERED)
            .setAccountId(account)
            .setMailboxId(stored.mailboxId())
            .setUidValidity((int) stored.uidValidity())
            .setUid((int) stored.uid())
            .build();
      }
      if (holder != null && share.isOwed(reports)) {
        deferred =
            RecipientResult.newBuilder()
                .setStatus(RecipientResult.Status.DEFERRED)
                .setAccountId(account);
      } else if (stored != null) {
        refused = failed(stored.error()).toBuilder().setAccountId(account);
      }
    }
    if (deferred != null) {
      return deferred.build();
    }
    if (queued.stream().anyMatch(share -> plan.leaving().contains(share.leaving()))) {
      return RecipientResult.newBuilder().setStatus(RecipientResult.Status.QUEUED).build();
    }
    return refused != null ? refused.build() : failed(Distribution.closed(plan));
  }

  private static RecipientResult failed(ErrorCode error) {
    return RecipientResult.newBuilder()
        .setStatus(RecipientResult.Status.FAILED)
        .setError(error)
        .build();
  }

  /// For a log: never an address.
  @Override
  public String toString() {
    return "delivery of " + envelope.getRecipientsCount() + " recipients";
  }
}
