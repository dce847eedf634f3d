package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoredBody;
import mailwing.imap.cache.KnownMessage;
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
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// Writes the FETCH responses of one command, batch after batch.
final class MessageFetcher {
  private final Session session;
  private final Selected state;
  private final FetchPlan plan;
  private final boolean binary;
  private final MessageLoader loader;

  /// Of the command's own items: each is asked for again and again.
  private final IdentityHashMap<BodySection, HeaderSubset> subsets = new IdentityHashMap<>();

  private KnownMessages batch = KnownMessages.NONE;

  MessageFetcher(Session session, Selected state, FetchPlan plan) {
    this.session = session;
    this.state = state;
    this.plan = plan;
    binary = plan.items().stream().anyMatch(FetchPlan::isBinary);
    loader = new MessageLoader(session, state, plan);
  }

  /// Gets what the plan needs of these messages: of how many, from the first on.
  int load(List<MessageState> messages) {
    try (MessageLoader.Loading loading = begin(messages)) {
      finish(loading);
      return loading.end();
    }
  }

  /// As [#finish] needs it.
  MessageLoader.Loading begin(List<MessageState> messages) {
    return loader.begin(messages);
  }

  /// Takes what the store says; the batch is what is written next, as far as its end.
  void finish(MessageLoader.Loading loading) {
    // The one before is not held with it.
    batch = KnownMessages.NONE;
    batch = loader.finish(loading);
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
    KnownMessage known = batch.of(message.uid());
    if (!loader.isEnough(known, message)) {
      return Told.GONE;
    }
    if (!plan.needsBody() || known.body() != null) {
      return write(message, known, null, uid, seenNow);
    }
    try (StoredBody large =
        state
            .store()
            .body(
                session.services().bodies(),
                state.mailbox().ref(),
                message.uid(),
                message.size())) {
      // The first piece before the first octet of the answer: the message may be gone.
      Sections.Octets first = first(message, known);
      if (large.next(first.start(), first.end()) == null) {
        return Told.GONE;
      }
      return write(message, known, large, uid, seenNow);
    }
  }

  /// The octets that are told of first; at least one.
  private Sections.Octets first(MessageState message, KnownMessage known) {
    for (FetchItem item : plan.items()) {
      Sections.Octets octets = octets(item, message, known);
      if (octets.length() > 0) {
        return octets;
      }
    }
    return new Sections.Octets(0, 1);
  }

  /// Where the octets of an item are in a large message; none of an item that has none.
  private static Sections.Octets octets(FetchItem item, MessageState message, KnownMessage known) {
    Sections.Octets none = new Sections.Octets(0, 0);
    if (!FetchPlan.holdsOctets(item)) {
      return none;
    }
    List<Integer> part = binaryPart(item);
    if (part != null) {
      Sections.Encoded encoded = Sections.encoded(Objects.requireNonNull(known.structure()), part);
      return encoded == null ? none : encoded.octets();
    }
    return switch (resolve(FetchItem.section(item), message, known)) {
      case Sections.Octets octets ->
          octets.partial(item instanceof FetchItem.Body body ? body.partial() : null);
      case Sections.Fields fields -> new Sections.Octets(fields.start(), fields.end());
      case Sections.Missing _ -> none;
    };
  }

  private static @Nullable List<Integer> binaryPart(FetchItem item) {
    return switch (item) {
      case FetchItem.Binary binary -> binary.part();
      case FetchItem.BinarySize size -> size.part();
      default -> null;
    };
  }

