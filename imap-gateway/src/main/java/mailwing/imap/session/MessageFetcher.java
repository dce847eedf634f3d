package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreStream;
import mailwing.imap.cache.KnownMessage;
import mailwing.imap.cache.MessageCache;
import mailwing.imap.cache.MessageKey;
import mailwing.imap.cache.Need;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.InternalDate;
import mailwing.imap.protocol.FetchWriter;
import mailwing.imap.protocol.Nuls;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.MessageState;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.HeaderSubset;
import mailwing.service.imap.Partial;
import mailwing.service.imap.Sections;
import mailwing.service.mime.TransferDecoder;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.Part;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// Writes the FETCH responses of one command, batch after batch.
final class MessageFetcher {
  /// Octets of a large body that are in memory at a time.
  private static final int PIECE = 256 * 1024;

  private final Session session;
  private final MessageCache cache;
  private final Selected state;
  private final FetchPlan plan;
  private final Set<Need> needsOfLarge;
  private final boolean binary;
  private final Map<Integer, KnownMessage> batch = new HashMap<>();

  MessageFetcher(Session session, Selected state, FetchPlan plan) {
    this.session = session;
    this.cache = session.services().messages();
    this.state = state;
    this.plan = plan;
    binary = plan.items().stream().anyMatch(FetchPlan::isBinary);
    needsOfLarge =
        EnumSet.copyOf(plan.needs().isEmpty() ? EnumSet.noneOf(Need.class) : plan.needs());
    needsOfLarge.remove(Need.BODY);
  }

  /// Gets what the plan needs of these messages.
  void load(List<MessageState> messages) {
    try (Loading loading = begin(messages)) {
      finish(loading);
    }
  }

  /// What is known of a batch, and the call for what is not.
  static final class Loading implements AutoCloseable {
    private final Map<Integer, KnownMessage> known = new HashMap<>();
    private final List<UidRange> missing = new ArrayList<>();
    private @Nullable StoreStream<FetchMessagesResponse> call;

    /// Nobody waits for it any more.
    @Override
    public void close() {
      if (call != null) {
        call.close();
      }
    }
  }

  /// Asks the store, in one call, for what the plan needs of these messages and the cache does not
  /// know; it works while another batch is written.
  Loading begin(List<MessageState> messages) {
    Loading loading = new Loading();
    if (plan.needs().isEmpty()) {
      return loading;
    }
    for (MessageState message : messages) {
      KnownMessage known = cache.find(key(message.uid()));
      if (known != null && known.knowsAll(needs(message))) {
        loading.known.put(message.uid(), known);
      } else if (!message.expunged() && !needs(message).isEmpty()) {
        loading.missing.add(
            UidRange.newBuilder().setFirst(message.uid()).setLast(message.uid()).build());
      }
    }
    if (!loading.missing.isEmpty()) {
      loading.call = ask(loading);
    }
    return loading;
  }

  private StoreStream<FetchMessagesResponse> ask(Loading loading) {
    return state
        .store()
        .beginFetch(
            state.mailbox().ref(),
            joined(loading.missing),
            plan.needs(),
            plan.needsBody() ? FetchPlan.SMALL_BODY : 0);
  }

  /// Takes what the store says; the batch is what is written next.
  void finish(Loading loading) {
    StoreStream<FetchMessagesResponse> call = loading.call;
    if (call != null) {
      try {
        take(call, loading);
      } catch (StoreException e) {
        if (e.code() != ErrorCode.UNAVAILABLE) {
          throw e;
        }
        // It was begun before its turn, and a client that reads slowly may have outlasted it.
        take(ask(loading), loading);
      }
    }
    batch.clear();
    batch.putAll(loading.known);
  }

  private void take(StoreStream<FetchMessagesResponse> call, Loading loading) {
    for (FetchedMessage fetched : MailStore.messages(call)) {
      KnownMessage known = KnownMessage.of(fetched, plan.needs());
      loading.known.put(fetched.getUid(), known);
      cache.learn(key(fetched.getUid()), known);
    }
  }

  /// Neighbouring UIDs as one range.
  private static List<UidRange> joined(List<UidRange> single) {
    List<UidRange> ranges = new ArrayList<>();
    for (UidRange range : single) {
      UidRange last = ranges.isEmpty() ? null : ranges.getLast();
      if (last != null && last.getLast() + 1 == range.getFirst()) {
        ranges.set(ranges.size() - 1, last.toBuilder().setLast(range.getLast()).build());
      } else {
        ranges.add(range);
      }
    }
    return ranges;
  }

  private Set<Need> needs(MessageState message) {
    return message.size() > FetchPlan.SMALL_BODY ? needsOfLarge : plan.needs();
  }

  private MessageKey key(int uid) {
    return new MessageKey(state.mailbox().shared().key(), uid);
  }

