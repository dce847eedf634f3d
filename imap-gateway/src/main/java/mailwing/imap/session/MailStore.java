package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import mailwing.gateway.BodyCache;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreStream;
import mailwing.gateway.StoreUpload;
import mailwing.gateway.StoredBody;
import mailwing.imap.cache.Need;
import mailwing.imap.command.MailboxName;
import mailwing.imap.view.Changes;
import mailwing.imap.view.Head;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.AuthorizeUrlsRequest;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.DeleteMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchUrlRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.GetAclRequest;
import mailwing.store.v1.GetAclResponse;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.GetRightsRequest;
import mailwing.store.v1.GetSnapshotRequest;
import mailwing.store.v1.ListChangesRequest;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.ListMetadataChangesRequest;
import mailwing.store.v1.ListMetadataChangesResponse;
import mailwing.store.v1.ListSharersRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MessagesGrpc;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.Quota;
import mailwing.store.v1.RenameMailboxRequest;
import mailwing.store.v1.ResetUrlKeysRequest;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SearchResponse;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.SetMetadataRequest;
import mailwing.store.v1.SetQuotaRequest;
import mailwing.store.v1.SetSubscribedRequest;
import mailwing.store.v1.Sharer;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.ThreadResponse;
import mailwing.store.v1.UidRange;
import mailwing.store.v1.UrlContent;
import mailwing.store.v1.UrlKeyReset;
import mailwing.store.v1.UrlsGrpc;

/// What a logged-in session asks of the store, under its own token. The contract's types do not go
/// further than here and the executors.
///
/// Each method throws [StoreException] where the store refused or could not be reached.
public final class MailStore {
  /// UIDs in a STORE that is answered at once, by one message.
  private static final int FEW = 64;

  private static final Set<Need> ENVELOPES = Set.of(Need.ENVELOPE);

  private final StoreSession store;
  private final Progress progress;

  /// @param progress told of while a command works on many messages
  MailStore(StoreSession store, Progress progress) {
    this.store = store;
    this.progress = progress;
  }

  long account() {
    return store.accountId();
  }

  /// The account's canonical address.
  String address() {
    return store.address();
  }

  /// For the coalesced calls of [HeadChecks].
  String token() {
    return store.token();
  }

  void close() {
    store.close();
  }

  OpenMailboxResponse open(String name, boolean claimRecent) {
    return store.openMailbox(
        OpenMailboxRequest.newBuilder().setName(name).setClaimRecent(claimRecent).build());
  }

  List<Mailbox> list(ListMailboxesRequest request) {
    List<Mailbox> mailboxes = new ArrayList<>();
    drain(store.listMailboxes(request), mailboxes::add);
    return mailboxes;
  }

  Mailbox create(String name, int specialUse) {
    return store.createMailbox(
        CreateMailboxRequest.newBuilder().setName(name).setSpecialUse(specialUse).build());
  }

  List<MetadataEntry> metadata(GetMetadataRequest request) {
    return store.getMetadata(request).getEntriesList();
  }

  void setMetadata(SetMetadataRequest request) {
    store.setMetadata(request);
  }

  ListMetadataChangesResponse metadataChanges(ListMetadataChangesRequest request) {
    return store.repeatable(MailboxesGrpc.getListMetadataChangesMethod(), request);
  }

  Quota quota(GetQuotaRequest request) {
    return store.quota(request);
  }

  Quota setQuota(SetQuotaRequest request) {
    return store.setQuota(request);
  }

  GetAclResponse acl(MailboxName mailbox) {
    return store.repeatable(
        MailboxesGrpc.getGetAclMethod(),
        GetAclRequest.newBuilder().setMailbox(mailbox.value()).build());
  }

  void setAcl(SetAclRequest request) {
    store.once(MailboxesGrpc.getSetAclMethod(), request);
  }

  /// The user's own rights, as Right bits.
  int rights(MailboxName mailbox) {
    return store
        .repeatable(
            MailboxesGrpc.getGetRightsMethod(),
            GetRightsRequest.newBuilder().setMailbox(mailbox.value()).build())
        .getRights();
  }

  /// The accounts that let the user see mailboxes of theirs.
  List<Sharer> sharers() {
    return store
        .repeatable(MailboxesGrpc.getListSharersMethod(), ListSharersRequest.getDefaultInstance())
        .getSharersList();
  }

  void delete(String name) {
    store.deleteMailbox(DeleteMailboxRequest.newBuilder().setName(name).build());
  }

