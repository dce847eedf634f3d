package mailwing.smtp.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreUpload;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.RecipientSender;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The calls that the gateway makes to the store's Delivery service.
public final class Deliveries {
  /// Addresses that the store is asked for in one call.
  public static final int MOST_RESOLVED = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
  private static final long FIRST_PAUSE_MILLIS = 25;
  private static final long LAST_PAUSE_MILLIS = 1_000;

  private final StoreClient store;
  private final StoreTimes times;

  public Deliveries(StoreClient store, StoreTimes times) {
    this.store = store;
    this.times = times;
  }

  /// What the store says of a recipient.
  public sealed interface Resolved {
    /// It is taken.
    ///
    /// @param sentOnBy on whose behalf some of the mail goes on to elsewhere; empty for none
    record Taken(String sentOnBy) implements Resolved {}

    record Refused(Refusal why) implements Resolved {}
  }

  /// Is there a mailbox behind each address, with room for so many octets (0: unknown), or
  /// something that sends the sender's mail on? At least the first is answered.
  ///
  /// @param addresses one to [#MOST_RESOLVED]
  public List<Resolved> resolve(List<String> addresses, long size, RecipientSender sender) {
    try {
      ResolveRecipientResponse found =
          store.resolveRecipient(
              ResolveRecipientRequest.newBuilder()
                  .setAddress(addresses.getFirst())
                  .addAllFurther(addresses.subList(1, addresses.size()))
                  .setSize(size)
                  .setSender(sender)
                  .build());
      List<Resolved> all = new ArrayList<>(addresses.size());
      all.add(resolved(found));
      if (found.getFurtherCount() == addresses.size() - 1) {
        found.getFurtherList().forEach(one -> all.add(resolved(one)));
      }
      return all;
    } catch (StoreException e) {
      return List.of(new Resolved.Refused(refusal("resolve", e)));
    }
  }

  private static Resolved resolved(ResolveRecipientResponse found) {
    return found.getStatus() == ResolveRecipientResponse.Status.LOCAL
        ? new Resolved.Taken(found.getSentOnBy())
        : new Resolved.Refused(Refusal.of(found.getStatus()));
  }

  /// Delivers a message that is whole in one frame. While the store is away it is tried again under
  /// the same delivery id, so that an answer that got lost makes no second copy.
  public Outcome deliver(DeliverRequest message) throws InterruptedException {
    int recipients = message.getEnvelope().getRecipientsCount();
    long giveUp = System.nanoTime() + times.retry().toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      try (StoreUpload<DeliverRequest, DeliverResponse> call = store.deliver(times.deliver())) {
        call.send(message);
        return outcome(call.finish(), recipients);
      } catch (StoreException e) {
        boolean again =
            e.code() == ErrorCode.UNAVAILABLE && System.nanoTime() + pause * 1_000_000 < giveUp;
        if (!again) {
          return Outcome.refused(refusal("deliver", e), recipients);
        }
      }
      Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause));
      pause = Math.min(2 * pause, LAST_PAUSE_MILLIS);
    }
  }

  /// Begins a delivery that flows: it lasts as long as reading the message may, and the store's own
  /// time.
  Flow open(int recipients, Duration reading) {
    return new Flow(
        store.deliver(reading.plus(times.deliver())).patience(times.deliver()), recipients);
  }

  /// A message on its way in several frames. What was sent is not kept here: if the store goes
  /// away, the client is told 451 and sends it again.
  static final class Flow {
    private final StoreUpload<DeliverRequest, DeliverResponse> call;
    private final int recipients;

    private Flow(StoreUpload<DeliverRequest, DeliverResponse> call, int recipients) {
      this.call = call;
      this.recipients = recipients;
    }

    /// Sends a frame, waiting while the store has no room; answers why the delivery has failed, if
    /// it has.
    Optional<Refusal> send(DeliverRequest frame) {
      try {
        call.send(frame);
        return Optional.empty();
      } catch (StoreException e) {
        return Optional.of(refusal("deliver", e));
      }
    }

    Outcome finish() {
      try {
        return outcome(call.finish(), recipients);
      } catch (StoreException e) {
        return Outcome.refused(refusal("deliver", e), recipients);
      }
    }

    /// Nothing of it is stored, unless it is finished.
    void cancel() {
      call.close();
    }
  }

  private static Outcome outcome(DeliverResponse response, int recipients) {
    if (response.getResultsCount() != recipients) {
      LOG.error("event=deliver-answer-wrong recipients={}", recipients);
      return Outcome.refused(Refusal.STORE_UNAVAILABLE, recipients);
    }
    List<Optional<Refusal>> results = new ArrayList<>(recipients);
    for (RecipientResult result : response.getResultsList()) {
      results.add(
          switch (result.getStatus()) {
            case DELIVERED, DEFERRED, QUEUED -> Optional.empty();
            case FAILED, STATUS_UNSPECIFIED, UNRECOGNIZED ->
                Optional.of(Refusal.of(result.getError()));
          });
    }
    return new Outcome(results);
  }

  private static Refusal refusal(String call, StoreException e) {
    Refusal refusal = Refusal.of(e.code());
    if (refusal == Refusal.STORE_UNAVAILABLE) {
      LOG.warn("event=store-failed call={} error={} reason=\"{}\"", call, e.code(), e.getMessage());
    }
    return refusal;
  }
}
