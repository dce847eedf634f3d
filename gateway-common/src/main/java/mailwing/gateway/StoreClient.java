package mailwing.gateway;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import mailwing.service.Secret;
import mailwing.service.TlsMaterial;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticateSaslRequest;
import mailwing.store.v1.AuthenticateSaslResponse;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.RenewTokenRequest;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse;
import mailwing.store.v1.Session;
import org.jspecify.annotations.Nullable;

/// A gateway's way to the store: calls under the gateway's own credential, and logins, which yield
/// a {@link StoreSession} for the calls under a user's.
///
/// Every call has a deadline. Failures are {@link StoreException}. Calls that may be repeated are,
/// for a while, when the store is away.
public final class StoreClient implements AutoCloseable {
  /// Told of the failures of a session's calls.
  interface FailureListener {
    void failed(StoreException failure);
  }

  /// Whether the thread that makes a call does nothing else until its one answer has come, so that
  /// in one process it may do the store's work as well. Said of what changes mail or leads to it,
  /// and not of what every session asks for that then waits: what its thread has once done stays in
  /// its memory.
  public static final CallOptions.Key<Boolean> WAITED_FOR =
      CallOptions.Key.createWithDefault("waited-for", false);

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final int RENEWALS_AT_ONCE = 32;
  private static final long RENEWAL_SWEEP_MILLIS = 5_000;

  private final Channel raw;
  private final Channel channel;
  private final StoreClientConfig config;
  private final @Nullable ManagedChannel owned;
  private final Set<StoreSession> sessions = ConcurrentHashMap.newKeySet();
  private final Semaphore renewals = new Semaphore(RENEWALS_AT_ONCE);
  private final Thread renewer;
  private volatile boolean closed;

  private StoreClient(Channel channel, StoreClientConfig config, @Nullable ManagedChannel owned) {
    this.raw = channel;
    this.config = config;
    this.owned = owned;
    this.channel = withCredential(config.credential().reveal());
    this.renewer = Thread.ofVirtual().name("renew-sessions").start(this::renew);
  }

  /// Over a channel that someone else made and shuts down.
  public static StoreClient over(Channel channel, StoreClientConfig config) {
    return new StoreClient(channel, config, null);
  }

