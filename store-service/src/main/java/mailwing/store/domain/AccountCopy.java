package mailwing.store.domain;

import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.EntryChanges;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// COPY and MOVE from one account to another: what is read of the one is appended to the other, and
/// taken from the first only then.
///
/// A copy is whole or not made: what was appended before a failure is removed again.
public final class AccountCopy {
  private static final int MOVED = 64;

  private static final FetchItems ITEMS =
      FetchItems.newBuilder().setFlags(true).setInternalDate(true).setSize(true).build();

  private final MailStore store;
  private final Place source;
  private final Place destination;
  private final Consumer<CopyMessagesResponse> sink;
  private final List<UidRange> made = new ArrayList<>();
  private long madeIn;

  public AccountCopy(
      MailStore store, Place source, Place destination, Consumer<CopyMessagesResponse> sink) {
    this.store = store;
    this.source = source;
    this.destination = destination;
    this.sink = sink;
  }

  public void run(UidSpans uids, boolean move) {
    int most = move ? MOVED : store.limits().appended();
    List<CopyMessagesResponse> copied = new ArrayList<>();
    try {
      List<FetchedMessage> waiting = new ArrayList<>();
      MessageReads.Reached reached = MessageReads.Reached.NOTHING;
      while (reached.uid() < uids.last()) {
        MessageReads.Batch batch =
            store.messageReads().next(source.access(), source.mailboxId(), uids, reached, ITEMS, 0);
        reached = batch.reached();
        for (FetchedMessage message : batch.messages()) {
          waiting.add(message);
          if (waiting.size() == most) {
            copied.add(step(waiting, move));
            waiting.clear();
          }
        }
      }
      if (!waiting.isEmpty()) {
        copied.add(step(waiting, move));
      }
    } catch (StoreException e) {
      if (!move) {
        undo();
      }
      throw e;
    }
    if (!move) {
      copied.forEach(sink);
    }
  }

  /// One commit in the destination and, for a move, one in the source after it.
  private CopyMessagesResponse step(List<FetchedMessage> messages, boolean move) {
    List<Stored> stored = append(messages);
    CopyMessagesResponse.Builder response =
        CopyMessagesResponse.newBuilder()
            .setDestination(
                MailboxRef.newBuilder()
                    .setOwnerAccount(destination.account())
                    .setMailboxId(stored.getFirst().mailboxId()))
            .setUidValidity((int) stored.getFirst().uidValidity())
            .setDestinationModseq(stored.getLast().modseq());
    madeIn = stored.getFirst().mailboxId();
    for (int i = 0; i < stored.size(); i++) {
      int uid = (int) stored.get(i).uid();
      response.addSourceUids(messages.get(i).getUid()).addDestinationUids(uid);
      made.add(UidRange.newBuilder().setFirst(uid).setLast(uid).build());
    }
    if (move) {
      remove(messages, response);
      sink.accept(response.build());
    }
    return response.build();
  }

  private List<Stored> append(List<FetchedMessage> messages) {
    @Nullable IncomingAppend append = null;
    try {
      for (FetchedMessage message : messages) {
        AppendHeader header =
            AppendHeader.newBuilder()
                .setFlags(message.getFlags())
                .setInternalDateMillis(message.getInternalDateMillis())
                .setInternalDateZoneMinutes(message.getInternalDateZoneMinutes())
                .setSize(message.getSize())
                .build();
        if (append == null) {
          append = new IncomingAppend(store, destination, header, null);
        } else {
          append.next(header);
        }
        feed(append, message);
      }
    } catch (RuntimeException e) {
      if (append != null) {
        append.abandon();
      }
      throw e;
    }
    if (append == null) {
      throw new IllegalArgumentException("no messages");
    }
    return append.finish();
  }

  private void feed(IncomingAppend append, FetchedMessage message) {
    Blobs blobs = store.blobs();
    Blobs.Place place =
        blobs
            .locate(
                source.account(),
                source.mailboxId(),
                Integer.toUnsignedLong(message.getUid()),
                0,
                0)
            .place();
    for (long at = 0; at < place.size(); ) {
      byte[] piece = blobs.piece(source.account(), place, at, place.size() - at);
      append.feed(UnsafeByteOperations.unsafeWrap(piece));
      at += piece.length;
    }
  }

  private void remove(List<FetchedMessage> messages, CopyMessagesResponse.Builder response) {
    UidSpans uids =
        UidSpans.of(
            messages.stream()
                .map(
                    message ->
                        UidRange.newBuilder()
                            .setFirst(message.getUid())
                            .setLast(message.getUid())
                            .build())
                .toList());
    EntryChanges.Step<ExpungeResponse> gone =
        store.entryChanges().expunge(source.account(), source.mailboxId(), uids, 0, true);
    if (gone != null) {
      response
          .setSourcePreviousModseq(gone.response().getPreviousModseq())
          .setSourceModseq(gone.response().getModseq());
      store.changed();
    }
  }

  /// What a failed copy has made is no one's wish.
  private void undo() {
    UidSpans uids = UidSpans.of(made);
    long reached = 0;
    while (!made.isEmpty() && reached < uids.last()) {
      EntryChanges.Step<ExpungeResponse> step =
          store.entryChanges().expunge(destination.account(), madeIn, uids, reached, true);
      if (step == null) {
        break;
      }
      reached = step.reached();
    }
    store.changed();
  }
}
