package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Function;
import mailwing.store.StoreException;
import mailwing.store.accounts.Resolution;
import mailwing.store.domain.DeliveryRoom;
import mailwing.store.domain.IncomingDelivery;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.OnwardMail;
import mailwing.store.domain.Submitter;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse;
import mailwing.store.v1.ResolveRecipientResponse.Status;
import org.jspecify.annotations.Nullable;

/// The contract's Delivery.
public final class DeliveryService extends DeliveryGrpc.DeliveryImplBase {
  private static final int MOST_FURTHER = 100;

  private final MailStore store;
  private final DeliveryRoom room;
  private final OnwardMail onward;
  private final Function<String, Caller> sessions;

  /// @param sessions who is behind a session token
  public DeliveryService(MailStore store, Function<String, Caller> sessions) {
    this.store = store;
    this.sessions = sessions;
    this.room = new DeliveryRoom(store);
    this.onward = new OnwardMail(store);
  }

  @Override
  public void resolveRecipient(
      ResolveRecipientRequest request, StreamObserver<ResolveRecipientResponse> observer) {
    MailRights.deliver();
    if (request.getFurtherCount() > MOST_FURTHER) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "too many further addresses");
    }
    ResolveRecipientResponse.Builder response = answer(request.getAddress(), request);
    for (String address : request.getFurtherList()) {
      response.addFurther(answer(address, request));
    }
    observer.onNext(response.build());
    observer.onCompleted();
  }

  private ResolveRecipientResponse.Builder answer(String address, ResolveRecipientRequest request) {
    Resolution found = store.resolve(address);
    Status status =
        switch (found) {
          case Resolution.UnknownUser unknown -> Status.UNKNOWN_USER;
          case Resolution.NotLocal notLocal -> Status.NOT_LOCAL;
          case Resolution.Disabled disabled -> Status.DISABLED;
          case Resolution.BadBounce bad -> Status.RETURN_REFUSED;
          case Resolution.Bounce bounce -> onward.bounce(bounce, request).orElse(Status.LOCAL);
          case Resolution.Local local ->
              onward
                  .refusal(local, request)
                  .orElseGet(
                      () ->
                          switch (room.of(
                              local.targets().stream().map(Resolution.Target::accountId).toList(),
                              request.getSize())) {
                            case ROOM -> Status.LOCAL;
                            case FULL -> Status.OVER_QUOTA;
                            case NEVER -> Status.TOO_LARGE;
                          });
        };
    return ResolveRecipientResponse.newBuilder()
        .setStatus(status)
        .setSentOnBy(status == Status.LOCAL ? OnwardMail.sentOnBy(found) : "");
  }

  /// Who submits, proven by a session, and what their account asks for.
  private Submitter submitter(DeliveryEnvelope envelope) {
    return !envelope.getSubmission().getSessionToken().isEmpty()
        ? store.submitter(
            sessions.apply(envelope.getSubmission().getSessionToken()).requireAccount())
        : Submitter.NOBODY;
  }

  @Override
  public StreamObserver<DeliverRequest> deliver(StreamObserver<DeliverResponse> observer) {
    MailRights.deliver();
    return new StreamObserver<>() {
      private @Nullable IncomingDelivery delivery;

      @Override
      public void onNext(DeliverRequest frame) {
        IncomingDelivery current = delivery;
        if (current == null) {
          if (!frame.hasEnvelope()) {
            throw new StoreException(
                ErrorCode.INVALID_ARGUMENT, "the first frame carries the envelope");
          }
          current =
              new IncomingDelivery(store, frame.getEnvelope(), submitter(frame.getEnvelope()));
          delivery = current;
        }
        if (!frame.getData().isEmpty()) {
          current.feed(frame.getData());
        }
      }

      @Override
      public void onCompleted() {
        IncomingDelivery current = delivery;
        if (current == null) {
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no envelope");
        }
        List<RecipientResult> results = current.finish();
        observer.onNext(DeliverResponse.newBuilder().addAllResults(results).build());
        observer.onCompleted();
      }

      @Override
      public void onError(Throwable cause) {
        IncomingDelivery current = delivery;
        if (current != null) {
          current.abandon();
        }
      }
    };
  }
}
