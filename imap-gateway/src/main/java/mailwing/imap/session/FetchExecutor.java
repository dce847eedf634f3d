package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.FlagChange;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.Right;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// FETCH (RFC 9051 §6.4.5): flags, UIDs, sizes and modseqs come from memory; all else from the
/// cache or, for a batch of messages in one call, from the store. Memory is bounded by the batch,
/// whatever the range, and that in octets too, whatever the messages are like.
final class FetchExecutor {
  /// Messages a batch at most.
  private static final int BATCH = 500;

  /// The same where little is needed of each and batches are begun two before their turn: few
  /// sessions do so at a time, and what a batch costs beside its messages is shared by many.
  private static final int LARGE_BATCH = 4096;

  /// Octets of small bodies a batch at most.
  private static final long BATCH_OCTETS = 1 << 20;

  private static final FlagChange SET_SEEN =
      new FlagChange(FlagChange.Operation.ADD, FlagList.SEEN, List.of());

  private final Selected state;
  private final FetchPlan plan;
  private final boolean uid;
  private final long changedSince;
  private final MessageFetcher fetcher;
  private final Semaphore furtherBatches;
  private int gone;
  private int undecoded;

  private FetchExecutor(
      Session session, Selected state, FetchPlan plan, SelectedCommand.Fetch command) {
    this.state = state;
    this.plan = plan;
    this.uid = command.uid();
    this.changedSince = command.changedSince();
    this.fetcher = new MessageFetcher(session, state, plan);
    this.furtherBatches = session.services().furtherBatches();
  }

  static Reply execute(Session session, Selected state, SelectedCommand.Fetch command)
      throws IOException {
    Targets targets = Targets.of(state.view(), command.messages(), command.uid());
    if (targets == null) {
      return Reply.bad("No such message number");
    }
    MessageLimit limit = new MessageLimit(session);
    if (command.partial() != null) {
      Reply refused = limit.refused(command.partial());
      if (refused != null) {
        return refused;
      }
      targets = targets.partial(command.partial());
    }
    if (command.vanished() && !session.enabled(Feature.QRESYNC)) {
      return Reply.bad("ENABLE QRESYNC first");
    }
    FetchPlan plan = FetchPlan.of(items(command));
    FetchExecutor fetch = new FetchExecutor(session, state, plan, command);
    if (command.vanished()) {
      List<Range> wanted =
          command.messages().resolve(Integer.toUnsignedLong(state.view().lastKnownUid()));
      session.out().vanished(true, Resync.vanished(state, command.changedSince(), wanted));
    }
    fetch.run(limit.cut(targets));
    return limit.tell(fetch.reply(command));
  }

  private Reply reply(SelectedCommand.Fetch command) {
    // UIDs that are gone are passed over; numbers were told to the client and it must learn.
    if (gone > 0 && !command.uid()) {
      return Reply.no(ResponseCode.Name.EXPUNGEISSUED, "Some messages were expunged");
    }
    if (undecoded > 0) {
      return Reply.no(ResponseCode.Name.UNKNOWN_CTE, "Some parts cannot be decoded");
    }
    return Reply.ok(command.name() + " completed");
  }

  /// CHANGEDSINCE implies MODSEQ (RFC 7162 §3.1.4.1).
  private static List<FetchItem> items(SelectedCommand.Fetch command) {
    if (command.changedSince() == 0 || command.items().contains(FetchItem.Attribute.MODSEQ)) {
      return command.items();
    }
    List<FetchItem> items = new ArrayList<>(command.items());
    items.add(FetchItem.Attribute.MODSEQ);
    return items;
  }

  private void run(Targets targets) throws IOException {
    boolean further = mayBeginFurther(targets);
    Deque<Batch> begun = new ArrayDeque<>();
    try {
      Batches batches = new Batches(targets, further && plan.needsLittle() ? LARGE_BATCH : BATCH);
      boolean more = true;
      while (true) {
        // The store works on the next batches while this one is written.
        while (more && begun.size() <= (further ? 2 : 1)) {
          Batch next = batches.next();
          more = next != null;
          if (next != null) {
            begun.add(next);
          }
        }
        Batch batch = begun.poll();
        if (batch == null) {
          return;
        }
        while (batch != null) {
          batch = write(batch);
        }
      }
    } finally {
      begun.forEach(batch -> batch.loading.close());
      if (further) {
        furtherBatches.release();
      }
    }
  }

