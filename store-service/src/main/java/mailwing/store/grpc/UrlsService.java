package mailwing.store.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.Set;
import mailwing.service.imap.Sections;
import mailwing.store.StoreException;
import mailwing.store.domain.AuthorizedUrls;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.persistence.UrlKeys;
import mailwing.store.v1.AuthorizeUrlsRequest;
import mailwing.store.v1.AuthorizeUrlsResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchUrlRequest;
import mailwing.store.v1.FetchUrlResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.ResetUrlKeysRequest;
import mailwing.store.v1.ResetUrlKeysResponse;
import mailwing.store.v1.Right;
import mailwing.store.v1.UrlKeyReset;
import mailwing.store.v1.UrlsGrpc;

/// The contract's Urls.
public final class UrlsService extends UrlsGrpc.UrlsImplBase {
  private static final int MOST = 1000;
  private static final int FRAME = 64 << 10;

  private final MailStore store;
  private final AuthorizedUrls urls;
  private final MailRights rights;

  public UrlsService(MailStore store, AuthorizedUrls urls, Sharing sharing) {
    this.store = store;
    this.urls = urls;
    this.rights = new MailRights(sharing);
  }

  /// As the account itself would find it, whoever calls.
  private Optional<Place> place(long account, String name) {
    try {
      return Optional.of(
          rights.read(
              Caller.session(account, Set.of(Scope.MAIL_READ)),
              MailboxRef.getDefaultInstance(),
              name,
              Right.RIGHT_READ));
    } catch (StoreException e) {
      return switch (e.code()) {
        case MAILBOX_NOT_FOUND, PERMISSION_DENIED -> Optional.empty();
        default -> throw e;
      };
    }
  }

  @Override
  public void authorizeUrls(
      AuthorizeUrlsRequest request, StreamObserver<AuthorizeUrlsResponse> observer) {
    long account = MailRights.write();
    if (request.getUrlsCount() > MOST) {
      throw new StoreException(ErrorCode.LIMIT, "too many URLs at a time");
    }
    AuthorizeUrlsResponse.Builder response = AuthorizeUrlsResponse.newBuilder();
    request
        .getUrlsList()
        .forEach(url -> response.addUrls(urls.authorize(this::place, account, url)));
    observer.onNext(response.build());
    observer.onCompleted();
  }

  @Override
  public void resetUrlKeys(
      ResetUrlKeysRequest request, StreamObserver<ResetUrlKeysResponse> observer) {
    ResetUrlKeysResponse.Builder response = ResetUrlKeysResponse.newBuilder();
    for (UrlKeys.Reset reset :
        urls.reset(this::place, MailRights.write(), request.getMailboxName())) {
      response.addResets(
          UrlKeyReset.newBuilder()
              .setMailbox(
                  MailboxRef.newBuilder()
                      .setOwnerAccount(reset.owner())
                      .setMailboxId(reset.mailboxId()))
              .setResets(reset.resets()));
    }
    observer.onNext(response.build());
    observer.onCompleted();
  }

  @Override
  public void fetchUrl(FetchUrlRequest request, StreamObserver<FetchUrlResponse> observer) {
    // The URL says whose mailbox, and gives the right to it.
    AuthorizedUrls.Named named = urls.follow(this::place, MailRights.read(), request.getUrl());
    if (request.getOffset() < 0 || request.getLength() < 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "offset or length is out of range");
    }
    PacedStream<FetchUrlResponse> stream = new PacedStream<>(observer);
    stream.send(FetchUrlResponse.newBuilder().setContent(named.content()).build());
    Sections.Octets all = named.octets();
    long start = all.start() + Math.min(request.getOffset(), all.length());
    long length =
        request.getLength() == 0
            ? all.end() - start
            : Math.min(request.getLength(), all.end() - start);
    ByteString made = named.made();
    if (made != null) {
      frames(stream, made.substring((int) start, (int) (start + length)));
    } else {
      store
          .blobs()
          .read(
              named.mailbox().access().account(),
              named.mailbox().id(),
              named.uid(),
              start,
              length,
              piece -> frames(stream, UnsafeByteOperations.unsafeWrap(piece)));
    }
    stream.complete();
  }

  private static void frames(PacedStream<FetchUrlResponse> stream, ByteString octets) {
    for (int at = 0; at < octets.size(); at += FRAME) {
      stream.send(
          FetchUrlResponse.newBuilder()
              .setData(octets.substring(at, Math.min(octets.size(), at + FRAME)))
              .build());
    }
  }
}