  void rename(String name, String newName) {
    store.renameMailbox(
        RenameMailboxRequest.newBuilder().setName(name).setNewName(newName).build());
  }

  void subscribe(String name, boolean subscribed) {
    store.setSubscribed(
        SetSubscribedRequest.newBuilder().setName(name).setSubscribed(subscribed).build());
  }

  /// A mailbox's messages and the head they lead to.
  record Answer(Changes changes, Head head) {}

  Answer snapshot(MailboxRef mailbox) {
    Changes changes = new Changes();
    MailboxStatus[] head = new MailboxStatus[1];
    drain(
        store.getSnapshot(GetSnapshotRequest.newBuilder().setMailbox(mailbox).build()),
        response -> {
          add(changes, response.getMessages());
          if (response.hasHead()) {
            head[0] = response.getHead();
          }
        });
    return new Answer(changes, head(head[0], false));
  }

  Answer changes(MailboxRef mailbox, long since, boolean claimRecent) {
    Changes changes = new Changes();
    MailboxStatus[] head = new MailboxStatus[1];
    drain(
        store.listChanges(
            ListChangesRequest.newBuilder()
                .setMailbox(mailbox)
                .setSinceModseq(since)
                .setClaimRecent(claimRecent)
                .build()),
        response -> {
          add(changes, response.getMessages());
          for (UidRange range : response.getExpungedList()) {
            changes.addExpunged(range.getFirst(), range.getLast());
          }
          if (response.hasHead()) {
            head[0] = response.getHead();
          }
        });
    return new Answer(changes, head(head[0], claimRecent));
  }

  /// UIDs expunged after a modseq; STALE where they are forgotten.
  List<UidRange> expunged(MailboxRef mailbox, long since) {
    List<UidRange> expunged = new ArrayList<>();
    drain(
        store.listChanges(
            ListChangesRequest.newBuilder()
                .setMailbox(mailbox)
                .setSinceModseq(since)
                .setExpungedOnly(true)
                .build()),
        response -> expunged.addAll(response.getExpungedList()));
    return expunged;
  }

  /// The store begins, and the caller takes what it says. Envelopes may come together.
  ///
  /// @param bodyUpTo with BODY among the needs: only bodies of at most this many octets
  StoreStream<FetchMessagesResponse> beginFetch(
      MailboxRef mailbox, List<UidRange> uids, Set<Need> needs, int bodyUpTo) {
    FetchItems.Builder items = items(needs, bodyUpTo);
    if (needs.equals(ENVELOPES)) {
      items.setEnvelopeArrays(true);
    }
    return store.fetchMessages(request(mailbox, uids, items));
  }

  private static FetchItems.Builder items(Set<Need> needs, int bodyUpTo) {
    FetchItems.Builder items = FetchItems.newBuilder();
    for (Need need : needs) {
      switch (need) {
        case INTERNAL_DATE -> items.setInternalDate(true);
        case ENVELOPE -> items.setEnvelope(true).setEncoded(true);
        case STRUCTURE -> items.setStructure(true);
        case HEADER -> items.setHeader(true);
        case BODY -> items.setBodyUpTo(bodyUpTo);
        case PREVIEW -> items.setPreview(true);
        case IDS -> items.setIds(true);
      }
    }
    return items;
  }

  private static FetchMessagesRequest request(
      MailboxRef mailbox, List<UidRange> uids, FetchItems.Builder items) {
    return FetchMessagesRequest.newBuilder()
        .setMailbox(mailbox)
        .addAllUids(uids)
        .setItems(items)
        .build();
  }

  List<FetchedMessage> fetch(MailboxRef mailbox, List<UidRange> uids, Need need) {
    List<FetchedMessage> messages = new ArrayList<>();
    drain(
        store.fetchMessages(request(mailbox, uids, items(EnumSet.of(need), 0))),
        response -> messages.addAll(response.getMessagesList()));
    return messages;
  }

  /// A piece of a body, at most what was asked for.
  ByteString read(MailboxRef mailbox, int uid, long offset, long length) {
    return store.readBody(mailbox, uid, offset, length);
  }

  /// The octets of a large message.
  StoredBody body(BodyCache cache, MailboxRef mailbox, int uid, long size) {
    return new StoredBody(cache, store, mailbox, uid, size);
  }

  void storeFlags(StoreFlagsRequest request, Consumer<StoreFlagsResponse> each) {
    long named = named(request.getUidsList());
    if (named > 0 && named <= FEW) {
      each.accept(store.once(MessagesGrpc.getStoreFlagsMethod(), request));
      return;
    }
    work(store.storeFlags(request), each, done -> done.getMessages().getUidsCount());
  }

