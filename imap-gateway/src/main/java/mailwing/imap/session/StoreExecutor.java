package mailwing.imap.session;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.Changes;
import mailwing.imap.view.FlagChange;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.Flags;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// STORE (RFC 9051 §6.4.6).
final class StoreExecutor {
  /// Messages whose state is in memory at a time.
  private static final int AT_ONCE = 1024;

  private final Session session;
  private final Selected state;
  private final SelectedCommand.Store command;
  private final UidRuns modified = new UidRuns();
  private int modifiedCount;
  private int found;
  private long modSeq;
  private @Nullable IOException failure;

  private StoreExecutor(Session session, Selected state, SelectedCommand.Store command) {
    this.session = session;
    this.state = state;
    this.command = command;
  }

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
    MessageLimit limit = new MessageLimit(session);
    Targets some = limit.cut(targets);
    return limit.tell(new StoreExecutor(session, state, command).run(some, change));
  }

  private Reply run(Targets targets, FlagChange change) throws IOException {
    boolean told = !command.silent();
    change(
        state,
        targets.uidRanges(),
        change,
        told,
        command.unchangedSince(),
        (count, seqs, response) -> {
          found += count;
          for (UidRange range : response.getModifiedList()) {
            addModified(range);
          }
          modSeq = response.getModseq();
          // A client that knows of modseqs needs them even of .SILENT (RFC 7162 §3.1.3).
          if ((told || session.enabled(Feature.CONDSTORE)) && failure == null) {
            try {
              tell(seqs.get(), told);
            } catch (IOException e) {
              // The change is done whole; the client is gone.
              failure = e;
            }
          }
        });
    IOException failed = failure;
    if (failed != null) {
      throw failed;
    }
    List<Range> notChanged = modified.toList();
    if (!notChanged.isEmpty()) {
      // So that the client is told why, with what else has changed.
      state.mailbox().tryEnsure(state.store(), modSeq);
    }
    ResponseCode code = notChanged.isEmpty() ? null : new ResponseCode.Modified(notChanged);
    // UIDs that are gone are passed over; numbers were told to the client and it must learn.
    if (!command.uid() && found + modifiedCount < targets.count()) {
      return Reply.no(
          code == null ? ResponseCode.Name.EXPUNGEISSUED : code, "Some messages were expunged");
    }
    return code == null
        ? Reply.ok(command.name() + " completed")
        : Reply.ok(code, "Some messages have changed meanwhile");
  }

  /// Messages that UNCHANGEDSINCE has kept as they were, as the command names messages.
  private void addModified(UidRange range) {
    SessionView view = state.view();
    int last = view.lastSeqUpTo(range.getLast());
    for (int seq = view.firstSeqFrom(range.getFirst()); seq <= last; seq++) {
      modified.add(command.uid() ? Integer.toUnsignedLong(view.uid(seq)) : seq);
      modifiedCount++;
    }
  }

  /// Takes what a part of a change came to.
  @FunctionalInterface
  interface Each {
    /// Takes it as soon as it is committed.
    ///
    /// @param count of messages that the store has found
    /// @param seqs the numbers of those that the client knows
    void take(int count, Supplier<int[]> seqs, StoreFlagsResponse response);
  }

  /// Changes flags in the store, and in what the gateway knows.
  ///
  /// @param told the caller tells the client the outcome, so that it is no news to be announced
  static void change(
      Selected state,
      List<UidRange> uids,
      FlagChange change,
      boolean told,
      OptionalLong unchangedSince,
      Each each) {
    StoreFlagsRequest.Builder request =
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
                    .addAllKeywords(change.keywords()));
    unchangedSince.ifPresent(request::setUnchangedSince);
    if (state.mailbox().shared().loaded()) {
      request.setKnownModseq(state.mailbox().shared().modSeq());
    }
    state
        .store()
        .storeFlags(
            request.build(),
            response -> {
              if (response.hasAsKnown()) {
                applyRange(state, change, each, response);
              } else {
                apply(state, change, told, each, response);
              }
            });
    state.mailbox().tellAll();
  }

  private static void apply(
      Selected state, FlagChange change, boolean told, Each each, StoreFlagsResponse response) {
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
    each.take(outcome.messageCount(), () -> seqs(state.view(), outcome), response);
  }

  private static void applyRange(
      Selected state, FlagChange change, Each each, StoreFlagsResponse response) {
    UidRange uids = response.getAsKnown();
    SessionView view = state.view();
    int count =
        state
            .mailbox()
            .shared()
            .applyOwnRange(
                view,
                new mailwing.imap.view.UidRange(uids.getFirst(), uids.getLast()),
                change,
                response.getPreviousModseq(),
                response.getModseq());
    each.take(
        count,
        () ->
            IntStream.rangeClosed(
                    view.firstSeqFrom(uids.getFirst()), view.lastSeqUpTo(uids.getLast()))
                .toArray(),
        response);
  }

  private static int[] seqs(SessionView view, Changes outcome) {
    int[] seqs = new int[outcome.messageCount()];
    int known = 0;
    int seq = 0;
    for (int i = 0; i < seqs.length; i++) {
      seq = view.seq(outcome.uid(i), seq);
      if (seq != 0) {
        seqs[known++] = seq;
      }
    }
    return Arrays.copyOf(seqs, known);
  }

  private void tell(int[] seqs, boolean flags) throws IOException {
    for (int from = 0; from < seqs.length; from += AT_ONCE) {
      int to = Math.min(seqs.length, from + AT_ONCE);
      for (MessageState message : state.view().states(seqs, from, to)) {
        // Of one that is gone the store has said nothing.
        if (!message.expunged()) {
          Announcer.fetch(session, message, command.uid(), flags);
        }
      }
    }
  }
}