  /// Over the network, balanced over the target's addresses, under mTLS where it is configured.
  public static StoreClient connect(StoreClientConfig config) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(config.target(), credentials(config))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .defaultLoadBalancingPolicy("round_robin")
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .maxInboundMessageSize(16 * 1024 * 1024)
            .flowControlWindow(1024 * 1024)
            .build();
    return new StoreClient(channel, config, channel);
  }

  private static ChannelCredentials credentials(StoreClientConfig config) {
    if (config.tls().isEmpty()) {
      return InsecureChannelCredentials.create();
    }
    TlsMaterial tls = config.tls().get();
    TlsChannelCredentials.Builder builder =
        TlsChannelCredentials.newBuilder().keyManager(tls.keyManager());
    tls.trustManager().ifPresent(builder::trustManager);
    return builder.build();
  }

  /// Checks a password. AUTHENTICATION_FAILED, ACCOUNT_DISABLED, ACCOUNT_ELSEWHERE, TRY_LATER.
  ///
  /// @param authorizationId whom to act as; empty for oneself
  public StoreSession authenticatePassword(
      String authorizationId, String authenticationId, Secret password, ClientInfo client) {
    AuthenticatePasswordRequest request =
        AuthenticatePasswordRequest.newBuilder()
            .setAuthorizationId(authorizationId)
            .setAuthenticationId(authenticationId)
            .setPassword(
                com.google.protobuf.UnsafeByteOperations.unsafeWrap(password.revealOctets()))
            .setClient(client)
            .build();
    // Twice a call's time: after a restart all clients come at once, and one password after the
    // other is hashed.
    CallOptions patient = within(config.callTime().multipliedBy(2));
    return session(
        SingleCall.make(
                channel, AuthenticationGrpc.getAuthenticatePasswordMethod(), patient, request)
            .getSession());
  }

  /// Begins a SASL exchange that the store conducts.
  public StoreUpload<AuthenticateSaslRequest, AuthenticateSaslResponse> authenticateSasl() {
    return new StoreUpload<>(
        channel, AuthenticationGrpc.getAuthenticateSaslMethod(), callOptions(), null);
  }

  /// A session from what a login answered.
  public StoreSession session(Session session) {
    StoreSession live = new StoreSession(this, session);
    sessions.add(live);
    return live;
  }

  public ResolveRecipientResponse resolveRecipient(ResolveRecipientRequest request) {
    return call(
        channel,
        DeliveryGrpc.getResolveRecipientMethod(),
        true,
        request,
        StoreRetry.during(config.retryTime()));
  }

  /// A delivery; repeat it with the same delivery id when it fails with UNAVAILABLE.
  public StoreUpload<DeliverRequest, DeliverResponse> deliver() {
    return upload(DeliveryGrpc.getDeliverMethod());
  }

  /// As {@link #deliver()}, with a deadline of its own.
  public StoreUpload<DeliverRequest, DeliverResponse> deliver(Duration time) {
    return new StoreUpload<>(
        channel,
        DeliveryGrpc.getDeliverMethod(),
        CallOptions.DEFAULT.withDeadlineAfter(time.toNanos(), TimeUnit.NANOSECONDS),
        null);
  }

  /// Heads of mailboxes of many sessions in one call: each query carries its session's token.
  public GetStatusResponse getStatus(GetStatusRequest request) {
    return repeatable(MailboxesGrpc.getGetStatusMethod(), request);
  }

  /// A unary call under the gateway's own credential, made once.
  public <Q, R> R once(MethodDescriptor<Q, R> method, Q request) {
    return call(channel, method, false, request, StoreRetry.never());
  }

  /// A unary call under the gateway's own credential that may be repeated.
  public <Q, R> R repeatable(MethodDescriptor<Q, R> method, Q request) {
    return call(channel, method, false, request, StoreRetry.during(config.retryTime()));
  }

  /// A server-streaming call under the gateway's own credential; repeated only before its first
  /// answer.
  public <Q, R> StoreStream<R> stream(MethodDescriptor<Q, R> method, Q request) {
    return new StoreStream<>(
        () -> ClientCalls.blockingV2ServerStreamingCall(channel, method, streamOptions(), request),
        StoreRetry.during(config.retryTime()),
        null);
  }

  /// A client-streaming call under the gateway's own credential.
  public <Q, R> StoreUpload<Q, R> upload(MethodDescriptor<Q, R> method) {
    return new StoreUpload<>(channel, method, streamOptions(), null);
  }

  /// Whether the store answers at all, for readiness.
  public boolean reachable() {
    try {
      SingleCall.make(
          channel,
          MailboxesGrpc.getGetStatusMethod(),
          within(Duration.ofSeconds(2)),
          GetStatusRequest.getDefaultInstance());
      return true;
    } catch (StoreException e) {
      return e.code() != mailwing.store.v1.ErrorCode.UNAVAILABLE;
    }
  }

  @Override
  public void close() {
    closed = true;
    renewer.interrupt();
    if (owned != null) {
      owned.shutdown();
    }
  }

  StoreClientConfig config() {
    return config;
  }

  CallOptions callOptions() {
    return within(config.callTime());
  }

  CallOptions streamOptions() {
    return within(config.streamTime());
  }

  private static CallOptions within(Duration time) {
    return CallOptions.DEFAULT.withDeadlineAfter(time.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// A channel whose calls carry this credential.
  Channel withCredential(String credential) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + credential);
    return ClientInterceptors.intercept(raw, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  <Q, R> R call(
      Channel under,
      MethodDescriptor<Q, R> method,
      boolean waitedFor,
      Q request,
      StoreRetry retry) {
    while (true) {
      try {
        CallOptions options = callOptions().withOption(WAITED_FOR, waitedFor);
        return SingleCall.make(under, method, options, request);
      } catch (StoreException e) {
        if (!retry.again(e)) {
          throw e;
        }
      }
    }
  }

  Session renewed(String token) {
    return repeatable(
            AuthenticationGrpc.getRenewTokenMethod(),
            RenewTokenRequest.newBuilder().setToken(token).build())
        .getSession();
  }

  void forget(StoreSession session) {
    sessions.remove(session);
  }

  private void renew() {
    while (!closed) {
      try {
        Thread.sleep(RENEWAL_SWEEP_MILLIS);
        for (StoreSession session : sessions) {
          if (session.renewalDue()) {
            renewals.acquire();
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        session.renew();
                      } finally {
                        renewals.release();
                      }
                    });
          }
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
