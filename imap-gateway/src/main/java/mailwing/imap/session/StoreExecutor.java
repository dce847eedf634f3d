package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.Changes;
import mailwing.imap.view.FlagChange;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.Flags;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.UidRange;

/// STORE (RFC 9051 §6.4.6).
final class StoreExecutor {
  private StoreExecutor() {}

  static Reply execute(Session session, Selected state, SelectedCommand.Store command)
      throws IOException {
    if (state.readOnly()) {
      return Reply.no(ResponseCode.Name.READ_ONLY, "Mailbox is read-only");
    }
    Targets targets = Targets.of(state.view(), command.messages(), command.uid());
    if (targets == null) {
      return Reply.bad("No such message number");
    }
    if (targets.isEmpty()) {
      return Reply.ok(command.name() + " completed");
    }
    FlagChange change =
        new FlagChange(
            switch (command.operation()) {
              case REPLACE -> FlagChange.Operation.REPLACE;
              case ADD -> FlagChange.Operation.ADD;
              case REMOVE -> FlagChange.Operation.REMOVE;
            },
            command.flags().system(),
            command.flags().keywords());
    int found = store(session, state, targets, change, !command.silent(), command.uid());
    // UIDs that are gone are passed over; numbers were told to the client and it must learn.
    if (!command.uid() && found < targets.count()) {
      return Reply.no(ResponseCode.Name.EXPUNGEISSUED, "Some messages were expunged");
    }
    return Reply.ok(command.name() + " completed");
  }

  private static int store(
      Session session,
      Selected state,
      Targets targets,
      FlagChange change,
      boolean tell,
      boolean uid)
      throws IOException {
    int[] found = {0};
    IOException[] failure = new IOException[1];
    change(
        state,
        targets.uidRanges(),
        change,
        tell,
        outcome -> {
          found[0] += outcome.messageCount();
          try {
            if (tell && failure[0] == null) {
              tell(session, state.view(), outcome, uid);
            }
          } catch (IOException e) {
            // The change is done whole; the client is gone.
            failure[0] = e;
          }
        });
    if (failure[0] != null) {
      throw failure[0];
    }
    return found[0];
  }

  /// Changes flags in the store, and in what the gateway knows.
  ///
  /// @param told the caller tells the client the outcome, so that it is no news to be announced
  static void change(
      Selected state,
      List<UidRange> uids,
      FlagChange change,
      boolean told,
      Consumer<Changes> each) {
    StoreFlagsRequest request =
        StoreFlagsRequest.newBuilder()
            .setMailbox(state.mailbox().ref())
            .addAllUids(uids)
            .setOperation(
                switch (change.operation()) {
                  case REPLACE -> StoreFlagsRequest.Operation.REPLACE;
                  case ADD -> StoreFlagsRequest.Operation.ADD;
                  case REMOVE -> StoreFlagsRequest.Operation.REMOVE;
                })
            .setFlags(
                Flags.newBuilder()
                    .setSystem(change.systemFlags())
                    .addAllKeywords(change.keywords()))
            .build();
    state
        .store()
        .storeFlags(
            request,
            response -> {
              Changes outcome = new Changes(response.getMessages().getUidsCount());
              MailStore.add(outcome, response.getMessages());
              state
                  .mailbox()
                  .shared()
                  .applyOwnFlags(
                      state.view(),
                      outcome,
                      change,
                      told,
                      response.getPreviousModseq(),
                      response.getModseq());
              each.accept(outcome);
            });
    state.mailbox().tellAll();
  }

  private static void tell(Session session, SessionView view, Changes outcome, boolean uid)
      throws IOException {
    int[] seqs = new int[outcome.messageCount()];
    int known = 0;
    for (int i = 0; i < seqs.length; i++) {
      int seq = view.seq(outcome.uid(i));
      if (seq != 0) {
        seqs[known++] = seq;
      }
    }
    for (MessageState message : view.states(seqs, 0, known)) {
      Announcer.fetchFlags(session.out(), message, uid);
    }
  }
}
