package mailwing.store.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.domain.AccountCopy;
import mailwing.store.domain.IncomingAppend;
import mailwing.store.domain.KeywordList;
import mailwing.store.domain.MailSearch;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.domain.SystemFlags;
import mailwing.store.mime.Threads;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.EntryChanges;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.BodyRange;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.EnvelopeArrays;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.GetSnapshotRequest;
import mailwing.store.v1.GetSnapshotResponse;
import mailwing.store.v1.ListChangesRequest;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.MessagesGrpc;
import mailwing.store.v1.ReadBodyRequest;
import mailwing.store.v1.ReadBodyResponse;
import mailwing.store.v1.Right;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SearchResponse;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.ThreadResponse;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// The contract's Messages.
public final class MessagesService extends MessagesGrpc.MessagesImplBase {
  private final MailStore store;
  private final MailSearch search;
  private final MailRights rights;

  public MessagesService(MailStore store, Sharing sharing) {
    this.store = store;
    this.rights = new MailRights(sharing);
    this.search = new MailSearch(store);
  }

  @Override
  public void getSnapshot(
      GetSnapshotRequest request, StreamObserver<GetSnapshotResponse> observer) {
    Place place = rights.read(request.getMailbox(), Right.RIGHT_READ);
    PacedStream<GetSnapshotResponse> stream = new PacedStream<>(observer);
    MailboxStatus head =
        store
            .mailboxReads()
            .snapshot(
                place.access(),
                place.mailboxId(),
                frame -> stream.send(GetSnapshotResponse.newBuilder().setMessages(frame).build()));
    stream.send(GetSnapshotResponse.newBuilder().setHead(head).build());
    stream.complete();
  }

  @Override
  public void listChanges(
      ListChangesRequest request, StreamObserver<ListChangesResponse> observer) {
    Place place = rights.read(request.getMailbox(), Right.RIGHT_READ);
    PacedStream<ListChangesResponse> stream = new PacedStream<>(observer);
    MailboxStatus head =
        store
            .mailboxReads()
            .changes(
                place.access(),
                place.mailboxId(),
                request.getSinceModseq(),
                request.getClaimRecent() && place.access().own() && MailRights.mayWrite(),
                request.getExpungedOnly(),
                new MailboxReads.ChangeSink() {
                  @Override
                  public void messages(FlagArrays messages) {
                    stream.send(ListChangesResponse.newBuilder().setMessages(messages).build());
                  }

                  @Override
                  public void expunged(List<UidRange> uids) {
                    stream.send(ListChangesResponse.newBuilder().addAllExpunged(uids).build());
                  }
                });
    stream.send(ListChangesResponse.newBuilder().setHead(head).build());
    stream.complete();
  }

  @Override
  public void fetchMessages(
      FetchMessagesRequest request, StreamObserver<FetchMessagesResponse> observer) {
    Place place = rights.read(request.getMailbox(), Right.RIGHT_READ);
    Access access = place.access();
    long mailbox = place.mailboxId();
    UidSpans uids = UidSpans.of(request.getUidsList());
    PacedStream<FetchMessagesResponse> stream = new PacedStream<>(observer);
    MessageReads.Reached reached = MessageReads.Reached.NOTHING;
    boolean any = false;
    MessageFrames frames = new MessageFrames(stream::send);
    while (reached.uid() < uids.last()) {
      MessageReads.Batch batch =
          store
              .messageReads()
              .next(access, mailbox, uids, reached, request.getItems(), request.getChangedSince());
      reached = batch.reached();
      for (FetchedMessage message : batch.messages()) {
        any = true;
        frames.add(message);
      }
      EnvelopeArrays envelopes = batch.envelopes();
      if (envelopes != null && envelopes.getUidsCount() > 0) {
        any = true;
        frames.add(envelopes);
      }
      frames.endOfBatch();
    }
    frames.end();
    if (!any && store.mailboxReads().find(access, mailbox, "") == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    stream.complete();
  }

  @Override
  public void readBody(ReadBodyRequest request, StreamObserver<ReadBodyResponse> observer) {
    Place mailbox = rights.read(request.getMailbox(), Right.RIGHT_READ);
    long account = mailbox.account();
    PacedStream<ReadBodyResponse> stream = new PacedStream<>(observer);
    long offset = request.getOffset();
    if (offset < 0 || request.getLength() < 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "offset or length is out of range");
    }
    store
        .blobs()
        .read(
            account,
            mailbox.mailboxId(),
            Integer.toUnsignedLong(request.getUid()),
            offset,
            request.getLength() == 0 ? Long.MAX_VALUE : request.getLength(),
            octets ->
                stream.send(
                    ReadBodyResponse.newBuilder()
                        .setData(UnsafeByteOperations.unsafeWrap(octets))
                        .build()));
    stream.complete();
  }

