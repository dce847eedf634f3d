package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.MailboxTree;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.persistence.AccountRow;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ListSharesRequest;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.SetShareResponse;
import mailwing.store.v1.Share;
import mailwing.store.v1.SharingGrpc;

/// Rights on any account's mailboxes, for administrators.
public final class SharingService extends SharingGrpc.SharingImplBase {
  private final Administration administration;
  private final Sharing sharing;
  private final MailboxTree tree;

  public SharingService(MailStore store, Administration administration, Sharing sharing) {
    this.administration = administration;
    this.sharing = sharing;
    this.tree = new MailboxTree(store);
  }

  @Override
  public void listShares(ListSharesRequest request, StreamObserver<Share> observer) {
    PacedStream<Share> stream = new PacedStream<>(observer);
    AccountRow owner = administration.user(request.getAddress());
    sharing
        .shares(owner, request.getMailbox())
        .forEach(
            (mailbox, entries) ->
                entries.forEach(
                    entry ->
                        stream.send(
                            Share.newBuilder().setMailbox(mailbox).setEntry(entry).build())));
    stream.complete();
  }

  @Override
  public void setShare(SetShareRequest request, StreamObserver<SetShareResponse> observer) {
    sharing.setAcl(
        place(request),
        SetAclRequest.newBuilder()
            .setIdentifier(request.getIdentifier())
            .setChange(request.getChange())
            .setRights(request.getRights())
            .build());
    observer.onNext(SetShareResponse.getDefaultInstance());
    observer.onCompleted();
  }

  private Place place(SetShareRequest request) {
    AccountRow owner = administration.user(request.getAddress());
    try {
      return sharing.ownersPlace(owner, request.getMailbox());
    } catch (StoreException e) {
      if (!request.getCreate() || e.code() != ErrorCode.MAILBOX_NOT_FOUND) {
        throw e;
      }
      String made = tree.create(owner.accountId(), request.getMailbox(), 0).name();
      return sharing.ownersPlace(owner, made);
    }
  }
}
