package mailwing.imap.session;

import java.io.IOException;
import mailwing.gateway.StoreException;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.session.SessionState.Selected;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// COPY and MOVE (RFC 9051 §6.4.7, §6.4.8), with COPYUID.
final class CopyExecutor {
  private final UidRuns source = new UidRuns();
  private final UidRuns destination = new UidRuns();
  private final Session session;
  private int count;
  private long uidValidity;

  static Reply copy(Session session, Selected state, SelectedCommand.Copy command) {
    Targets targets = Targets.of(state.view(), command.messages(), command.uid());
    if (targets == null) {
      return Reply.bad("No such message number");
    }
    Reply refused = MessageLimit.refused(session, targets.count());
    if (refused != null) {
      return refused;
    }
    CopyExecutor done = new CopyExecutor(session);
    Reply failed = done.run(state, targets, command.mailbox(), false);
    if (failed != null) {
      return failed;
    }
    ResponseCode code = done.code();
    if (code == null) {
      return command.uid() || targets.isEmpty()
          ? Reply.ok(command.name() + " completed, nothing copied")
          : Reply.no(ResponseCode.Name.EXPUNGEISSUED, "The messages were expunged");
    }
    return Reply.ok(code, command.name() + " completed");
  }

  static Reply move(Session session, Selected state, SelectedCommand.Move command)
      throws IOException {
    if (state.readOnly()) {
      return Reply.no(ResponseCode.Name.READ_ONLY, "Mailbox is read-only");
    }
    Targets targets = Targets.of(state.view(), command.messages(), command.uid());
    if (targets == null) {
      return Reply.bad("No such message number");
    }
    MessageLimit limit = new MessageLimit(session);
    CopyExecutor done = new CopyExecutor(session);
    Reply failed;
    try {
      failed = done.run(state, limit.cut(targets), command.mailbox(), true);
    } catch (StoreException e) {
      // What was moved before the failure is told all the same.
      failed = StoreErrors.reply(e.code());
    }
    ResponseCode code = done.code();
    if (code != null) {
      // Before the EXPUNGEs, which follow with what else changed (RFC 6851 §4.3).
      session.out().untaggedOk(code, "Moved");
    }
    if (failed != null) {
      return failed;
    }
    return limit.tell(
        code == null && !command.uid()
            ? Reply.no(ResponseCode.Name.EXPUNGEISSUED, "The messages were expunged")
            : code != null && session.enabled(Feature.QRESYNC)
                ? Reply.okWithModSeq(command.name() + " completed")
                : Reply.ok(command.name() + " completed"));
  }

  private CopyExecutor(Session session) {
    this.session = session;
  }

  private @Nullable Reply run(Selected state, Targets targets, MailboxName mailbox, boolean move) {
    if (targets.isEmpty()) {
      return null;
    }
    CopyMessagesRequest request =
        CopyMessagesRequest.newBuilder()
            .setSource(state.mailbox().ref())
            .addAllUids(targets.uidRanges())
            .setDestinationName(mailbox.value())
            .setMove(move)
            .build();
    try {
      state.store().copy(request, response -> take(state, response, move));
    } catch (StoreException e) {
      if (e.code() == ErrorCode.MAILBOX_NOT_FOUND && count == 0) {
        return Reply.no(ResponseCode.Name.TRYCREATE, "Mailbox does not exist");
      }
      throw e;
    }
    if (move) {
      state.mailbox().tellAll();
    }
    return null;
  }

  private void take(Selected state, CopyMessagesResponse response, boolean move) {
    uidValidity = Integer.toUnsignedLong(response.getUidValidity());
    for (int i = 0; i < response.getSourceUidsCount(); i++) {
      source.add(Integer.toUnsignedLong(response.getSourceUids(i)));
      destination.add(Integer.toUnsignedLong(response.getDestinationUids(i)));
      count++;
    }
    session.madeHere(
        response.getDestination(),
        response.getDestinationUidsList(),
        response.getDestinationModseq());
    if (state.mailbox().is(response.getDestination())) {
      // The store says what came as well as what went, which one modseq may stand for.
      state
          .mailbox()
          .ensure(
              state.store(), Math.max(response.getDestinationModseq(), response.getSourceModseq()));
    } else if (move) {
      ExpungeExecutor.removed(
          state,
          response.getSourceUidsList(),
          response.getSourcePreviousModseq(),
          response.getSourceModseq());
    }
  }

  private @Nullable ResponseCode code() {
    return count == 0
        ? null
        : new ResponseCode.CopyUid(uidValidity, source.toList(), destination.toList());
  }
}
