package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;

/// UIDBATCHES (RFC 10022): ranges of UIDs that hold so many messages each, the latest first. They
/// leave no gap between them, and the last one ends with UID 1.
final class UidBatchesExecutor {
  /// Messages of a batch, at least (§3.1.3.2).
  private static final long LEAST = 500;

  /// Messages that the batches asked for may span (§3.1.5).
  private static final long MOST = 100_000;

  private UidBatchesExecutor() {}

  /// What a client has been told, and of what mailbox: it need not ask for that again.
  ///
  /// @param count messages that there were, up to `last` in UIDs
  record Told(SelectedCommand.UidBatches command, int count, int last) {
    /// Not more than half a batch has come or gone since (§3.1.1).
    boolean holds(SelectedCommand.UidBatches again, SessionView view) {
      int left = view.lastSeqUpTo(last);
      long half = command.size() / 2;
      return command.equals(again) && count - left <= half && view.count() - left <= half;
    }
  }

  static Reply execute(
      Session session, Selected state, String tag, SelectedCommand.UidBatches command)
      throws IOException {
    if (command.size() < LEAST) {
      return Reply.no(ResponseCode.Name.TOOFEW, "A batch has at least 500 messages");
    }
    boolean all = command.first() == 0;
    if (!all && command.last() - command.first() + 1 > MOST / command.size()) {
      return Reply.no(ResponseCode.Name.TOOMANY, "Batches of at most 100,000 messages at once");
    }
    SessionView view = state.view();
    Told told = session.toldBatches();
    if (told != null && told.holds(command, view)) {
      return Reply.no(ResponseCode.Name.LIMIT, "The same batches as before");
    }
    session.out().searches().uidBatches(tag, batches(view, command));
    session.toldBatches(new Told(command, view.count(), view.lastKnownUid()));
    return Reply.ok("UIDBATCHES completed");
  }

  private static List<SequenceSet.Range> batches(
      SessionView view, SelectedCommand.UidBatches command) {
    long size = command.size();
    long count = (view.count() + size - 1) / size;
    long last = command.first() == 0 ? count : Math.min(count, command.last());
    List<SequenceSet.Range> batches = new ArrayList<>();
    for (long batch = Math.max(1, command.first()); batch <= last; batch++) {
      int newest = (int) (view.count() - (batch - 1) * size);
      long high =
          Integer.toUnsignedLong(batch == 1 ? view.lastKnownUid() : view.uid(newest + 1) - 1);
      long low = batch == count ? 1 : Integer.toUnsignedLong(view.uid((int) (newest - size + 1)));
      batches.add(new SequenceSet.Range(low, high));
    }
    return batches;
  }
}