  /// The rights are those of UID STORE and UID EXPUNGE (RFC 8508 §4.1).
  private IncomingAppend.@Nullable Replaced replaced(AppendHeader header) {
    if (!header.hasReplaced()) {
      return null;
    }
    if (header.getReplaced().getUid() == 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a UID is never 0");
    }
    Place place =
        rights.write(
            header.getReplaced().getMailbox(), Right.RIGHT_DELETE_MESSAGES, Right.RIGHT_EXPUNGE);
    return new IncomingAppend.Replaced(
        place, Integer.toUnsignedLong(header.getReplaced().getUid()));
  }

  @Override
  public StreamObserver<AppendRequest> append(StreamObserver<AppendResponse> observer) {
    return new StreamObserver<>() {
      private @Nullable IncomingAppend append;
      private long account;

      @Override
      public void onNext(AppendRequest frame) {
        IncomingAppend current = append;
        if (current == null) {
          if (!frame.hasHeader()) {
            throw new StoreException(
                ErrorCode.INVALID_ARGUMENT, "the first frame carries a header");
          }
          Place place =
              rights.write(
                  frame.getHeader().getMailbox(),
                  frame.getHeader().getMailboxName(),
                  Right.RIGHT_INSERT);
          account = place.account();
          current =
              new IncomingAppend(store, place, frame.getHeader(), replaced(frame.getHeader()));
          append = current;
        } else if (frame.hasHeader()) {
          current.next(frame.getHeader());
        }
        if (!frame.getData().isEmpty()) {
          current.feed(frame.getData());
        }
        if (frame.hasRange()) {
          BodyRange range = frame.getRange();
          current.feed(rights.read(range.getMailbox(), Right.RIGHT_READ), range);
        }
      }

      @Override
      public void onCompleted() {
        IncomingAppend current = append;
        if (current == null) {
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no message");
        }
        List<Stored> stored = current.finish();
        Stored last = stored.getLast();
        AppendResponse.Builder response =
            AppendResponse.newBuilder()
                .setMailbox(
                    MailboxRef.newBuilder().setOwnerAccount(account).setMailboxId(last.mailboxId()))
                .setUidValidity((int) last.uidValidity())
                .setModseq(last.modseq());
        stored.forEach(one -> response.addUids((int) one.uid()));
        Deliveries.Removal removal = current.removal();
        if (removal != null) {
          response
              .setReplacedPreviousModseq(removal.previousModseq())
              .setReplacedModseq(removal.modseq());
        }
        observer.onNext(response.build());
        observer.onCompleted();
      }

      @Override
      public void onError(Throwable cause) {
        IncomingAppend current = append;
        if (current != null) {
          current.abandon();
        }
      }
    };
  }

