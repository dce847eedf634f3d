package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.EOFException;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreUpload;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.AppendStep;
import mailwing.imap.protocol.LiteralStream;
import mailwing.imap.protocol.Parsed;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Flags;
import mailwing.store.v1.Right;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;

/// APPEND (RFC 9051 §6.3.12): octets flow from the connection to the store in frames, and are asked
/// for only once the mailbox is known to be there.
final class AppendExecutor {
  private static final int FRAME = 64 * 1024;
  private static final SecureRandom RANDOM = new SecureRandom();

  private AppendExecutor() {}

  static Reply execute(Session session, LoggedIn state, AuthenticatedCommand.Append command)
      throws IOException {
    StatusResult target =
        session
            .services()
            .heads()
            .check(
                StatusQuery.newBuilder()
                    .setName(command.mailbox().value())
                    .setToken(state.store().token())
                    .build());
    boolean hidden = OpenMailbox.isGone(target.getError());
    if (hidden && mayInsertUnread(state, command.mailbox())) {
      return upload(session, state, command);
    }
    if (target.getError() == ErrorCode.MAILBOX_NOT_FOUND) {
      return Reply.no(ResponseCode.Name.TRYCREATE, "Mailbox does not exist");
    }
    if (target.getError() != ErrorCode.ERROR_CODE_UNSPECIFIED) {
      return StoreErrors.reply(target.getError());
    }
    return upload(session, state, command);
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

  private static Reply upload(Session session, LoggedIn state, AuthenticatedCommand.Append command)
      throws IOException {
    try (StoreUpload<AppendRequest, AppendResponse> call = state.store().append()) {
      AppendMessage message = command.first();
      boolean first = true;
      int count = 0;
      while (true) {
        Reply refused = MessageLimit.refused(session, ++count);
        if (refused != null) {
          return refused;
        }
        if (!(message.data() instanceof AppendMessage.Literal literal)) {
          return Reply.bad("CATENATE is not supported");
        }
        if (literal.size() == 0) {
          return Reply.no(ResponseCode.Name.CLIENTBUG, "A message has at least one octet");
        }
        call.send(AppendRequest.newBuilder().setHeader(header(command, message, first)).build());
        LiteralStream octets = session.parser().open(literal);
        HeaderWatch header = new HeaderWatch();
        send(octets, call, header);
        if (header.refused(session)) {
          return Reply.no(ResponseCode.Name.CANNOT, "8-bit header, ENABLE UTF8=ACCEPT first");
        }
        if (octets.holdsNul() && !literal.binary()) {
          return Reply.bad("NUL in a literal");
        }
        first = false;
        switch (session.parser().nextStep()) {
          case AppendStep.End _ -> {
            AppendResponse done = call.finish();
            MailboxName mailbox = command.mailbox();
            OldNames.tell(session, List.of(), mailbox.value(), mailbox);
            return commit(session, state, done);
          }
          case AppendStep.Message next -> message = next.message();
          case AppendStep.Failed failed -> {
            return failed(session, failed.refused());
          }
          case AppendStep.EndOfInput _ -> {
            return new Reply(Reply.Status.SILENT_END, null, "");
          }
          case AppendStep.Part _, AppendStep.PartsEnd _ -> {
            return Reply.bad("CATENATE is not supported");
          }
        }
      }
    } catch (EOFException e) {
      return new Reply(Reply.Status.SILENT_END, null, "");
    }
  }

  private static AppendHeader header(
      AuthenticatedCommand.Append command, AppendMessage message, boolean first) {
    AppendHeader.Builder header =
        AppendHeader.newBuilder()
            .setFlags(
                Flags.newBuilder()
                    .setSystem(message.flags().system())
                    .addAllKeywords(message.flags().keywords()));
    if (message.data() instanceof AppendMessage.Literal literal) {
      header.setSize(literal.size());
    }
    InternalDate date = message.date();
    if (date != null) {
      header
          .setInternalDateMillis(date.epochMillis())
          .setInternalDateZoneMinutes(date.zoneMinutes());
    }
    if (first) {
      byte[] id = new byte[16];
      RANDOM.nextBytes(id);
      header.setMailboxName(command.mailbox().value()).setAppendId(ByteString.copyFrom(id));
    }
    return header.build();
  }

  private static void send(
      LiteralStream octets, StoreUpload<AppendRequest, AppendResponse> call, HeaderWatch header)
      throws IOException {
    byte[] frame = new byte[(int) Math.min(FRAME, octets.remaining())];
    while (octets.remaining() > 0) {
      int count = octets.readNBytes(frame, 0, (int) Math.min(frame.length, octets.remaining()));
      header.pass(frame, count);
      call.send(AppendRequest.newBuilder().setData(ByteString.copyFrom(frame, 0, count)).build());
    }
  }

  private static Reply commit(Session session, LoggedIn state, AppendResponse response) {
    if (session.state() instanceof Selected selected
        && selected.mailbox().is(response.getMailbox())) {
      try {
        selected.mailbox().ensure(state.store(), response.getModseq());
      } catch (StoreException e) {
        // It is stored; the client learns of it a little later.
        selected.mailbox().hint(response.getModseq());
      }
    }
    session.madeHere(response.getMailbox(), response.getUidsList(), response.getModseq());
    return Reply.ok(
        new ResponseCode.AppendUid(
            Integer.toUnsignedLong(response.getUidValidity()), UidRuns.of(response.getUidsList())),
        "APPEND completed");
  }

  private static Reply failed(Session session, Parsed.Refused refused) throws IOException {
    if (refused.close()) {
      session.farewell(refused.text());
      return new Reply(Reply.Status.SILENT_END, null, "");
    }
    return new Reply(
        refused.no() ? Reply.Status.NO : Reply.Status.BAD, refused.code(), refused.text());
  }
}
