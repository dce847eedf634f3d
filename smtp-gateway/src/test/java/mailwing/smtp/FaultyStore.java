package mailwing.smtp;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticateResponse;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetSigningKeysRequest;
import mailwing.store.v1.GetSigningKeysResponse;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse;
import mailwing.store.v1.Session;
import mailwing.store.v1.SigningKey;
import org.jspecify.annotations.Nullable;

/// The contract's Delivery and Authentication with faults to order: what a real store does only
/// when it is broken.
final class FaultyStore implements AutoCloseable {
  /// A delivery that was stored.
  record Stored(DeliveryEnvelope envelope, ByteString data, int frames, int largestFrame) {}

  final List<Stored> stored = new CopyOnWriteArrayList<>();
  final AtomicInteger deliverCalls = new AtomicInteger();
  final AtomicInteger resolveCalls = new AtomicInteger();

  /// It answers for one recipient a call.
  volatile boolean older;

  /// So many calls of Deliver fail before one is served.
  final AtomicInteger failures = new AtomicInteger();

  /// So many answers are lost: the message is stored, the call fails.
  final AtomicInteger lostAnswers = new AtomicInteger();

  /// Results by recipient, other than DELIVERED.
  final Map<String, ErrorCode> results = new ConcurrentHashMap<>();

  /// Keys by domain.
  final Map<String, List<SigningKey>> keys = new ConcurrentHashMap<>();

  /// What is sent on, by recipient, and on whose behalf.
  final Map<String, String> sentOn = new ConcurrentHashMap<>();

  private final Map<ByteString, Stored> byId = new ConcurrentHashMap<>();
  private final Server server;
  final ManagedChannel channel;

  FaultyStore() throws IOException {
    String name = UUID.randomUUID().toString();
    server =
        InProcessServerBuilder.forName(name)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .addService(new Delivery())
            .addService(new Authentication())
            .addService(new Dkim())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  private static StatusRuntimeException error(Status status, ErrorCode code) {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER), code.name());
    return status.asRuntimeException(trailers);
  }

  /// Gives the keys to whom they belong.
  private final class Dkim extends DkimGrpc.DkimImplBase {
    @Override
    public void getSigningKeys(
        GetSigningKeysRequest request, StreamObserver<GetSigningKeysResponse> answer) {
      answer.onNext(
          GetSigningKeysResponse.newBuilder()
              .addAllKeys(keys.getOrDefault(request.getDomain(), List.of()))
              .build());
      answer.onCompleted();
    }
  }

  private final class Delivery extends DeliveryGrpc.DeliveryImplBase {
    @Override
    public void resolveRecipient(
        ResolveRecipientRequest request, StreamObserver<ResolveRecipientResponse> answer) {
      resolveCalls.incrementAndGet();
      ResolveRecipientResponse.Builder response = answer(request.getAddress(), request.getSize());
      if (!older) {
        request
            .getFurtherList()
            .forEach(address -> response.addFurther(answer(address, request.getSize())));
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    private ResolveRecipientResponse.Builder answer(String address, long size) {
      String local = address.replaceAll("[+@].*", "");
      ResolveRecipientResponse.Status status =
          address.equals("postmaster")
              ? ResolveRecipientResponse.Status.LOCAL
              : !address.endsWith("@example.test")
                  ? ResolveRecipientResponse.Status.NOT_LOCAL
                  : switch (local) {
                    case "nobody" -> ResolveRecipientResponse.Status.UNKNOWN_USER;
                    case "disabled" -> ResolveRecipientResponse.Status.DISABLED;
                    case "full" -> ResolveRecipientResponse.Status.OVER_QUOTA;
                    case "small" ->
                        size > 1000
                            ? ResolveRecipientResponse.Status.TOO_LARGE
                            : ResolveRecipientResponse.Status.LOCAL;
                    default -> ResolveRecipientResponse.Status.LOCAL;
                  };
      return ResolveRecipientResponse.newBuilder()
          .setStatus(status)
          .setSentOnBy(sentOn.getOrDefault(address, ""));
    }

    @Override
    public StreamObserver<DeliverRequest> deliver(StreamObserver<DeliverResponse> answer) {
      deliverCalls.incrementAndGet();
      if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        answer.onError(error(Status.UNAVAILABLE, ErrorCode.UNAVAILABLE));
        return new Ignoring();
      }
      return new Receiving(answer);
    }
  }

  private static final class Ignoring implements StreamObserver<DeliverRequest> {
    @Override
    public void onNext(DeliverRequest frame) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  private final class Receiving implements StreamObserver<DeliverRequest> {
    private final StreamObserver<DeliverResponse> answer;
    private @Nullable DeliveryEnvelope envelope;
    private ByteString data = ByteString.EMPTY;
    private int frames;
    private int largest;

    Receiving(StreamObserver<DeliverResponse> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(DeliverRequest frame) {
      if (frame.hasEnvelope()) {
        envelope = frame.getEnvelope();
      }
      frames++;
      largest = Math.max(largest, frame.getData().size());
      data = data.concat(frame.getData());
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {
      DeliveryEnvelope sent = java.util.Objects.requireNonNull(envelope);
      DeliverResponse.Builder response = DeliverResponse.newBuilder();
      boolean any = false;
      for (var recipient : sent.getRecipientsList()) {
        ErrorCode error = results.get(recipient.getAddress());
        any |= error == null;
        response.addResults(
            error == null
                ? RecipientResult.newBuilder().setStatus(RecipientResult.Status.DELIVERED)
                : RecipientResult.newBuilder()
                    .setStatus(RecipientResult.Status.FAILED)
                    .setError(error));
      }
      Stored message = new Stored(sent, data, frames, largest);
      if (any && byId.putIfAbsent(sent.getDeliveryId(), message) == null) {
        stored.add(message);
      }
      if (lostAnswers.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        answer.onError(Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }
  }

  private static final class Authentication extends AuthenticationGrpc.AuthenticationImplBase {
    @Override
    public void authenticatePassword(
        AuthenticatePasswordRequest request, StreamObserver<AuthenticateResponse> answer) {
      if (request.getPassword().toStringUtf8().equals("wing")) {
        answer.onNext(
            AuthenticateResponse.newBuilder()
                .setSession(
                    Session.newBuilder()
                        .setToken("mwt_x")
                        .setAccountId(1)
                        .setAddress("alice@example.test")
                        .addSenderAddresses("info@example.test")
                        .setExpiresAtSeconds(System.currentTimeMillis() / 1000 + 3600))
                .build());
        answer.onCompleted();
      } else {
        answer.onError(error(Status.UNAUTHENTICATED, ErrorCode.AUTHENTICATION_FAILED));
      }
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
