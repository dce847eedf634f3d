package mailwing.store.domain;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.EntryChanges;
import mailwing.store.persistence.MessageFacts;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.BodyRange;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.Right;
import org.jspecify.annotations.Nullable;

/// Messages on their way into one mailbox, all or none: one call of Append.
public final class IncomingAppend {
  private static final int APPEND_ID_OCTETS = 16;
  private static final long HELD_OCTETS = 4L << 20;
  private static final long SMALL_OCTETS = 64 << 10;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final MailStore store;
  private final Access access;
  private final Deliveries.Target target;
  private final byte[] appendId;
  private final @Nullable Replaced replaced;
  private Deliveries.@Nullable Removal removal;
  private final List<Item> items = new ArrayList<>();

  private record Item(
      AppendHeader header,
      KeywordList keywords,
      IncomingMessage.Copy copy,
      IncomingMessage message) {}

  /// A message that the appended one takes the place of.
  ///
  /// @param place its mailbox, where the caller may remove it
  public record Replaced(Place place, long uid) {}

  /// Starts an append by the call's first header. Flags that the caller may not set in the mailbox
  /// are passed over (RFC 4314 §4).
  public IncomingAppend(
      MailStore store, Place place, AppendHeader first, @Nullable Replaced replaced) {
    this.store = store;
    this.access = place.access();
    this.target =
        new Deliveries.Target(
            place.account(),
            place.mailboxId(),
            place.name(),
            false,
            access.own() ? 0 : access.holder());
    this.replaced = replaced;
    if (first.getAppendId().isEmpty()) {
      appendId = new byte[APPEND_ID_OCTETS];
      RANDOM.nextBytes(appendId);
    } else {
      appendId = first.getAppendId().toByteArray();
      if (appendId.length != APPEND_ID_OCTETS) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "append_id has 16 octets");
      }
    }
    // Told before the octets come, where there are many.
    boolean small = first.getSize() > 0 && first.getSize() <= SMALL_OCTETS;
    if (!small && store.mailboxReads().find(access, target.mailboxId(), target.name()) == null) {
      throw new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
    }
    start(first);
  }

  /// Starts a message; the octets that follow are its.
  public void next(AppendHeader header) {
    if (replaced != null || header.hasReplaced()) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "one message replaces one message");
    }
    if (items.size() >= store.limits().appended()) {
      throw new StoreException(ErrorCode.LIMIT, "too many messages in one append");
    }
    IncomingMessage last = items.getLast().message();
    last.finish();
    if (items.stream().mapToLong(item -> item.message().held()).sum() > HELD_OCTETS) {
      last.release();
    }
    start(header);
  }

  private void start(AppendHeader header) {
    IncomingMessage.Copy copy = new IncomingMessage.Copy(target.accountId(), new byte[0]);
    items.add(
        new Item(
            header,
            access.may(Right.RIGHT_WRITE)
                ? KeywordList.of(header.getFlags().getKeywordsList())
                : KeywordList.of(List.of()),
            copy,
            new IncomingMessage(
                store.blobs(), store.limits().messageOctets(), header.getSize(), List.of(copy))));
  }

  public void feed(ByteString data) {
    items.getLast().message().feed(data);
  }

  /// Octets of a message that is there; of fewer there are only those. MESSAGE_NOT_FOUND.
  public void feed(Place from, BodyRange range) {
    if (range.getOffset() < 0 || range.getLength() < 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "offset or length is out of range");
    }
    IncomingMessage message = items.getLast().message();
    store
        .blobs()
        .read(
            from.account(),
            from.mailboxId(),
            Integer.toUnsignedLong(range.getUid()),
            range.getOffset(),
            range.getLength(),
            octets -> message.feed(UnsafeByteOperations.unsafeWrap(octets)));
  }

  /// With a replaced message, once [#finish] is done: what became of its mailbox.
  public Deliveries.@Nullable Removal removal() {
    return removal;
  }

  /// All messages are whole: stores them. In order.
  public List<Stored> finish() {
    long now = System.currentTimeMillis();
    List<NewMessage> messages = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      messages.add(made(i, now));
    }
    List<Stored> stored;
    try {
      stored = store(messages);
    } catch (StoreException e) {
      abandon();
      throw e;
    }
    ErrorCode error = ErrorCode.ERROR_CODE_UNSPECIFIED;
    for (int i = 0; i < stored.size(); i++) {
      Stored one = stored.get(i);
      if (!one.done() || one.repeated()) {
        items.get(i).message().abandon(items.get(i).copy());
      }
      if (!one.done() && one.error() != ErrorCode.CANNOT) {
        error = one.error();
      }
    }
    if (error != ErrorCode.ERROR_CODE_UNSPECIFIED) {
      throw new StoreException(error, "nothing was appended");
    }
    return stored;
  }

  private List<Stored> store(List<NewMessage> messages) {
    Replaced gone = replaced;
    if (gone != null) {
      return List.of(replace(gone, messages.getFirst()));
    }
    return messages.size() == 1
        ? List.of(store.store(target, messages.getFirst()))
        : store.storeAll(target, messages);
  }

  /// In one transaction within an account; else stored first and removed then, so that nothing is
  /// ever lost.
  private Stored replace(Replaced gone, NewMessage message) {
    Place from = gone.place();
    if (from.account() == target.accountId()) {
      Deliveries.Replacement done =
          store.replace(target, message, new Deliveries.Replaced(from.mailboxId(), gone.uid()));
      removal = done.removal();
      return done.stored();
    }
    UidSpans one = UidSpans.of(gone.uid());
    if (store
        .messageReads()
        .next(
            from.access(),
            from.mailboxId(),
            one,
            MessageReads.Reached.NOTHING,
            FetchItems.getDefaultInstance(),
            0)
        .messages()
        .isEmpty()) {
      throw new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "the replaced message is gone");
    }
    Stored stored = store.store(target, message);
    EntryChanges.Step<ExpungeResponse> step =
        stored.done()
            ? store.entryChanges().expunge(from.account(), from.mailboxId(), one, 0, true)
            : null;
    if (step != null) {
      removal =
          new Deliveries.Removal(step.response().getPreviousModseq(), step.response().getModseq());
      store.changed();
    }
    return stored;
  }

  private NewMessage made(int index, long now) {
    Item item = items.get(index);
    ParsedMessage parsed = item.message().finish();
    AppendHeader header = item.header();
    MessageFacts facts = Facts.of(parsed, 0);
    return new NewMessage(
        id(index, facts),
        header.getFlags().getSystem() & access.changeableFlags(),
        item.keywords().keywords(),
        header.getInternalDateMillis() == 0 ? now : header.getInternalDateMillis(),
        header.getInternalDateZoneMinutes(),
        item.message().size(item.copy()),
        item.message().firstChunkOctets(item.copy()),
        item.copy().blobId,
        item.message().body(item.copy()),
        facts,
        null,
        List.of(),
        List.of());
  }

  private byte[] id(int index, MessageFacts facts) {
    if (items.size() == 1) {
      String messageId = facts.messageId();
      return replaced == null
              && messageId != null
              && access.own()
              && store.submissions().copiesToSent(target.accountId())
          ? new SentCopies(store).appended(target, messageId, appendId)
          : appendId;
    }
    if (index == 0) {
      return appendId;
    }
    byte[] id = Arrays.copyOf(appendId, APPEND_ID_OCTETS + 2);
    id[APPEND_ID_OCTETS] = (byte) (index >> 8);
    id[APPEND_ID_OCTETS + 1] = (byte) index;
    return id;
  }

  /// The call ended without its messages being whole, or they could not be stored.
  public void abandon() {
    for (Item item : items) {
      try {
        item.message().abandon(item.copy());
      } catch (StoreException e) {
        // The database is away; the collector of old uploads will find it.
        return;
      }
    }
  }
}
