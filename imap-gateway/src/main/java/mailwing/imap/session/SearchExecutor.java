package mailwing.imap.session;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.protocol.SearchKeys;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.SearchRequest;

/// SEARCH (RFC 3501 §6.4.4): the store finds UIDs, the view knows which of them the client knows
/// and by what number.
final class SearchExecutor {
  private SearchExecutor() {}

  static Reply execute(Session session, Selected state, SelectedCommand.Search command)
      throws IOException {
    SearchKeys keys = new SearchKeys(new ViewNumbers(state.view()), UnaryOperator.identity());
    SearchRequest request =
        SearchRequest.newBuilder()
            .setMailbox(state.mailbox().ref())
            .setKey(keys.toContract(command.key()))
            .build();
    Uids found = new Uids();
    state
        .store()
        .search(
            request,
            response -> {
              for (int i = 0; i < response.getUidsCount(); i++) {
                found.add(response.getUids(i));
              }
            });
    // Written once all is known: a store that fails half-way must not leave half a line.
    SessionView view = state.view();
    int[] seqs = new int[found.count];
    int shown = 0;
    ResponseWriter.SearchLine line = session.out().search(false);
    for (int i = 0; i < found.count; i++) {
      int seq = view.seq(found.uids[i]);
      if (seq != 0) {
        line.add(command.uid() ? Integer.toUnsignedLong(found.uids[i]) : seq);
        seqs[shown++] = seq;
      }
    }
    // RFC 7162 §3.1.5: the highest of those found.
    line.end(command.key().asksModSeq() ? view.highestModSeq(seqs, shown) : 0);
    return Reply.ok(command.name() + " completed");
  }

  /// Four octets a hit.
  private static final class Uids {
    private int[] uids = new int[64];
    private int count;

    void add(int uid) {
      if (count == uids.length) {
        uids = Arrays.copyOf(uids, count * 2);
      }
      uids[count++] = uid;
    }
  }
}
