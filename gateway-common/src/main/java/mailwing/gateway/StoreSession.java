package mailwing.gateway;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.DeleteMailboxResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetMetadataResponse;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetSnapshotRequest;
import mailwing.store.v1.GetSnapshotResponse;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.HoldMaildropRequest;
import mailwing.store.v1.HoldMaildropResponse;
import mailwing.store.v1.ListChangesRequest;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MessagesGrpc;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.Quota;
import mailwing.store.v1.ReadBodyRequest;
import mailwing.store.v1.ReadBodyResponse;
import mailwing.store.v1.ReleaseMaildropRequest;
import mailwing.store.v1.ReleaseMaildropResponse;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.RenameMailboxResponse;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SearchResponse;
import mailwing.store.v1.Session;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetMetadataResponse;
import mailwing.store.v1.SetQuotaRequest;
import mailwing.store.v1.SetSubscribedRequest;
import mailwing.store.v1.SetSubscribedResponse;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.ThreadResponse;

/// A logged-in user's calls to the store.
///
/// The token is renewed under the gateway's identity once two thirds of its time are over, also
/// while the session idles. A refused renewal, or a call answered CREDENTIAL_REVOKED, tells {@link
/// #onRevoked} once: the session ends with its protocol's farewell. Close it with the session.
/// Reads are repeated for a while when the store is away; changes are not, except those that are
/// idempotent.
public final class StoreSession implements AutoCloseable {
  private record Token(String text, Channel channel, Instant renewAt, Instant expiresAt) {}

  private final StoreClient store;
  private final long accountId;
  private final String address;
  private final List<String> senderAddresses;
  private final ReentrantLock renewing = new ReentrantLock();
  private final AtomicBoolean revoked = new AtomicBoolean();
  private volatile Runnable revocation = () -> {};
  private volatile Token token;

  StoreSession(StoreClient store, Session session) {
    this.store = store;
    this.accountId = session.getAccountId();
    this.address = session.getAddress();
    this.senderAddresses = List.copyOf(session.getSenderAddressesList());
    this.token = token(session);
  }

  public long accountId() {
    return accountId;
  }

  /// The account's canonical address.
  public String address() {
    return address;
  }

  /// Addresses it may send from besides its own.
  public List<String> senderAddresses() {
    return senderAddresses;
  }

  /// The token for a coalesced call; see {@link StoreClient#getStatus}.
  public String token() {
    return current().text;
  }

  /// What to do, on another thread, once the session has lost its right; at once if it has already.
  public void onRevoked(Runnable action) {
    revocation = action;
    if (revoked.get()) {
      action.run();
    }
  }

  public StoreStream<Mailbox> listMailboxes(ListMailboxesRequest request) {
    return stream(MailboxesGrpc.getListMailboxesMethod(), request);
  }

  public GetStatusResponse getStatus(GetStatusRequest request) {
    return repeatable(MailboxesGrpc.getGetStatusMethod(), request);
  }

  public OpenMailboxResponse openMailbox(OpenMailboxRequest request) {
    return repeatable(MailboxesGrpc.getOpenMailboxMethod(), request);
  }

  public HoldMaildropResponse holdMaildrop(HoldMaildropRequest request) {
    return repeatable(MailboxesGrpc.getHoldMaildropMethod(), request);
  }

  public ReleaseMaildropResponse releaseMaildrop(ReleaseMaildropRequest request) {
    return once(MailboxesGrpc.getReleaseMaildropMethod(), request);
  }

  public Mailbox createMailbox(CreateMailboxRequest request) {
    return once(MailboxesGrpc.getCreateMailboxMethod(), request);
  }

  public DeleteMailboxResponse deleteMailbox(DeleteMailboxRequest request) {
    return once(MailboxesGrpc.getDeleteMailboxMethod(), request);
  }

  public RenameMailboxResponse renameMailbox(RenameMailboxRequest request) {
    return once(MailboxesGrpc.getRenameMailboxMethod(), request);
  }

  public SetSubscribedResponse setSubscribed(SetSubscribedRequest request) {
    return repeatable(MailboxesGrpc.getSetSubscribedMethod(), request);
  }

  public Quota quota(GetQuotaRequest request) {
    return repeatable(MailboxesGrpc.getGetQuotaMethod(), request);
  }

  public Quota setQuota(SetQuotaRequest request) {
    return repeatable(MailboxesGrpc.getSetQuotaMethod(), request);
  }

  public GetMetadataResponse getMetadata(GetMetadataRequest request) {
    return repeatable(MailboxesGrpc.getGetMetadataMethod(), request);
  }

  public SetMetadataResponse setMetadata(SetMetadataRequest request) {
    return repeatable(MailboxesGrpc.getSetMetadataMethod(), request);
  }

  public StoreStream<GetSnapshotResponse> getSnapshot(GetSnapshotRequest request) {
    return stream(MessagesGrpc.getGetSnapshotMethod(), request);
  }

  public StoreStream<ListChangesResponse> listChanges(ListChangesRequest request) {
    return stream(MessagesGrpc.getListChangesMethod(), request);
  }

