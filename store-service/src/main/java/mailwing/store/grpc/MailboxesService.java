package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.MailboxName;
import mailwing.store.domain.MailboxTree;
import mailwing.store.domain.Metadata;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.DeleteMailboxResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetMetadataResponse;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.Quota;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.RenameMailboxResponse;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetMetadataResponse;
import mailwing.store.v1.SetQuotaRequest;
import mailwing.store.v1.SetSubscribedRequest;
import mailwing.store.v1.SetSubscribedResponse;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;

/// The contract's Mailboxes.
public final class MailboxesService extends MailboxesGrpc.MailboxesImplBase {
  private static final int MOST_QUERIES = 1000;

  private final MailStore store;
  private final MailboxTree tree;
  private final Function<String, Caller> tokens;
  private final QuotaCalls quotas;
  private final Metadata metadata;
  private final Administration administration;

  /// @param tokens the caller that a session token proves; throws what the token deserves
  public MailboxesService(
      MailStore store, Function<String, Caller> tokens, Administration administration) {
    this.quotas = new QuotaCalls(administration);
    this.metadata = new Metadata(store);
    this.administration = administration;
    this.store = store;
    this.tree = new MailboxTree(store);
    this.tokens = tokens;
  }

  @Override
  public void listMailboxes(ListMailboxesRequest request, StreamObserver<Mailbox> observer) {
    long account = MailRights.read(request.getOwnerAccount());
    List<MailboxRows.Listed> listed = store.mailboxRows().list(account);
    Set<String> subscribed = store.mailboxRows().subscriptions(account);
    Set<String> superiors = MailboxTree.superiors(listed);
    Map<Long, Long> deleted =
        request.getWithStatus() && request.getWithDeletedOctets()
            ? store
                .mailboxReads()
                .deletedOctets(
                    account,
                    listed.stream()
                        .filter(mailbox -> mailbox.status().getDeleted() != 0)
                        .map(MailboxRows.Listed::mailboxId)
                        .toList())
            : Map.of();
    Map<Long, List<MetadataEntry>> annotations =
        request.getMetadataEntriesCount() == 0
            ? Map.of()
            : metadata.named(
                account,
                Caller.current().requireAccount(),
                listed,
                request.getMetadataEntriesList());
    PacedStream<Mailbox> stream = new PacedStream<>(observer);
    for (MailboxRows.Listed mailbox : listed) {
      Mailbox.Builder built =
          built(account, mailbox)
              .setSubscribed(subscribed.remove(mailbox.name()))
              .setHasChildren(superiors.contains(mailbox.name()))
              .addAllMetadata(annotations.getOrDefault(mailbox.mailboxId(), List.of()));
      if (request.getWithStatus()) {
        built.setStatus(
            mailbox.status().toBuilder()
                .setDeletedOctets(deleted.getOrDefault(mailbox.mailboxId(), 0L)));
      }
      stream.send(built.build());
    }
    if (request.getWithNonexistent()) {
      for (String name : subscribed) {
        stream.send(
            Mailbox.newBuilder()
                .setRef(MailboxRef.newBuilder().setOwnerAccount(account))
                .setName(name)
                .setSubscribed(true)
                .setHasChildren(superiors.contains(name))
                .build());
      }
    }
    stream.complete();
  }

  private static Mailbox.Builder built(long account, MailboxRows.Listed mailbox) {
    return Mailbox.newBuilder()
        .setRef(ref(account, mailbox.mailboxId()))
        .setName(mailbox.name())
        .setSelectable(mailbox.selectable())
        .setSpecialUse(mailbox.specialUse());
  }

  private static MailboxRef ref(long account, long mailboxId) {
    return MailboxRef.newBuilder().setOwnerAccount(account).setMailboxId(mailboxId).build();
  }

