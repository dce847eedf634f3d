package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.Selected;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.Right;
import mailwing.store.v1.UidRange;

/// EXPUNGE, UID EXPUNGE and CLOSE (RFC 9051 §6.4.1, §6.4.3, §6.4.9).
final class ExpungeExecutor {
  private ExpungeExecutor() {}

  static Reply execute(Session session, Selected state, SelectedCommand.Expunge command)
      throws IOException {
    if (state.readOnly()) {
      return Reply.no(ResponseCode.Name.READ_ONLY, "Mailbox is read-only");
    }
    SequenceSet set = command.uids();
    MessageLimit limit = new MessageLimit(session);
    int count = 0;
    if (set == null) {
      count = expunge(state, List.of());
    } else {
      Targets targets = Targets.of(state.view(), set, true);
      if (targets != null) {
        targets = limit.cut(targets.where(m -> (m.systemFlags() & FlagList.DELETED) != 0));
      }
      // No UID at all would mean every one to the store.
      if (targets != null && !targets.isEmpty()) {
        count = expunge(state, targets.uidRanges());
      }
    }
    return limit.tell(
        count > 0 && session.enabled(Feature.QRESYNC)
            ? Reply.okWithModSeq(command.name() + " completed")
            : Reply.ok(command.name() + " completed"));
  }

  /// Removes without telling (RFC 9051 §6.4.1).
  static Reply close(Session session, Selected state) {
    // Who may not expunge closes all the same (RFC 4314 §4).
    if (!state.readOnly() && state.mayAny(Right.RIGHT_EXPUNGE_VALUE)) {
      try {
        expunge(state, List.of());
      } catch (StoreException e) {
        // CLOSE has no NO (RFC 9051 §6.4.1): of a mailbox that was deleted, or whose rights were
        // withdrawn, just now, there is nothing left to remove.
        if (e.code() != ErrorCode.MAILBOX_NOT_FOUND && e.code() != ErrorCode.PERMISSION_DENIED) {
          throw e;
        }
      }
    }
    session.unselect();
    return Reply.ok("CLOSE completed");
  }

  private static int expunge(Selected state, List<UidRange> uids) {
    int[] count = {0};
    ExpungeRequest request =
        ExpungeRequest.newBuilder().setMailbox(state.mailbox().ref()).addAllUids(uids).build();
    state
        .store()
        .expunge(
            request,
            response -> {
              count[0] += response.getUidsCount();
              removed(
                  state,
                  response.getUidsList(),
                  response.getPreviousModseq(),
                  response.getModseq());
            });
    state.mailbox().tellAll();
    return count[0];
  }

  /// Takes a removal into the gateway's knowledge; asks the store where something else came before
  /// it.
  static void removed(Selected state, List<Integer> uids, long previousModSeq, long modSeq) {
    int[] removed = uids.stream().mapToInt(Integer::intValue).toArray();
    if (!state.mailbox().shared().applyExpunged(removed, previousModSeq, modSeq)) {
      state.mailbox().ensure(state.store(), modSeq);
    }
  }
}