  /// How one message was told of.
  enum Told {
    TOLD,
    /// The message is gone, and nothing can be told of it.
    GONE,
    /// What BINARY asked for was left out (RFC 3516 §4.3).
    UNKNOWN_CTE
  }

  /// Writes one response.
  Told write(MessageState message, boolean uid, boolean seenNow) throws IOException {
    KnownMessage known = batch.getOrDefault(message.uid(), KnownMessage.NOTHING);
    if (!known.knowsAll(needs(message))) {
      return Told.GONE;
    }
    ByteString ahead = null;
    if (plan.needsBody() && known.body() == null) {
      // The first piece before the first octet of the answer: the message may be gone.
      ahead = firstPiece(message, known);
      if (ahead == null) {
        return Told.GONE;
      }
    }
    List<FetchItem> items = decodable(known);
    boolean all = items.size() == plan.items().size();
    if (items.isEmpty() && !uid && !seenNow) {
      return Told.UNKNOWN_CTE;
    }
    try {
      respond(items, message, known, ahead, uid, seenNow);
    } catch (StoreException e) {
      // A response that has begun cannot be taken back: the stream ends here.
      throw new IOException("store failed within a response", e);
    }
    return all ? Told.TOLD : Told.UNKNOWN_CTE;
  }

  /// The items but those of BINARY whose encoding nobody knows.
  private List<FetchItem> decodable(KnownMessage known) {
    if (!binary) {
      return plan.items();
    }
    return plan.items().stream().filter(item -> isDecodable(item, known)).toList();
  }

  private static boolean isDecodable(FetchItem item, KnownMessage known) {
    List<Integer> part =
        switch (item) {
          case FetchItem.Binary binary -> binary.part();
          case FetchItem.BinarySize size -> size.part();
          default -> List.of();
        };
    if (part.isEmpty()) {
      return true;
    }
    Sections.Encoded encoded = Sections.encoded(Objects.requireNonNull(known.structure()), part);
    return encoded == null || TransferDecoder.knows(encoded.encoding());
  }

  private void respond(
      List<FetchItem> items,
      MessageState message,
      KnownMessage known,
      @Nullable ByteString ahead,
      boolean uid,
      boolean seenNow)
      throws IOException {
    boolean uidOnly = session.enabled(Feature.UIDONLY);
    FetchWriter fetch = Announcer.begin(session, message);
    boolean uidTold = uidOnly;
    if (uid && !uidOnly) {
      fetch.uid(Integer.toUnsignedLong(message.uid()));
      uidTold = true;
    }
    boolean flagsTold = false;
    boolean modSeqTold = false;
    for (FetchItem item : items) {
      switch (item) {
        case FetchItem.Attribute.UID -> {
          if (!uidTold || uidOnly) {
            fetch.uid(Integer.toUnsignedLong(message.uid()));
            uidTold = true;
          }
        }
        case FetchItem.Attribute.FLAGS -> {
          Announcer.flags(session, fetch, message);
          flagsTold = true;
        }
        case FetchItem.Attribute.MODSEQ -> {
          Announcer.modSeq(session, fetch, message);
          modSeqTold = true;
        }
        default -> {
          if (FetchPlan.holdsOctets(item)) {
            octets(fetch, item, message, known, ahead);
          } else {
            attribute(fetch, item, message, known);
          }
        }
      }
    }
    if (seenNow && !flagsTold) {
      Announcer.flags(session, fetch, message);
    }
    if (seenNow && session.enabled(Feature.CONDSTORE)) {
      // RFC 7162 §3.2.4.
      if (!uidTold) {
        fetch.uid(Integer.toUnsignedLong(message.uid()));
      }
      if (!modSeqTold) {
        Announcer.modSeq(session, fetch, message);
      }
    }
    fetch.end();
  }

  private void attribute(
      FetchWriter fetch, FetchItem item, MessageState message, KnownMessage known)
      throws IOException {
    switch (item) {
      case FetchItem.Attribute.RFC822_SIZE -> fetch.size(message.size());
      case FetchItem.Attribute.INTERNALDATE -> {
        KnownMessage.Dates dates = Objects.requireNonNull(known.dates());
        fetch.internalDate(new InternalDate(dates.internalMillis(), dates.zoneMinutes()));
      }
      case FetchItem.Attribute.ENVELOPE -> fetch.envelope(Objects.requireNonNull(known.envelope()));
      case FetchItem.Attribute.BODY -> fetch.body(Objects.requireNonNull(known.structure()));
      case FetchItem.Attribute.BODYSTRUCTURE ->
          fetch.bodyStructure(Objects.requireNonNull(known.structure()));
      case FetchItem.Attribute.EMAILID ->
          fetch.emailId(
              ObjectIds.email(
                  state.mailbox().shared().key(), Objects.requireNonNull(known.ids()).messageId()));
      case FetchItem.Attribute.THREADID ->
          fetch.threadId(
              ObjectIds.thread(
                  state.mailbox().shared().key(), Objects.requireNonNull(known.ids()).threadId()));
      case FetchItem.Attribute.SAVEDATE ->
          fetch.saveDate(new InternalDate(Objects.requireNonNull(known.ids()).saveDateMillis(), 0));
      case FetchItem.Preview _ -> fetch.preview(known.preview());
      default -> throw new IllegalArgumentException("no attribute: " + item);
    }
  }

