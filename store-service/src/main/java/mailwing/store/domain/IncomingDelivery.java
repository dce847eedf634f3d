package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Stored;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.RecipientResult;
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
  static final int PREFIX_OCTETS = 16 << 10;
  private static final int AT_A_TIME = 8;
  private static final int MOST_FAILED = 3;

  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private final byte[] deliveryId;
  private final long now = System.currentTimeMillis();
  private final Distribution distribution;
  private final Map<Long, DeliveryShare> shares = new LinkedHashMap<>();
  private final IncomingMessage message;
  private final List<QueuedShare> queued = new ArrayList<>();
  private final OctetKinds kinds = new OctetKinds();
  private final TrailHeader trail = new TrailHeader();
  private final @Nullable SenderCopy sent;
  private final DeliveryParts parts;
  private final LocalReports reports;

  /// What has committed first, and holds what is left for the others.
  private IncomingMessage.@Nullable Copy holder;

  /// The first commit left nothing for a later one.
  private boolean whole;

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
    check(envelope, store.limits());
    this.distribution = new Distribution(store, this.envelope, submitter, now);
    this.sent =
        submitter.copyToSent() && distribution.refused().size() < envelope.getRecipientsCount()
            ? new SenderCopy(store, this.envelope, submitter.account(), now)
            : null;
    List<IncomingMessage.Copy> copies = new ArrayList<>();
    if (sent != null && sent.isOfTheMessage()) {
      copies.add(sent.copy());
    }
    for (Leaving leaving : distribution.leaving()) {
      QueuedShare share = new QueuedShare(envelope, leaving);
      queued.add(share);
      copies.add(share.copy());
    }
    distribution
        .arriving()
        .forEach(
            (account, arriving) -> {
              DeliveryShare share = new DeliveryShare(account, arriving);
              shares.put(account, share);
              if (!share.later) {
                copies.add(share.copy);
              }
            });
    this.message =
        new IncomingMessage(
            store.blobs(), store.limits().messageOctets(), envelope.getSize(), copies);
    this.parts =
        new DeliveryParts(
            store, this.envelope, reports, distribution, shares, message, submitter.account(), now);
  }

  private static void check(DeliveryEnvelope envelope, MailStore.Limits limits) {
    if (envelope.getDeliveryId().size() != DELIVERY_ID_OCTETS) {
      throw invalid("delivery_id has 16 octets");
    }
    if (envelope.getRecipientsCount() == 0) {
      throw invalid("a delivery has recipients");
    }
    if (envelope.getRecipientsCount() > limits.recipients()) {
      throw new StoreException(ErrorCode.LIMIT, "too many recipients");
    }
    if (envelope.getTrace().getSerializedSize() > Traces.CLIENT_OCTETS) {
      throw invalid("trace is too long");
    }
    for (DeliveryRecipient recipient : envelope.getRecipientsList()) {
      if (recipient.getHeaderPrefix().size() > PREFIX_OCTETS) {
        throw invalid("header_prefix is too long");
      }
    }
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
    if (sent != null) {
      sent.feed(data);
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
        quietly(() -> sent.abandon(message));
      }
    }
    return new DeliveryAnswers(shares, queued, reports, holder != null).of(distribution.plans());
  }

  /// An address that has sent the message on before does not do so again.
  private void dropWhatLoops() {
    distribution.look(trail);
    queued.removeIf(share -> isClosed(share.leaving().gate, share.copy(), false));
    shares.values().removeIf(share -> isClosed(share.gate, share.copy, share.later));
  }

  private boolean isClosed(@Nullable Gate gate, IncomingMessage.Copy copy, boolean later) {
    boolean closed = gate != null && gate.closed != null;
    if (closed && !later) {
      quietly(() -> message.abandon(copy));
    }
    return closed;
  }

  /// Once it is stored: what its sender is to be told of the recipient of this place, which was
  /// taken.
  QueueResult.Builder success(int place) {
    boolean expanded = distribution.expanded().contains(envelope.getRecipients(place));
    return QueueResult.newBuilder()
        .setOutcome(QueueResult.Outcome.DELIVERED)
        .setStatus("2.0.0")
        .setReply(expanded ? "Expanded" : "Delivered")
        .setExpanded(expanded)
        .setNotifies(distribution.isSentOn(place));
  }

  /// The call ended without its message being whole.
  public void abandon() {
    if (sent != null) {
      sent.abandon(message);
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
    if (!queued.isEmpty()) {
      queue(parsed, sent == null ? null : sent.made(message, List.of(), List.of()));
      holder = queued.getFirst().copy();
    } else if (sent != null
        && sent.store(sent.made(message, sentRest(sent), parts.firstReports(sent.copy())))) {
      holder = sent.copy();
    }
    if (holder == null && areCopies()) {
      storeCopies(parsed);
    }
    int failed = 0;
    for (DeliveryShare share : shares.values()) {
      if (holder != null) {
        break;
      }
      if (share.later || share.stored != null) {
        continue;
      }
      storeOne(parsed, share, parts.rest(share.copy), parts.firstReports(share.copy));
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
    for (DeliveryShare share : shares.values()) {
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
                messages.isEmpty() ? parts.rest(share.copy()) : List.of()));
      }
      List<NewReport> told = parts.firstReports(queued.getFirst().copy());
      Deliveries.Submitted done =
          copy == null
              ? new Deliveries.Submitted(null, store.outbound().add(messages, told))
              : store.submit(messages, told, copy);
      for (int i = 0; i < messages.size(); i++) {
        if (!done.queued().get(i)) {
          message.abandon(queued.get(i).copy());
        }
      }
      if (sent != null) {
        sent.stored(done.copy());
      }
    } catch (StoreException e) {
      queued.forEach(share -> message.abandon(share.copy()));
      throw e;
    }
  }

  private List<DeliveryRetries.Retry> sentRest(SenderCopy sent) {
    return parts.rest(
        sent.message(message), sent.copy(), envelope.getSubmission().getBlindCopies().size());
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
                        && parts.firstReports(share.copy).isEmpty()
                        && reports
                            .delivered(share.copy.accountId, share.recipients, message)
                            .isEmpty());
  }

  /// All shares in one commit, and with it what is left of those whose account is busy or full.
  private void storeCopies(ParsedMessage parsed) {
    List<DeliveryShare> all = List.copyOf(shares.values());
    List<Deliveries.Placed> placed =
        all.stream()
            .map(
                share ->
                    new Deliveries.Placed(
                        parts.target(share), parts.message(parsed, share, List.of(), List.of())))
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
        .filter(DeliveryShare::committed)
        .findFirst()
        .ifPresent(
            first -> {
              holder = first.copy;
              whole = all.stream().noneMatch(share -> share.isOwed(reports));
            });
  }

  /// What became of the shares, and what is left then for the first of them to hold.
  private List<DeliveryRetries.Retry> keep(List<DeliveryShare> all, List<Optional<Stored>> stored) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).stored = stored.get(i).orElse(null);
    }
    return all.stream()
        .filter(DeliveryShare::committed)
        .findFirst()
        .map(first -> parts.rest(first.copy))
        .orElse(List.of());
  }

  private void storeOne(
      ParsedMessage parsed,
      DeliveryShare share,
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
      share.stored = store.store(parts.target(share), parts.message(parsed, share, rest, told));
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
      for (DeliveryShare share : shares.values()) {
        StoreException failure = share.failure;
        if (failure != null) {
          // Nothing is committed: the client may send all of it again.
          quietly(this::abandon);
          throw failure;
        }
      }
    } else if (!whole && shares.size() > (isShare(first) ? 1 : 0)) {
      List<Long> settled =
          shares.values().stream()
              .filter(share -> !share.isOwed(reports))
              .map(share -> share.copy.accountId)
              .toList();
      quietly(() -> store.retries().settle(first.accountId, deliveryId, settled));
    }
    if (sent != null && !sent.isKept()) {
      quietly(() -> sent.abandon(message));
    }
    for (DeliveryShare share : shares.values()) {
      Stored stored = share.stored;
      if (!share.later && (stored == null || !stored.done() || stored.repeated())) {
        quietly(() -> message.abandon(share.copy));
      }
    }
  }

  private boolean isShare(IncomingMessage.Copy first) {
    return queued.isEmpty() && (sent == null || sent.copy() != first);
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

  /// For a log: never an address.
  @Override
  public String toString() {
    return "delivery of " + envelope.getRecipientsCount() + " recipients";
  }
}