  @Override
  public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> observer) {
    if (request.getQueriesCount() > MOST_QUERIES) {
      throw new StoreException(ErrorCode.LIMIT, "too many queries in one call");
    }
    GetStatusResponse.Builder response = GetStatusResponse.newBuilder();
    // Sessions on one mailbox ask alike: it is read once.
    Map<StatusQuery, StatusResult> known = new HashMap<>();
    for (StatusQuery query : request.getQueriesList()) {
      response.addResults(status(query, known));
    }
    observer.onNext(response.build());
    observer.onCompleted();
  }

  private StatusResult status(StatusQuery query, Map<StatusQuery, StatusResult> known) {
    try {
      Caller caller =
          query.getToken().isEmpty() ? Caller.current() : tokens.apply(query.getToken());
      long account = MailRights.read(caller, query.getRef().getOwnerAccount());
      StatusQuery question =
          query.toBuilder()
              .clearToken()
              .setRef(ref(account, query.getRef().getMailboxId()))
              .build();
      StatusResult before = known.get(question);
      if (before != null) {
        return before;
      }
      MailboxReads.Found found =
          store
              .mailboxReads()
              .find(account, query.getRef().getMailboxId(), MailboxName.lookup(query.getName()));
      if (found == null) {
        throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
      }
      StatusResult result =
          StatusResult.newBuilder()
              .setRef(ref(account, found.mailboxId()))
              .setStatus(status(account, found, query))
              .build();
      known.put(question, result);
      return result;
    } catch (StoreException e) {
      return StatusResult.newBuilder().setError(e.code()).build();
    }
  }

  private MailboxStatus status(long account, MailboxReads.Found found, StatusQuery query) {
    MailboxStatus.Builder status = found.status().toBuilder();
    if (!query.getWithKeywords()) {
      status.clearKeywords();
    }
    if (query.getWithDeletedOctets() && status.getDeleted() != 0) {
      long id = found.mailboxId();
      status.setDeletedOctets(
          store.mailboxReads().deletedOctets(account, List.of(id)).getOrDefault(id, 0L));
    }
    return status.build();
  }

  @Override
  public void openMailbox(
      OpenMailboxRequest request, StreamObserver<OpenMailboxResponse> observer) {
    long account = MailRights.read(request.getOwnerAccount());
    String name = MailboxName.lookup(request.getName());
    boolean write = MailRights.mayWrite();
    MailboxReads.Found found =
        request.getClaimRecent() && write
            ? store.mailboxReads().claim(account, 0, name)
            : store.mailboxReads().find(account, 0, name);
    if (found == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    observer.onNext(
        OpenMailboxResponse.newBuilder()
            .setMailbox(
                Mailbox.newBuilder()
                    .setRef(ref(account, found.mailboxId()))
                    .setName(found.name())
                    .setSelectable(true)
                    .setSpecialUse(found.specialUse()))
            .setStatus(found.status())
            .setReadOnly(!write)
            .build());
    observer.onCompleted();
  }

  @Override
  public void createMailbox(CreateMailboxRequest request, StreamObserver<Mailbox> observer) {
    long account = MailRights.write(request.getOwnerAccount());
    MailboxRows.Listed made = tree.create(account, request.getName(), request.getSpecialUse());
    observer.onNext(built(account, made).build());
    observer.onCompleted();
  }

  @Override
  public void deleteMailbox(
      DeleteMailboxRequest request, StreamObserver<DeleteMailboxResponse> observer) {
    tree.delete(MailRights.write(request.getOwnerAccount()), request.getName());
    observer.onNext(DeleteMailboxResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void renameMailbox(
      RenameMailboxRequest request, StreamObserver<RenameMailboxResponse> observer) {
    tree.rename(
        MailRights.write(request.getOwnerAccount()), request.getName(), request.getNewName());
    observer.onNext(RenameMailboxResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void setSubscribed(
      SetSubscribedRequest request, StreamObserver<SetSubscribedResponse> observer) {
    long account = MailRights.write(request.getOwnerAccount());
    tree.setSubscribed(account, request.getName(), request.getSubscribed());
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
    long account = MailRights.read(request.getOwnerAccount());
    long holder = Caller.current().requireAccount();
    List<MetadataEntry> entries =
        request.getMailbox().isEmpty()
            ? metadata.getServer(holder, administration.account(holder).address(), request)
            : metadata.get(account, holder, request);
    observer.onNext(GetMetadataResponse.newBuilder().addAllEntries(entries).build());
    observer.onCompleted();
  }

  @Override
  public void setMetadata(
      SetMetadataRequest request, StreamObserver<SetMetadataResponse> observer) {
    long account = MailRights.write(request.getOwnerAccount());
    long holder = Caller.current().requireAccount();
    if (request.getMailbox().isEmpty()) {
      metadata.setServer(
          holder, administration.account(holder).administrator(), request.getEntriesList());
    } else {
      metadata.set(account, holder, request.getMailbox(), request.getEntriesList());
    }
    observer.onNext(SetMetadataResponse.getDefaultInstance());
    observer.onCompleted();
  }
}