  private void octets(
      FetchWriter fetch,
      FetchItem item,
      MessageState message,
      KnownMessage known,
      @Nullable ByteString ahead)
      throws IOException {
    switch (item) {
      case FetchItem.Binary binary -> {
        BinaryOctets decoded = binary(binary.part(), message, known);
        if (decoded == null) {
          fetch.nil(item);
        } else {
          decoded.write(
              binary.partial(),
              (length, nul) -> nul ? fetch.octets8(item, length) : fetch.octets(item, length));
        }
        return;
      }
      case FetchItem.BinarySize size -> {
        BinaryOctets decoded = binary(size.part(), message, known);
        fetch.binarySize(size, decoded == null ? 0 : decoded.size());
        return;
      }
      default -> {}
    }
    BodySection section = FetchItem.section(item);
    Partial partial = item instanceof FetchItem.Body body ? body.partial() : null;
    ByteString header = known.header();
    if (!plan.needsBody() && header != null) {
      fetch.octets(item, header(header, section, partial));
      return;
    }
    switch (resolve(section, message, known)) {
      case Sections.Octets octets ->
          range(fetch, item, octets.partial(partial), message, known, ahead);
      case Sections.Fields fields -> {
        ByteString whole = read(message, known, fields.start(), fields.end());
        if (whole == null) {
          fetch.nil(item);
        } else {
          fetch.octets(item, HeaderSubset.of(whole, section, partial));
        }
      }
      case Sections.Missing _ -> fetch.nil(item);
    }
  }

  private @Nullable BinaryOctets binary(
      List<Integer> part, MessageState message, KnownMessage known) {
    Sections.Encoded encoded = Sections.encoded(Objects.requireNonNull(known.structure()), part);
    return encoded == null
        ? null
        : new BinaryOctets(encoded, (start, end) -> read(message, known, start, end));
  }

  private static ByteString header(
      ByteString header, BodySection section, @Nullable Partial partial) {
    if (section.text() == BodySection.Text.HEADER) {
      Sections.Octets octets = new Sections.Octets(0, header.size()).partial(partial);
      return header.substring((int) octets.start(), (int) octets.end());
    }
    return HeaderSubset.of(header, section, partial);
  }

  private static Sections.Resolved resolve(
      BodySection section, MessageState message, KnownMessage known) {
    if (section.part().isEmpty() && section.text() == BodySection.Text.CONTENT) {
      return new Sections.Octets(0, message.size());
    }
    Part structure = Objects.requireNonNull(known.structure());
    return Sections.resolve(structure, section);
  }

  /// Octets of a small body from memory, of a large one piece by piece.
  private void range(
      FetchWriter fetch,
      FetchItem item,
      Sections.Octets octets,
      MessageState message,
      KnownMessage known,
      @Nullable ByteString ahead)
      throws IOException {
    ByteString body = known.body();
    if (body != null) {
      fetch.octets(item, body.substring((int) octets.start(), (int) octets.end()));
      return;
    }
    long at = octets.start();
    ByteString piece =
        ahead != null && at == 0 && ahead.size() <= octets.length()
            ? ahead
            : read(message, known, at, Math.min(octets.end(), at + PIECE));
    if (piece == null) {
      fetch.nil(item);
      return;
    }
    OctetWriter to = fetch.octets(item, octets.length());
    while (true) {
      to.write(Nuls.substituted(piece));
      at += piece.size();
      if (at >= octets.end()) {
        return;
      }
      piece = read(message, known, at, Math.min(octets.end(), at + PIECE));
      if (piece == null) {
        // A literal cannot be taken back: the stream ends here.
        throw new IOException("message gone within its literal");
      }
    }
  }

  /// The beginning of a large message; null if it is gone.
  private @Nullable ByteString firstPiece(MessageState message, KnownMessage known) {
    return read(message, known, 0, Math.min(PIECE, message.size()));
  }

  /// Exactly the octets `[start, end)`, or null if the message is gone.
  private @Nullable ByteString read(
      MessageState message, KnownMessage known, long start, long end) {
    ByteString body = known.body();
    if (body != null) {
      return body.substring((int) start, (int) end);
    }
    if (start == end) {
      return ByteString.EMPTY;
    }
    try {
      ByteString piece =
          state.store().read(state.mailbox().ref(), message.uid(), start, end - start);
      if (piece.size() != end - start) {
        throw new StoreException(ErrorCode.INTERNAL, "body shorter than its structure", null);
      }
      return piece;
    } catch (StoreException e) {
      if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }
}