  @Override
  public void storeFlags(StoreFlagsRequest request, StreamObserver<StoreFlagsResponse> observer) {
    Place place = rights.write(request.getMailbox(), Right.RIGHT_READ);
    UidSpans uids = UidSpans.of(request.getUidsList());
    StoreFlagsRequest.Operation operation = request.getOperation();
    if (operation == StoreFlagsRequest.Operation.UNRECOGNIZED
        || operation == StoreFlagsRequest.Operation.OPERATION_UNSPECIFIED) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such operation");
    }
    List<String> keywords = KeywordList.of(request.getFlags().getKeywordsList()).keywords();
    requireAnyOf(place.access(), operation, request.getFlags());
    long unchangedSince = request.hasUnchangedSince() ? request.getUnchangedSince() : -1;
    long known = request.getKnownModseq();
    PacedStream<StoreFlagsResponse> stream = new PacedStream<>(observer);
    long reached = 0;
    while (reached < uids.last()) {
      EntryChanges.Step<StoreFlagsResponse> step =
          store
              .flags()
              .store(
                  place.access(),
                  place.mailboxId(),
                  uids,
                  reached,
                  operation,
                  request.getFlags().getSystem() & SystemFlags.ALL,
                  keywords,
                  unchangedSince,
                  known);
      if (step == null) {
        break;
      }
      reached = step.reached();
      stream.send(step.response());
    }
    stream.complete();
  }

  /// Refused is only what would change nothing at all (RFC 4314 §4).
  private static void requireAnyOf(
      Access access, StoreFlagsRequest.Operation operation, Flags flags) {
    int system = flags.getSystem() & SystemFlags.ALL;
    boolean some =
        (operation == StoreFlagsRequest.Operation.REPLACE && access.changeableFlags() != 0)
            || (system & access.changeableFlags()) != 0
            || (flags.getKeywordsCount() > 0 && access.may(Right.RIGHT_WRITE));
    boolean nothing = system == 0 && flags.getKeywordsCount() == 0;
    if (!access.own() && !some && (!nothing || access.changeableFlags() == 0)) {
      throw access.refusal();
    }
  }

  @Override
  public void copyMessages(
      CopyMessagesRequest request, StreamObserver<CopyMessagesResponse> observer) {
    Place source =
        request.getMove()
            ? rights.write(
                request.getSource(),
                Right.RIGHT_READ,
                Right.RIGHT_DELETE_MESSAGES,
                Right.RIGHT_EXPUNGE)
            : rights.write(request.getSource(), Right.RIGHT_READ);
    Access access = source.access();
    Place destination =
        rights.write(request.getDestination(), request.getDestinationName(), Right.RIGHT_INSERT);
    UidSpans uids = UidSpans.of(request.getUidsList());
    EntryChanges.Destination to =
        new EntryChanges.Destination(
            destination.access(), destination.mailboxId(), destination.name());
    PacedStream<CopyMessagesResponse> stream = new PacedStream<>(observer);
    // MOVE within a mailbox shall not meet again what it has just moved.
    long last = uids.last();
    long reached = 0;
    if (request.getMove()) {
      MailboxReads.Found found = found(access, source);
      last = Math.min(last, Integer.toUnsignedLong(found.status().getUidNext()) - 1);
      uids = uids.upTo(last);
    }
    if (destination.account() != source.account()) {
      new AccountCopy(store, source, destination, stream::send).run(uids, request.getMove());
      stream.complete();
      return;
    }
    while (reached < last) {
      EntryChanges.Step<CopyMessagesResponse> step =
          store
              .entryChanges()
              .copy(access, source.mailboxId(), uids, reached, to, request.getMove());
      if (step == null) {
        break;
      }
      reached = step.reached();
      told(step);
      CopyMessagesResponse.Builder response = step.response().toBuilder();
      response.getDestinationBuilder().setOwnerAccount(source.account());
      stream.send(response.build());
    }
    stream.complete();
  }

  @Override
  public void expunge(ExpungeRequest request, StreamObserver<ExpungeResponse> observer) {
    Place place =
        request.getRegardlessOfDeleted()
            ? rights.write(request.getMailbox(), Right.RIGHT_EXPUNGE, Right.RIGHT_DELETE_MESSAGES)
            : rights.write(request.getMailbox(), Right.RIGHT_EXPUNGE);
    long account = place.account();
    long mailbox = place.mailboxId();
    UidSpans uids = request.getUidsCount() == 0 ? UidSpans.ALL : UidSpans.of(request.getUidsList());
    PacedStream<ExpungeResponse> stream = new PacedStream<>(observer);
    long reached = 0;
    while (reached < uids.last()) {
      EntryChanges.Step<ExpungeResponse> step =
          store
              .entryChanges()
              .expunge(account, mailbox, uids, reached, request.getRegardlessOfDeleted());
      if (step == null) {
        break;
      }
      reached = step.reached();
      told(step);
      stream.send(step.response());
    }
    stream.complete();
  }

  @Override
  public void search(SearchRequest request, StreamObserver<SearchResponse> observer) {
    Place place = rights.read(request.getMailbox(), Right.RIGHT_READ);
    Access access = place.access();
    MailboxReads.Found mailbox = found(access, place);
    SearchFrames frames = new SearchFrames(new PacedStream<>(observer), request.getKey());
    search.search(access, mailbox, request.getKey(), request.getSortList(), frames);
    frames.complete();
  }

  @Override
  public void thread(ThreadRequest request, StreamObserver<ThreadResponse> observer) {
    Place place = rights.read(request.getMailbox(), Right.RIGHT_READ);
    Access access = place.access();
    MailboxReads.Found mailbox = found(access, place);
    Threads threads = search.thread(access, mailbox, request.getKey(), request.getAlgorithm());
    PacedStream<ThreadResponse> stream = new PacedStream<>(observer);
    for (int from = 0; from < threads.size(); from += SearchFrames.UIDS) {
      ThreadResponse.Builder frame = ThreadResponse.newBuilder();
      for (int i = from; i < Math.min(threads.size(), from + SearchFrames.UIDS); i++) {
        frame.addUids(threads.uid(i)).addDepths(threads.depth(i));
      }
      stream.send(frame.build());
    }
    stream.complete();
  }

  private MailboxReads.Found found(Access access, Place place) {
    MailboxReads.Found found = store.mailboxReads().find(access, place.mailboxId(), "");
    if (found == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    return found;
  }

  private void told(EntryChanges.Step<?> step) {
    if (step.changed()) {
      store.changed();
    }
  }
}