  /// Whether two batches are begun before their turn, so that the store reads one while it makes an
  /// answer of the other: where there are many, without bodies, and few sessions do so.
  private boolean mayBeginFurther(Targets targets) {
    return targets.count() > BATCH
        && !plan.needs().isEmpty()
        && !plan.needsBody()
        && furtherBatches.tryAcquire();
  }

  /// Messages by their numbers, and what is being read of them.
  @SuppressWarnings("ArrayRecordComponent") // its own
  private record Batch(int[] seqs, MessageLoader.Loading loading) {}

  private Batch begin(int[] seqs) {
    if (plan.needs().isEmpty()) {
      // What changes is looked at when it is written.
      return new Batch(seqs, MessageLoader.Loading.ofNothing(seqs.length));
    }
    return new Batch(seqs, fetcher.begin(state.view().states(seqs, 0, seqs.length)));
  }

  /// What of a batch is more than is held at a time is returned, to be written then.
  private @Nullable Batch write(Batch batch) throws IOException {
    int end;
    try (MessageLoader.Loading loading = batch.loading) {
      fetcher.finish(loading);
      end = loading.end();
      write(batch.seqs, end);
    }
    return end == batch.seqs.length
        ? null
        : begin(Arrays.copyOfRange(batch.seqs, end, batch.seqs.length));
  }

  /// Cuts the targets into batches; of each it begins the reading.
  private final class Batches {
    private final SessionView view = state.view();
    private final Targets.Cursor cursor;
    private final int[] seqs;
    private int from;
    private int to;

    Batches(Targets targets, int most) {
      cursor = targets.cursor();
      seqs = new int[Math.min(most, Math.max(1, targets.count()))];
    }

    @Nullable Batch next() {
      while (from == to) {
        int count = cursor.take(seqs, seqs.length);
        if (count == 0) {
          return null;
        }
        from = 0;
        to = changedSince == 0 ? count : view.keepChanged(seqs, count, changedSince);
      }
      int end = plan.needsBody() ? within(view, seqs, from, to) : to;
      int[] its = Arrays.copyOfRange(seqs, from, end);
      from = end;
      return begin(its);
    }
  }

  /// The end of a batch whose small bodies stay within the limit.
  private static int within(SessionView view, int[] seqs, int from, int count) {
    long octets = 0;
    int to = from;
    while (to < count && (to == from || octets < BATCH_OCTETS)) {
      long size = view.size(seqs[to++]);
      octets += size <= FetchPlan.SMALL_BODY ? size : 0;
    }
    return to;
  }

  /// The first ones.
  private void write(int[] seqs, int count) throws IOException {
    SessionView view = state.view();
    boolean[] seenNow = new boolean[count];
    List<MessageState> messages = view.states(seqs, 0, count);
    if (plan.setsSeen() && maySee() && setSeen(messages, seenNow)) {
      messages = view.states(seqs, 0, count);
    }
    for (int i = 0; i < messages.size(); i++) {
      switch (fetcher.write(messages.get(i), uid, seenNow[i])) {
        case TOLD -> {}
        case GONE -> gone++;
        case UNKNOWN_CTE -> undecoded++;
      }
    }
  }

  /// RFC 4314 §4: FETCH sets \Seen where the user may.
  private boolean maySee() {
    return !state.readOnly() && state.mayAny(Right.RIGHT_SEEN_VALUE);
  }

  /// Sets \Seen on all of a batch at once; whether any changed.
  private boolean setSeen(List<MessageState> messages, boolean[] changed) {
    List<UidRange> uids = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      MessageState message = messages.get(i);
      if ((message.systemFlags() & FlagList.SEEN) == 0 && !message.expunged()) {
        changed[i] = true;
        uids.add(UidRange.newBuilder().setFirst(message.uid()).setLast(message.uid()).build());
      }
    }
    if (uids.isEmpty()) {
      return false;
    }
    StoreExecutor.change(state, uids, SET_SEEN, true, OptionalLong.empty(), (_, _, _) -> {});
    return true;
  }
}
