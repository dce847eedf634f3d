package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.UrlFetch.Item;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.Nuls;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.UrlFetchWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.service.imap.ImapUrl;
import mailwing.service.imap.Sections;
import mailwing.service.mime.TransferDecoder;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Part;
import mailwing.store.v1.UrlContent;
import mailwing.store.v1.UrlKeyReset;

/// GENURLAUTH, RESETKEY and URLFETCH (RFC 4467 §7, RFC 5524). URLs are secrets: none is logged.
final class UrlExecutor {
  private static final String INTERNAL = "INTERNAL";

  /// Octets of a large body that are in memory at a time.
  private static final int PIECE = 256 * 1024;

  private UrlExecutor() {}

  static Reply generate(Session session, LoggedIn state, AuthenticatedCommand.GenUrlAuth command)
      throws IOException {
    List<String> urls = new ArrayList<>();
    for (AuthenticatedCommand.GenUrlAuth.Request request : command.requests()) {
      if (!request.mechanism().equalsIgnoreCase(INTERNAL)) {
        return Reply.bad("Only the mechanism INTERNAL is supported");
      }
      if (!isOurs(session, request.url())) {
        return Reply.bad("Not a URL that can be authorized");
      }
      urls.add(request.url());
    }
    List<String> authorized;
    try {
      authorized = state.store().authorizeUrls(urls);
    } catch (StoreException e) {
      // RFC 4467 §7: what is wrong with the URL is BAD.
      return switch (e.code()) {
        case INVALID_ARGUMENT, MAILBOX_NOT_FOUND -> Reply.bad("Not a URL that can be authorized");
        default -> throw e;
      };
    }
    session.out().genUrlAuth(authorized);
    return Reply.ok("GENURLAUTH completed");
  }

  private static boolean isOurs(Session session, String url) {
    return ImapUrl.parse(url)
        .map(ImapUrl::server)
        .filter(server -> session.services().config().answersTo(server.host()))
        .isPresent();
  }

  static Reply resetKey(Session session, LoggedIn state, AuthenticatedCommand.ResetKey command) {
    if (!command.mechanisms().stream().allMatch(INTERNAL::equalsIgnoreCase)) {
      return Reply.no(ResponseCode.Name.CANNOT, "Only the mechanism INTERNAL is supported");
    }
    MailboxName mailbox = command.mailbox();
    for (UrlKeyReset reset : state.store().resetUrlKeys(mailbox == null ? "" : mailbox.value())) {
      // Other sessions are told by their Announcer.
      if (state instanceof Selected selected && selected.mailbox().is(reset.getMailbox())) {
        selected.view().toldUrlKeyResets(reset.getResets());
      }
    }
    if (mailbox == null) {
      return Reply.ok("All keys removed");
    }
    return mayTellMechanisms(session)
        ? Reply.ok(new ResponseCode.UrlMech(), "RESETKEY completed")
        : Reply.ok("RESETKEY completed");
  }

  /// URLMECH, untagged (RFC 4467 §8).
  static void tellMechanisms(Session session) throws IOException {
    if (mayTellMechanisms(session)) {
      session.out().untaggedOk(new ResponseCode.UrlMech(), "URLs can be authorized");
    }
  }

  /// RFC 4467 §10: only where nobody listens.
  private static boolean mayTellMechanisms(Session session) {
    return session.connection().tls().isPresent();
  }

  static Reply fetch(Session session, LoggedIn state, AuthenticatedCommand.UrlFetch command)
      throws IOException {
    UrlFetchWriter out = null;
    for (AuthenticatedCommand.UrlFetch.Request request : command.requests()) {
      // Asked for before the first octet of its answer: the store may be away.
      Optional<Content> content;
      try {
        content =
            isOurs(session, request.url())
                ? Content.open(state.store(), request.url())
                : Optional.empty();
      } catch (StoreException e) {
        if (out == null) {
          throw e;
        }
        throw new IOException("store failed within a response", e);
      }
      out = out == null ? session.out().urlFetch() : out;
      out.url(request.url());
      if (content.isEmpty()) {
        out.nil();
        continue;
      }
      try {
        tell(out, content.get(), request.items());
      } catch (StoreException e) {
        throw new IOException("store failed within a response", e);
      }
    }
    if (out != null) {
      out.end();
    }
    return Reply.ok("URLFETCH completed");
  }

  private static void tell(UrlFetchWriter out, Content content, Set<Item> items)
      throws IOException {
    if (items.isEmpty()) {
      content.write(out.octets(content.size()));
      return;
    }
    Optional<BinaryOctets> binary =
        items.contains(Item.BINARY) ? content.decoded() : Optional.empty();
    if (items.contains(Item.BODYPARTSTRUCTURE)) {
      out.structure(binary.isPresent() ? content.structure(binary.get()) : content.part());
    }
    if (binary.isPresent()) {
      binary.get().write(null, out::binary);
      out.endElement();
    } else if (items.contains(Item.BINARY)) {
      out.noBinary();
    }
    if (items.contains(Item.BODY)) {
      content.write(out.body(content.size()));
      out.endElement();
    }
  }

  /// What a valid URL names; the store checks the URL again with each piece.
  private record Content(MailStore store, String url, UrlContent told, ByteString first) {

    static Optional<Content> open(MailStore store, String url) {
      try {
        MailStore.UrlPiece piece = store.fetchUrl(url, 0, PIECE);
        return Optional.of(new Content(store, url, piece.content(), piece.octets()));
      } catch (StoreException e) {
        if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
          return Optional.empty();
        }
        throw e;
      }
    }

    long size() {
      return told.getSize();
    }

    Part part() {
      return told.getPart();
    }

    void write(OctetWriter to) throws IOException {
      long at = 0;
      while (at < size()) {
        ByteString piece = read(at, Math.min(size(), at + PIECE));
        to.write(Nuls.substituted(piece));
        at += piece.size();
      }
    }

    /// Exactly the octets `[start, end)`.
    private ByteString read(long start, long end) {
      if (end <= first.size()) {
        return first.substring((int) start, (int) end);
      }
      ByteString piece = store.fetchUrl(url, start, end - start).octets();
      if (piece.size() != end - start) {
        throw new StoreException(ErrorCode.INTERNAL, "fewer octets than the URL names", null);
      }
      return piece;
    }

    /// Empty where nobody knows the encoding, or the octets are not all of a part.
    Optional<BinaryOctets> decoded() {
      String encoding = told.getWholePart() ? Sections.encoding(part()) : "";
      return TransferDecoder.knows(encoding) && (told.getWholePart() || isMessage())
          ? Optional.of(
              new BinaryOctets(
                  new Sections.Encoded(new Sections.Octets(0, size()), encoding), this::read))
          : Optional.empty();
    }

    private boolean isMessage() {
      return size() == part().getEndOffset() - part().getHeaderOffset();
    }

    /// As it is without its encoding (RFC 5524 §3.2).
    Part structure(BinaryOctets binary) throws IOException {
      BinaryOctets.Extent extent = binary.extent();
      return told.getWholePart() && part().getPartsCount() == 0
          ? part().toBuilder()
              .setEncoding(ByteString.copyFromUtf8("BINARY"))
              .setEndOffset(part().getBodyOffset() + extent.octets())
              .setLines(extent.lines())
              .build()
          : part();
    }
  }
}
