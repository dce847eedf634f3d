package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.ReplacedMessage;

/// APPEND (RFC 9051 §6.3.12) and REPLACE (RFC 8508).
final class AppendExecutor {
  private AppendExecutor() {}

  static Reply append(Session session, LoggedIn state, AuthenticatedCommand.Append command)
      throws IOException {
    return MessageUpload.run(
        session,
        state,
        command.mailbox(),
        command.first(),
        null,
        response -> {
          if (session.state() instanceof Selected selected && isIn(selected, response)) {
            selected.mailbox().tryEnsure(state.store(), response.getModseq());
          }
          return Reply.ok(uids(response), "APPEND completed");
        });
  }

  static Reply replace(Session session, Selected state, SelectedCommand.Replace command)
      throws IOException {
    if (state.readOnly()) {
      return Reply.no(ResponseCode.Name.READ_ONLY, "Mailbox is read-only");
    }
    SessionView view = state.view();
    int number = number(view, command);
    if (number == 0) {
      return command.uid()
          ? Reply.no(ResponseCode.Name.NONEXISTENT, "No such message")
          : Reply.bad("No such message number");
    }
    int uid = view.uid(number);
    ReplacedMessage replaced =
        ReplacedMessage.newBuilder().setMailbox(state.mailbox().ref()).setUid(uid).build();
    return MessageUpload.run(
        session,
        state,
        command.mailbox(),
        command.message(),
        replaced,
        response -> {
          learn(state, uid, response);
          // Before the EXPUNGE, which follows with what else changed (RFC 8508 §4.3).
          session.out().untaggedOk(uids(response), "Replacement message is stored");
          return session.enabled(Feature.QRESYNC)
              ? Reply.okWithModSeq(command.name() + " completed")
              : Reply.ok(command.name() + " completed");
        });
  }

  /// The message's number in the view; 0 for none.
  private static int number(SessionView view, SelectedCommand.Replace command) {
    int count = view.count();
    if (command.number() == 0) {
      return count;
    }
    if (!command.uid()) {
      return command.number() <= count ? (int) command.number() : 0;
    }
    int uid = (int) command.number();
    int number = view.firstSeqFrom(uid);
    return number >= 1 && number <= count && view.uid(number) == uid ? number : 0;
  }

  /// All is committed: what the store cannot tell now comes a little later.
  private static void learn(Selected state, int uid, AppendResponse response) {
    OpenMailbox mailbox = state.mailbox();
    try {
      ExpungeExecutor.removed(
          state, List.of(uid), response.getReplacedPreviousModseq(), response.getReplacedModseq());
    } catch (StoreException e) {
      mailbox.hint(response.getReplacedModseq());
    }
    if (isIn(state, response)) {
      mailbox.tryEnsure(state.store(), response.getModseq());
    }
    mailbox.tellAll();
  }

  private static boolean isIn(Selected state, AppendResponse response) {
    return state.mailbox().is(response.getMailbox());
  }

  private static ResponseCode uids(AppendResponse response) {
    return new ResponseCode.AppendUid(
        Integer.toUnsignedLong(response.getUidValidity()), UidRuns.of(response.getUidsList()));
  }
}
