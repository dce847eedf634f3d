package mailwing.imap.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.EOFException;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.DeliveryIds;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreUpload;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.AppendStep;
import mailwing.imap.protocol.LiteralStream;
import mailwing.imap.protocol.Parsed;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Flags;
import mailwing.store.v1.ReplacedMessage;
import mailwing.store.v1.Right;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;
import org.jspecify.annotations.Nullable;

/// The messages of one APPEND or REPLACE on their way to the store: a small one in one frame,
/// octets of others as they come from the connection, asked for only once the mailbox is known to
/// be there; what CATENATE takes from other messages the store takes from there itself.
final class MessageUpload {
  private static final int FRAME = 64 * 1024;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Session session;
  private final LoggedIn state;
  private final StoreUpload<AppendRequest, AppendResponse> call;
  private final MailboxName mailbox;
  private long octets;
  private HeaderWatch header = new HeaderWatch();

  private MessageUpload(
      Session session,
      LoggedIn state,
      StoreUpload<AppendRequest, AppendResponse> call,
      MailboxName mailbox) {
    this.session = session;
    this.state = state;
    this.call = call;
    this.mailbox = mailbox;
  }

  /// What to do once all is stored.
  @FunctionalInterface
  interface Committed {
    Reply answer(AppendResponse response) throws IOException;
  }

  /// Uploads all messages of the command that the parser is in.
  ///
  /// @param replaced null: none
  static Reply run(
      Session session,
      LoggedIn state,
      MailboxName mailbox,
      AppendMessage first,
      @Nullable ReplacedMessage replaced,
      Committed committed)
      throws IOException {
    boolean small = replaced == null && isSmall(first.data());
    Reply refused = small ? null : refused(session, state, mailbox);
    if (refused != null) {
      return refused;
    }
    AppendHeader.Builder header =
        AppendHeader.newBuilder()
            .setMailboxName(mailbox.value())
            .setAppendId(ByteString.copyFrom(DeliveryIds.next(RANDOM)));
    if (replaced != null) {
      header.setReplaced(replaced);
    }
    try (StoreUpload<AppendRequest, AppendResponse> call = state.store().append()) {
      return new MessageUpload(session, state, call, mailbox).messages(first, header, committed);
    } catch (EOFException e) {
      return silent();
    } catch (StoreException e) {
      if (small && e.code() == ErrorCode.MAILBOX_NOT_FOUND) {
        return missing();
      }
      throw e;
    }
  }

  /// Small enough that it costs more to ask for its mailbox than to find out with the message.
  private static boolean isSmall(AppendMessage.Data data) {
    return data instanceof AppendMessage.Literal literal
        && literal.size() > 0
        && literal.size() <= FRAME;
  }

  private static Reply missing() {
    return Reply.no(ResponseCode.Name.TRYCREATE, "Mailbox does not exist");
  }

  private static @Nullable Reply refused(Session session, LoggedIn state, MailboxName mailbox) {
    StatusResult target =
        session
            .services()
            .heads()
            .check(
                StatusQuery.newBuilder()
                    .setName(mailbox.value())
                    .setToken(state.store().token())
                    .build());
    if (OpenMailbox.isGone(target.getError()) && mayInsertUnread(state, mailbox)) {
      return null;
    }
    return switch (target.getError()) {
      case ERROR_CODE_UNSPECIFIED -> null;
      case MAILBOX_NOT_FOUND -> missing();
      default -> StoreErrors.reply(target.getError());
    };
  }

  /// Another's mailbox may be there to append to and not to be read (RFC 4314 §4).
  private static boolean mayInsertUnread(LoggedIn state, MailboxName mailbox) {
    try {
      return (state.store().rights(mailbox) & Right.RIGHT_INSERT_VALUE) != 0;
    } catch (StoreException e) {
      if (OpenMailbox.isGone(e.code())) {
        return false;
      }
      throw e;
    }
  }

  private Reply messages(AppendMessage first, AppendHeader.Builder firstFrame, Committed committed)
      throws IOException {
    AppendMessage message = first;
    AppendHeader.Builder frame = firstFrame;
    int count = 0;
    while (true) {
      Reply refused = MessageLimit.refused(session, ++count);
      if (refused != null) {
        return refused;
      }
      octets = 0;
      header = new HeaderWatch();
      Reply failed =
          switch (message.data()) {
            case AppendMessage.Literal literal when isSmall(literal) ->
                whole(frame, message, literal);
            case AppendMessage.Literal literal -> {
              begin(frame.setSize(literal.size()), message, ByteString.EMPTY);
              yield literal.size() == 0 ? empty() : literal(literal);
            }
            case AppendMessage.Catenate _ -> {
              begin(frame, message, ByteString.EMPTY);
              yield parts();
            }
          };
      if (failed != null) {
        return failed;
      }
      switch (session.parser().nextStep()) {
        case AppendStep.End _ -> {
          AppendResponse done = call.finish();
          OldNames.tell(session, List.of(), mailbox.value(), mailbox);
          Reply reply = committed.answer(done);
          session.madeHere(done.getMailbox(), done.getUidsList(), done.getModseq());
          return reply;
        }
        case AppendStep.Message next -> {
          message = next.message();
          frame = AppendHeader.newBuilder();
        }
        case AppendStep.Failed wrong -> {
          return failed(wrong.refused());
        }
        case AppendStep.EndOfInput _ -> {
          return silent();
        }
        case AppendStep.Part _, AppendStep.PartsEnd _ ->
            throw new IllegalStateException("a part outside CATENATE");
      }
    }
  }

