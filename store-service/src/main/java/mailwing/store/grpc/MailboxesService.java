package mailwing.store.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.MailboxName;
import mailwing.store.domain.MailboxTree;
import mailwing.store.domain.Metadata;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.persistence.MaildropHolds;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.DeleteMailboxResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetAclRequest;
import mailwing.store.v1.GetAclResponse;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetMetadataResponse;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetRightsRequest;
import mailwing.store.v1.GetRightsResponse;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.HoldMaildropRequest;
import mailwing.store.v1.HoldMaildropResponse;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.ListMetadataChangesRequest;
import mailwing.store.v1.ListMetadataChangesResponse;
import mailwing.store.v1.ListSharersRequest;
import mailwing.store.v1.ListSharersResponse;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.Quota;
import mailwing.store.v1.ReleaseMaildropRequest;
import mailwing.store.v1.ReleaseMaildropResponse;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.RenameMailboxResponse;
import mailwing.store.v1.Right;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.SetAclResponse;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetMetadataResponse;
import mailwing.store.v1.SetQuotaRequest;
import mailwing.store.v1.SetSubscribedRequest;
import mailwing.store.v1.SetSubscribedResponse;

/// The contract's Mailboxes.
public final class MailboxesService extends MailboxesGrpc.MailboxesImplBase {
  private static final int MOST_QUERIES = 1000;
  private static final Duration LONGEST_HOLD = Duration.ofHours(1);
  private static final Duration LONGEST_DELAY = Duration.ofDays(1);

  /// Without one of these a mailbox is opened read-only (RFC 4314 section 5.2).
  private static final int WRITING =
      Right.RIGHT_INSERT_VALUE
          | Right.RIGHT_EXPUNGE_VALUE
          | Right.RIGHT_WRITE_VALUE
          | Right.RIGHT_DELETE_MESSAGES_VALUE;

  private final MailStore store;
  private final MailboxTree tree;
  private final StatusQueries statusQueries;
  private final QuotaCalls quotas;
  private final Metadata metadata;
  private final Administration administration;
  private final MailRights rights;
  private final MailboxLists lists;
  private final AclCalls acls;
  private final MaildropHolds holds;

  /// @param tokens the caller that a session token proves; throws what the token deserves
  public MailboxesService(
      MailStore store,
      Function<String, Caller> tokens,
      Administration administration,
      Sharing sharing,
      MaildropHolds holds) {
    this.holds = holds;
    this.rights = new MailRights(sharing);
    this.acls = new AclCalls(sharing, rights);
    this.quotas = new QuotaCalls(administration, sharing, rights);
    this.metadata = new Metadata(store);
    this.lists = new MailboxLists(store, metadata, sharing);
    this.administration = administration;
    this.store = store;
    this.tree = new MailboxTree(store);
    this.statusQueries = new StatusQueries(store, rights, tokens);
  }

  @Override
  public void listMailboxes(ListMailboxesRequest request, StreamObserver<Mailbox> observer) {
    PacedStream<Mailbox> stream = new PacedStream<>(observer);
    lists.list(request, stream::send);
    stream.complete();
  }