  private Told write(
      MessageState message,
      KnownMessage known,
      @Nullable StoredBody large,
      boolean uid,
      boolean seenNow)
      throws IOException {
    List<FetchItem> items = decodable(known);
    boolean all = items.size() == plan.items().size();
    if (items.isEmpty() && !uid && !seenNow) {
      return Told.UNKNOWN_CTE;
    }
    try {
      respond(items, message, known, large, uid, seenNow);
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
    List<Integer> part = binaryPart(item);
    if (part == null || part.isEmpty()) {
      return true;
    }
    Sections.Encoded encoded = Sections.encoded(Objects.requireNonNull(known.structure()), part);
    return encoded == null || TransferDecoder.knows(encoded.encoding());
  }

  private void respond(
      List<FetchItem> items,
      MessageState message,
      KnownMessage known,
      @Nullable StoredBody large,
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
      if (item instanceof FetchItem.Attribute attribute) {
        // Of names alone: a switch over these and records together is slow, and this is done often.
        switch (attribute) {
          case UID -> {
            if (!uidTold || uidOnly) {
              fetch.uid(Integer.toUnsignedLong(message.uid()));
              uidTold = true;
            }
          }
          case FLAGS -> {
            Announcer.flags(session, fetch, message);
            flagsTold = true;
          }
          case MODSEQ -> {
            Announcer.modSeq(session, fetch, message);
            modSeqTold = true;
          }
          case RFC822, RFC822_HEADER, RFC822_TEXT -> octets(fetch, item, message, known, large);
          case RFC822_SIZE,
              INTERNALDATE,
              ENVELOPE,
              BODY,
              BODYSTRUCTURE,
              EMAILID,
              THREADID,
              SAVEDATE ->
              attribute(fetch, attribute, message, known);
        }
      } else {
        other(fetch, item, message, known, large);
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

  /// What is more than a name.
  private void other(
      FetchWriter fetch,
      FetchItem item,
      MessageState message,
      KnownMessage known,
      @Nullable StoredBody large)
      throws IOException {
    if (item instanceof FetchItem.Preview) {
      fetch.preview(known.preview());
    } else {
      octets(fetch, item, message, known, large);
    }
  }

  private void attribute(
      FetchWriter fetch, FetchItem.Attribute item, MessageState message, KnownMessage known)
      throws IOException {
    switch (item) {
      case RFC822_SIZE -> fetch.size(message.size());
      case INTERNALDATE -> {
        KnownMessage.Dates dates = Objects.requireNonNull(known.dates());
        fetch.internalDate(new InternalDate(dates.internalMillis(), dates.zoneMinutes()));
      }
      case ENVELOPE -> fetch.envelope(Objects.requireNonNull(known.envelope()));
      case BODY -> fetch.body(Objects.requireNonNull(known.structure()));
      case BODYSTRUCTURE -> fetch.bodyStructure(Objects.requireNonNull(known.structure()));
      case EMAILID ->
          fetch.emailId(
              ObjectIds.email(
                  state.mailbox().shared().key(), Objects.requireNonNull(known.ids()).messageId()));
      case THREADID ->
          fetch.threadId(
              ObjectIds.thread(
                  state.mailbox().shared().key(), Objects.requireNonNull(known.ids()).threadId()));
      case SAVEDATE ->
          fetch.saveDate(new InternalDate(Objects.requireNonNull(known.ids()).saveDateMillis(), 0));
      default -> throw new IllegalArgumentException("no attribute: " + item);
    }
  }

  private void octets(
      FetchWriter fetch,
      FetchItem item,
      MessageState message,
      KnownMessage known,
      @Nullable StoredBody large)
      throws IOException {
    switch (item) {
      case FetchItem.Binary binary -> {
        BinaryOctets decoded = binary(binary.part(), known, large);
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
        BinaryOctets decoded = binary(size.part(), known, large);
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
      case Sections.Octets octets -> range(fetch, item, octets.partial(partial), known, large);
      case Sections.Fields fields -> {
        ByteString whole = read(known, large, fields.start(), fields.end());
        if (whole == null) {
          fetch.nil(item);
        } else {
          fetch.octets(item, subset(section).of(whole, partial));
        }
      }
      case Sections.Missing _ -> fetch.nil(item);
    }
  }

  private @Nullable BinaryOctets binary(
      List<Integer> part, KnownMessage known, @Nullable StoredBody large) {
    Sections.Encoded encoded = Sections.encoded(Objects.requireNonNull(known.structure()), part);
    return encoded == null
        ? null
        : new BinaryOctets(encoded, (start, end) -> read(known, large, start, end));
  }

  private ByteString header(ByteString header, BodySection section, @Nullable Partial partial) {
    if (section.text() == BodySection.Text.HEADER) {
      Sections.Octets octets = new Sections.Octets(0, header.size()).partial(partial);
      return header.substring((int) octets.start(), (int) octets.end());
    }
    return subset(section).of(header, partial);
  }

  private HeaderSubset subset(BodySection section) {
    return subsets.computeIfAbsent(section, HeaderSubset::new);
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
  private static void range(
      FetchWriter fetch,
      FetchItem item,
      Sections.Octets octets,
      KnownMessage known,
      @Nullable StoredBody large)
      throws IOException {
    ByteString body = known.body();
    if (body != null) {
      fetch.octets(item, body.substring((int) octets.start(), (int) octets.end()));
      return;
    }
    StoredBody from = Objects.requireNonNull(large);
    long at = octets.start();
    if (at < octets.end() && from.next(at, octets.end()) == null) {
      fetch.nil(item);
      return;
    }
    OctetWriter to = fetch.octets(item, octets.length());
    while (at < octets.end()) {
      ByteString some = from.next(at, octets.end());
      if (some == null) {
        // A literal cannot be taken back: the stream ends here.
        throw new IOException("message gone within its literal");
      }
      to.write(from.plain() ? some : Nuls.substituted(some));
      at += some.size();
    }
  }

  /// Exactly the octets `[start, end)`, or null if the message is gone.
  private static @Nullable ByteString read(
      KnownMessage known, @Nullable StoredBody large, long start, long end) {
    ByteString body = known.body();
    return body != null
        ? body.substring((int) start, (int) end)
        : Objects.requireNonNull(large).read(start, end);
  }
}