  /// A small message: its header and its octets at once.
  private @Nullable Reply whole(
      AppendHeader.Builder frame, AppendMessage message, AppendMessage.Literal literal)
      throws IOException {
    Reply tooBig = grown(literal.size());
    if (tooBig != null) {
      return tooBig;
    }
    LiteralStream stream = session.parser().open(literal);
    byte[] all = stream.readNBytes((int) literal.size());
    header.pass(all, all.length);
    Reply refused = refused(stream, literal);
    if (refused == null) {
      begin(frame.setSize(all.length), message, UnsafeByteOperations.unsafeWrap(all));
    }
    return refused;
  }

  private void begin(AppendHeader.Builder header, AppendMessage message, ByteString data) {
    header.setFlags(
        Flags.newBuilder()
            .setSystem(message.flags().system())
            .addAllKeywords(message.flags().keywords()));
    InternalDate date = message.date();
    if (date != null) {
      header
          .setInternalDateMillis(date.epochMillis())
          .setInternalDateZoneMinutes(date.zoneMinutes());
    }
    call.send(AppendRequest.newBuilder().setHeader(header).setData(data).build());
  }

  /// The parts of CATENATE (RFC 4469 §3), up to its end; null where all is well.
  private @Nullable Reply parts() throws IOException {
    while (true) {
      switch (session.parser().nextStep()) {
        case AppendStep.Part part -> {
          Reply failed =
              switch (part.part()) {
                case AppendMessage.TextPart text -> literal(text.literal());
                case AppendMessage.UrlPart url -> url(url.url());
              };
          if (failed != null) {
            return failed;
          }
        }
        case AppendStep.PartsEnd _ -> {
          return octets == 0 ? empty() : null;
        }
        case AppendStep.Failed wrong -> {
          return failed(wrong.refused());
        }
        case AppendStep.EndOfInput _ -> {
          return silent();
        }
        case AppendStep.End _, AppendStep.Message _ ->
            throw new IllegalStateException("the end within CATENATE");
      }
    }
  }

  private @Nullable Reply literal(AppendMessage.Literal literal) throws IOException {
    Reply tooBig = grown(literal.size());
    if (tooBig != null) {
      return tooBig;
    }
    LiteralStream stream = session.parser().open(literal);
    byte[] frame = new byte[(int) Math.min(FRAME, stream.remaining())];
    while (stream.remaining() > 0) {
      int count = stream.readNBytes(frame, 0, (int) Math.min(frame.length, stream.remaining()));
      header.pass(frame, count);
      data(ByteString.copyFrom(frame, 0, count));
    }
    return refused(stream, literal);
  }

  /// What is wrong with a literal that was read.
  private @Nullable Reply refused(LiteralStream stream, AppendMessage.Literal literal) {
    if (header.refused(session)) {
      return Reply.no(ResponseCode.Name.CANNOT, "8-bit header, ENABLE UTF8=ACCEPT first");
    }
    return stream.holdsNul() && !literal.binary() ? Reply.bad("NUL in a literal") : null;
  }

  private @Nullable Reply url(String url) {
    Optional<MessageUrls.Named> named = MessageUrls.resolve(session, state, url);
    if (named.isEmpty()) {
      return badUrl(url);
    }
    Reply tooBig = grown(named.get().length());
    if (tooBig != null) {
      return tooBig;
    }
    header.passElsewhere();
    switch (named.get()) {
      case MessageUrls.Stored stored ->
          call.send(AppendRequest.newBuilder().setRange(stored.range()).build());
      case MessageUrls.Made made -> {
        ByteString all = made.octets();
        for (int at = 0; at < all.size(); at += FRAME) {
          data(all.substring(at, Math.min(all.size(), at + FRAME)));
        }
      }
      case MessageUrls.Authorized authorized -> {
        return authorized(authorized);
      }
    }
    return null;
  }

  /// Piece by piece; the URL may lose its force on the way.
  private @Nullable Reply authorized(MessageUrls.Authorized authorized) {
    long at = 0;
    while (at < authorized.length()) {
      ByteString piece;
      try {
        piece = state.store().fetchUrl(authorized.url(), at, FRAME).octets();
      } catch (StoreException e) {
        if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
          return badUrl(authorized.url());
        }
        throw e;
      }
      if (piece.isEmpty()) {
        return badUrl(authorized.url());
      }
      data(piece);
      at += piece.size();
    }
    return null;
  }

  private static Reply badUrl(String url) {
    return Reply.no(new ResponseCode.BadUrl(url), "No such message or part");
  }

  private void data(ByteString octets) {
    call.send(AppendRequest.newBuilder().setData(octets).build());
  }

  /// The message has that many octets more.
  private @Nullable Reply grown(long more) {
    octets += more;
    return octets > session.services().config().maxMessage()
        ? Reply.no(ResponseCode.Name.TOOBIG, "Message too large")
        : null;
  }

  private static Reply empty() {
    return Reply.no(ResponseCode.Name.CLIENTBUG, "A message has at least one octet");
  }

  private static Reply silent() {
    return new Reply(Reply.Status.SILENT_END, null, "");
  }

  private Reply failed(Parsed.Refused refused) throws IOException {
    if (refused.close()) {
      session.farewell(refused.text());
      return silent();
    }
    return new Reply(
        refused.no() ? Reply.Status.NO : Reply.Status.BAD, refused.code(), refused.text());
  }
}