  @Override
  public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> observer) {
    if (request.getQueriesCount() > MOST_QUERIES) {
      throw new StoreException(ErrorCode.LIMIT, "too many queries in one call");
    }
    observer.onNext(statusQueries.answer(request.getQueriesList()));
    observer.onCompleted();
  }

  @Override
  public void openMailbox(
      OpenMailboxRequest request, StreamObserver<OpenMailboxResponse> observer) {
    Place place = rights.read(request.getOwnerAccount(), request.getName(), Right.RIGHT_READ);
    Access access = place.access();
    boolean write = MailRights.mayWrite();
    MailboxReads.Found found =
        request.getClaimRecent() && write && access.own()
            ? store.mailboxReads().claim(access, place.mailboxId(), place.name())
            : store.mailboxReads().find(access, place.mailboxId(), place.name());
    if (found == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    observer.onNext(
        OpenMailboxResponse.newBuilder()
            .setMailbox(
                Mailbox.newBuilder()
                    .setRef(MailboxLists.ref(place.account(), found.mailboxId()))
                    .setName(place.prefix() + found.name())
                    .setSelectable(true)
                    .setSpecialUse(found.specialUse())
                    .setRights(access.rights()))
            .setStatus(found.status())
            .setReadOnly(!write || !access.mayAny(WRITING))
            .build());
    observer.onCompleted();
  }

  @Override
  public void createMailbox(CreateMailboxRequest request, StreamObserver<Mailbox> observer) {
    Place place = rights.make(request.getOwnerAccount(), request.getName());
    MailboxRows.Listed made =
        tree.create(
            place.account(), place.name(), place.access().own() ? request.getSpecialUse() : 0);
    observer.onNext(
        MailboxLists.built(place.account(), made)
            .setName(place.prefix() + made.name())
            .setRights(place.access().rights())
            .build());
    observer.onCompleted();
  }

  @Override
  public void deleteMailbox(
      DeleteMailboxRequest request, StreamObserver<DeleteMailboxResponse> observer) {
    Place place =
        rights.write(request.getOwnerAccount(), request.getName(), Right.RIGHT_DELETE_MAILBOX);
    tree.delete(place.account(), place.name());
    observer.onNext(DeleteMailboxResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void renameMailbox(
      RenameMailboxRequest request, StreamObserver<RenameMailboxResponse> observer) {
    Place from =
        rights.write(request.getOwnerAccount(), request.getName(), Right.RIGHT_DELETE_MAILBOX);
    Place to = rights.make(request.getOwnerAccount(), request.getNewName());
    if (from.account() != to.account()) {
      throw new StoreException(ErrorCode.CANNOT, "a mailbox stays with its account");
    }
    if (!from.access().own() && from.name().equals(MailboxName.INBOX)) {
      throw new StoreException(ErrorCode.PERMISSION_DENIED, "INBOX is its owner's to rename");
    }
    tree.rename(from.account(), from.name(), to.name());
    observer.onNext(RenameMailboxResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void setSubscribed(
      SetSubscribedRequest request, StreamObserver<SetSubscribedResponse> observer) {
    tree.setSubscribed(MailRights.write(), request.getName(), request.getSubscribed());
    observer.onNext(SetSubscribedResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void getQuota(GetQuotaRequest request, StreamObserver<Quota> observer) {
    observer.onNext(quotas.get(request));
    observer.onCompleted();
  }

  @Override
  public void setQuota(SetQuotaRequest request, StreamObserver<Quota> observer) {
    observer.onNext(quotas.set(request));
    observer.onCompleted();
  }

  @Override
  public void getMetadata(
      GetMetadataRequest request, StreamObserver<GetMetadataResponse> observer) {
    long holder = MailRights.read();
    List<MetadataEntry> entries =
        request.getMailbox().isEmpty()
            ? metadata.getServer(holder, administration.account(holder).address(), request)
            : metadata.get(rights.read(request.getOwnerAccount(), request.getMailbox()), request);
    observer.onNext(GetMetadataResponse.newBuilder().addAllEntries(entries).build());
    observer.onCompleted();
  }

  @Override
  public void setMetadata(
      SetMetadataRequest request, StreamObserver<SetMetadataResponse> observer) {
    long holder = MailRights.write();
    if (request.getMailbox().isEmpty()) {
      metadata.setServer(
          holder, administration.account(holder).administrator(), request.getEntriesList());
    } else {
      metadata.set(
          rights.write(request.getOwnerAccount(), request.getMailbox()), request.getEntriesList());
    }
    observer.onNext(SetMetadataResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void getAcl(GetAclRequest request, StreamObserver<GetAclResponse> observer) {
    observer.onNext(acls.get(request));
    observer.onCompleted();
  }

  @Override
  public void setAcl(SetAclRequest request, StreamObserver<SetAclResponse> observer) {
    acls.set(request);
    observer.onNext(SetAclResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void getRights(GetRightsRequest request, StreamObserver<GetRightsResponse> observer) {
    observer.onNext(acls.own(request));
    observer.onCompleted();
  }

  @Override
  public void listSharers(
      ListSharersRequest request, StreamObserver<ListSharersResponse> observer) {
    observer.onNext(acls.sharers());
    observer.onCompleted();
  }

  @Override
  public void listMetadataChanges(
      ListMetadataChangesRequest request, StreamObserver<ListMetadataChangesResponse> observer) {
    long caller = MailRights.read();
    long owner = request.getOwnerAccount() == 0 ? caller : request.getOwnerAccount();
    ListMetadataChangesResponse changes = metadata.changes(owner, caller, request);
    if (owner != caller) {
      changes =
          changes.toBuilder()
              .clearChanges()
              .addAllChanges(
                  changes.getChangesList().stream()
                      .filter(change -> mayRead(owner, change.getMailboxId()))
                      .toList())
              .build();
    }
    observer.onNext(changes);
    observer.onCompleted();
  }

  @Override
  public void holdMaildrop(
      HoldMaildropRequest request, StreamObserver<HoldMaildropResponse> observer) {
    holds.hold(
        MailRights.write(),
        holdId(request.getHoldId()),
        seconds(request.getHoldSeconds(), LONGEST_HOLD),
        seconds(request.getLoginDelaySeconds(), LONGEST_DELAY));
    observer.onNext(HoldMaildropResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void releaseMaildrop(
      ReleaseMaildropRequest request, StreamObserver<ReleaseMaildropResponse> observer) {
    holds.release(MailRights.write(), holdId(request.getHoldId()));
    observer.onNext(ReleaseMaildropResponse.getDefaultInstance());
    observer.onCompleted();
  }

  private static UUID holdId(ByteString id) {
    if (id.size() != 16) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a hold's id has 16 octets");
    }
    ByteBuffer octets = id.asReadOnlyByteBuffer();
    return new UUID(octets.getLong(), octets.getLong());
  }

  private static Duration seconds(int seconds, Duration most) {
    if (seconds < 0 || seconds > most.toSeconds()) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a time is too long");
    }
    return Duration.ofSeconds(seconds);
  }

  private boolean mayRead(long owner, long mailbox) {
    try {
      rights.read(MailboxLists.ref(owner, mailbox), Right.RIGHT_READ);
      return true;
    } catch (StoreException e) {
      return false;
    }
  }
}
