package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;

/// Asks for the heads of all open mailboxes, and for what is watched: after events may have been
/// lost, and in place of events while there are none.
public final class Revalidation {
  private static final int BATCH = 200;

  private final OpenMailboxes mailboxes;
  private final AccountWatches watches;
  private final HeadChecks heads;

  Revalidation(OpenMailboxes mailboxes, AccountWatches watches, HeadChecks heads) {
    this.mailboxes = mailboxes;
    this.watches = watches;
    this.heads = heads;
  }

  /// Throws [StoreException] if the store cannot be asked.
  public void run() {
    watches.revalidate();
    List<OpenMailbox> batch = new ArrayList<>(BATCH);
    List<StatusQuery> queries = new ArrayList<>(BATCH);
    for (OpenMailbox mailbox : mailboxes.all()) {
      MailStore session = mailbox.anySession();
      if (session == null) {
        continue;
      }
      batch.add(mailbox);
      queries.add(StatusQuery.newBuilder().setRef(mailbox.ref()).setToken(session.token()).build());
      if (batch.size() == BATCH) {
        ask(batch, queries);
      }
    }
    ask(batch, queries);
  }

  private void ask(List<OpenMailbox> batch, List<StatusQuery> queries) {
    if (!batch.isEmpty()) {
      List<StatusResult> results = heads.call(queries);
      for (int i = 0; i < batch.size(); i++) {
        StatusResult result = results.get(i);
        if (OpenMailbox.isGone(result.getError())) {
          batch.get(i).gone();
        } else if (result.getError() == ErrorCode.ERROR_CODE_UNSPECIFIED) {
          batch.get(i).hint(result.getStatus().getHighestModseq());
        }
      }
    }
    batch.clear();
    queries.clear();
  }
}