  private static long named(List<UidRange> uids) {
    long named = 0;
    for (UidRange range : uids) {
      named +=
          Integer.toUnsignedLong(range.getLast()) - Integer.toUnsignedLong(range.getFirst()) + 1;
    }
    return named;
  }

  void copy(CopyMessagesRequest request, Consumer<CopyMessagesResponse> each) {
    work(store.copyMessages(request), each, CopyMessagesResponse::getSourceUidsCount);
  }

  void expunge(ExpungeRequest request, Consumer<ExpungeResponse> each) {
    work(store.expunge(request), each, ExpungeResponse::getUidsCount);
  }

  void search(SearchRequest request, Consumer<SearchResponse> each) {
    work(store.search(request), each, _ -> 0);
  }

  void thread(ThreadRequest request, Consumer<ThreadResponse> each) {
    work(store.thread(request), each, _ -> 0);
  }

  StoreUpload<AppendRequest, AppendResponse> append() {
    return store.append();
  }

  List<String> authorizeUrls(List<String> urls) {
    return store
        .repeatable(
            UrlsGrpc.getAuthorizeUrlsMethod(),
            AuthorizeUrlsRequest.newBuilder().addAllUrls(urls).build())
        .getUrlsList();
  }

  /// The keys that were reset.
  ///
  /// @param mailbox empty: all keys
  List<UrlKeyReset> resetUrlKeys(String mailbox) {
    return store
        .repeatable(
            UrlsGrpc.getResetUrlKeysMethod(),
            ResetUrlKeysRequest.newBuilder().setMailboxName(mailbox).build())
        .getResetsList();
  }

  /// Octets that an authorized URL names, and what all of them are.
  record UrlPiece(UrlContent content, ByteString octets) {}

  /// At most `length` octets of what a URL names; MESSAGE_NOT_FOUND where it is not valid.
  UrlPiece fetchUrl(String url, long offset, long length) {
    UrlContent.Builder content = UrlContent.newBuilder();
    List<ByteString> pieces = new ArrayList<>();
    drain(
        store.stream(
            UrlsGrpc.getFetchUrlMethod(),
            FetchUrlRequest.newBuilder().setUrl(url).setOffset(offset).setLength(length).build()),
        response -> {
          content.mergeFrom(response.getContent());
          pieces.add(response.getData());
        });
    return new UrlPiece(content.build(), ByteString.copyFrom(pieces));
  }

  /// Reads a server stream to its end; the store sees a cancel if we do not get there.
  private static <T> void drain(StoreStream<T> stream, Consumer<? super T> each) {
    try (stream) {
      T next = stream.next();
      while (next != null) {
        each.accept(next);
        next = stream.next();
      }
    }
  }

  /// As [#drain], and the client is told how far it is; for what writes whole responses only.
  private <T> void work(
      StoreStream<T> stream, Consumer<? super T> each, ToIntFunction<? super T> messages) {
    try (stream) {
      T next = stream.next(progress);
      while (next != null) {
        each.accept(next);
        progress.done(messages.applyAsInt(next));
        next = stream.next(progress);
      }
    }
  }

  /// Reads a frame of message arrays.
  static void add(Changes changes, FlagArrays arrays) {
    arrays.getNewKeywordSetsList().forEach(set -> changes.addKeywordSet(set.getKeywordsList()));
    boolean keywords = arrays.getKeywordSetsCount() > 0;
    boolean sizes = arrays.getSizesCount() > 0;
    for (int i = 0; i < arrays.getUidsCount(); i++) {
      changes.addMessage(
          arrays.getUids(i),
          arrays.getSystemFlags(i),
          keywords ? arrays.getKeywordSets(i) : 0,
          arrays.getModseqs(i),
          sizes ? arrays.getSizes(i) : 0);
    }
  }

  private static Head head(@org.jspecify.annotations.Nullable MailboxStatus head, boolean claimed) {
    if (head == null) {
      throw new StoreException(ErrorCode.INTERNAL, "no head at the end of the stream", null);
    }
    return new Head(
        head.getUidValidity(),
        head.getUidNext(),
        head.getHighestModseq(),
        head.getFirstRecentUid(),
        claimed && head.getRecent() > 0,
        head.getRights(),
        head.getKeywordsList(),
        head.getUrlKeyResets());
  }
}