  public StoreStream<FetchMessagesResponse> fetchMessages(FetchMessagesRequest request) {
    return stream(MessagesGrpc.getFetchMessagesMethod(), request);
  }

  /// A piece of a message's body.
  ///
  /// @param length 0: to its end
  public ByteString readBody(MailboxRef mailbox, int uid, long offset, long length) {
    ReadBodyRequest request =
        ReadBodyRequest.newBuilder()
            .setMailbox(mailbox)
            .setUid(uid)
            .setOffset(offset)
            .setLength(length)
            .build();
    List<ByteString> frames = new ArrayList<>();
    try (StoreStream<ReadBodyResponse> stream = stream(MessagesGrpc.getReadBodyMethod(), request)) {
      for (ReadBodyResponse next = stream.next(); next != null; next = stream.next()) {
        frames.add(next.getData());
      }
    }
    return ByteString.copyFrom(frames);
  }

  /// An append; idempotent by its append id.
  public StoreUpload<AppendRequest, AppendResponse> append() {
    return new StoreUpload<>(
        current().channel, MessagesGrpc.getAppendMethod(), store.streamOptions(), this::failed);
  }

  public StoreStream<StoreFlagsResponse> storeFlags(StoreFlagsRequest request) {
    return streamOnce(MessagesGrpc.getStoreFlagsMethod(), request);
  }

  public StoreStream<CopyMessagesResponse> copyMessages(CopyMessagesRequest request) {
    return streamOnce(MessagesGrpc.getCopyMessagesMethod(), request);
  }

  public StoreStream<ExpungeResponse> expunge(ExpungeRequest request) {
    return streamOnce(MessagesGrpc.getExpungeMethod(), request);
  }

  public StoreStream<SearchResponse> search(SearchRequest request) {
    return stream(MessagesGrpc.getSearchMethod(), request);
  }

  public StoreStream<ThreadResponse> thread(ThreadRequest request) {
    return stream(MessagesGrpc.getThreadMethod(), request);
  }

  /// Any unary call, made once.
  public <Q, R> R once(MethodDescriptor<Q, R> method, Q request) {
    return call(method, true, request, StoreRetry.never());
  }

  /// Any unary call that may be repeated.
  public <Q, R> R repeatable(MethodDescriptor<Q, R> method, Q request) {
    return call(method, false, request, StoreRetry.during(store.config().retryTime()));
  }

  /// Any server-streaming call, repeated for a while before its first answer.
  public <Q, R> StoreStream<R> stream(MethodDescriptor<Q, R> method, Q request) {
    return stream(method, request, StoreRetry.during(store.config().retryTime()));
  }

  /// Any server-streaming call, made once.
  public <Q, R> StoreStream<R> streamOnce(MethodDescriptor<Q, R> method, Q request) {
    return stream(method, request, StoreRetry.never());
  }

  /// The session is over: its token is not renewed any more.
  @Override
  public void close() {
    store.forget(this);
  }

  boolean renewalDue() {
    return Instant.now().isAfter(token.renewAt);
  }

  /// Renews; a failure other than a refusal is left for the next time.
  void renew() {
    renewing.lock();
    try {
      if (renewalDue()) {
        token = token(store.renewed(token.text));
      }
    } catch (StoreException e) {
      switch (e.code()) {
        case CREDENTIAL_REVOKED, CREDENTIAL_INVALID, ACCOUNT_DISABLED, ACCOUNT_NOT_FOUND ->
            revoked();
        default -> {}
      }
    } finally {
      renewing.unlock();
    }
  }

  private <Q, R> R call(
      MethodDescriptor<Q, R> method, boolean waitedFor, Q request, StoreRetry retry) {
    try {
      return store.call(current().channel, method, waitedFor, request, retry);
    } catch (StoreException e) {
      failed(e);
      throw e;
    }
  }

  private <Q, R> StoreStream<R> stream(MethodDescriptor<Q, R> method, Q request, StoreRetry retry) {
    return new StoreStream<>(
        () ->
            ClientCalls.blockingV2ServerStreamingCall(
                current().channel, method, store.streamOptions(), request),
        retry,
        this::failed);
  }

  /// The token, renewed first if its time is over.
  private Token current() {
    Token now = token;
    if (!Instant.now().isBefore(now.expiresAt)) {
      renew();
      now = token;
    }
    return now;
  }

  private void failed(StoreException failure) {
    if (failure.code() == ErrorCode.CREDENTIAL_REVOKED) {
      revoked();
    }
  }

  private void revoked() {
    if (revoked.compareAndSet(false, true)) {
      store.forget(this);
      Thread.ofVirtual().start(revocation);
    }
  }

  private Token token(Session session) {
    Instant now = Instant.now();
    Instant expires = Instant.ofEpochSecond(session.getExpiresAtSeconds());
    long life = Math.max(0, expires.getEpochSecond() - now.getEpochSecond());
    return new Token(
        session.getToken(),
        store.withCredential(session.getToken()),
        now.plusSeconds(life * 2 / 3),
        expires.minusSeconds(Math.min(5, life / 2)));
  }
}
