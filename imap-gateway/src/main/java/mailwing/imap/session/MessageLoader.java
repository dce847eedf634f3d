package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreStream;
import mailwing.imap.cache.KnownMessage;
import mailwing.imap.cache.MessageCache;
import mailwing.imap.cache.MessageKey;
import mailwing.imap.cache.Need;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.MessageState;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// Gets what a FETCH needs of messages, a batch by one call at most, from what the gateway knows
/// and from the store. Where much is known of few, that is the batch, and the rest is one of its
/// own.
final class MessageLoader {
  /// A batch ends with the message that reaches this: of what the cache knew, and of what the store
  /// said. Some hundred kilobytes of 500 messages nearly always. Octets in memory.
  private static final long OCTETS = 8 << 20;

  /// Messages of a batch that are looked for in the cache before all are.
  private static final int SAMPLE = 16;

  /// When the cache has had no room so often, it is not asked again by the same command.
  private static final int REFUSALS = 64;

  private final Session session;
  private final MessageCache cache;
  private final Selected state;
  private final FetchPlan plan;

  /// What must be known of a message, and of one whose octets need not be. For each message anew an
  /// array is gone through, not a set.
  private final Need[] needed;

  private final Need[] neededOfLarge;

  /// Octets.
  private long learned;

  private int refused;

  MessageLoader(Session session, Selected state, FetchPlan plan) {
    this.session = session;
    this.cache = session.services().messages();
    this.state = state;
    this.plan = plan;
    needed = plan.needs().toArray(Need[]::new);
    neededOfLarge = plan.needs().stream().filter(need -> need != Need.BODY).toArray(Need[]::new);
  }

  /// What is known of a batch, and the call for what is not.
  static final class Loading implements AutoCloseable {
    private final KnownMessages known;

    /// Ascending.
    private List<UidRange> missing = List.of();

    private final Set<Integer> ahead = new HashSet<>();

    /// Of which the cache knows something, but not all that is needed.
    private final Set<Integer> partly = new HashSet<>();

    private int end;
    private int largestBody = 1;
    private @Nullable StoreStream<FetchMessagesResponse> call;

    private Loading(KnownMessages known, int end) {
      this.known = known;
      this.end = end;
    }

    /// Of messages of which nothing is needed.
    static Loading ofNothing(int messages) {
      return new Loading(KnownMessages.NONE, messages);
    }

    /// How many of the messages are in this batch, from the first on; at least one. It is certain
    /// when the store has said what it knows.
    int end() {
      return end;
    }

    private void needs(MessageState message) {
      if (message.size() <= FetchPlan.SMALL_BODY) {
        largestBody = (int) Math.max(largestBody, message.size());
      }
    }

    /// Nobody waits for it any more.
    @Override
    public void close() {
      if (call != null) {
        call.close();
      }
    }
  }

  /// Asks the store, in one call, for what the plan needs of these messages and the cache does not
  /// know; it works while another batch is written.
  ///
  /// @param messages ascending
  Loading begin(List<MessageState> messages) {
    int count = messages.size();
    int[] uids = new int[count];
    for (int i = 0; i < count; i++) {
      uids[i] = messages.get(i).uid();
    }
    Loading loading = new Loading(new KnownMessages(uids), count);
    boolean look = plan.needsBody() || knowsSome(uids);
    int[] missing = new int[count];
    int asked = 0;
    long octets = 0;
    for (int i = 0; i < loading.end; i++) {
      MessageState message = messages.get(i);
      KnownMessage known = look ? cache.find(key(uids[i])) : null;
      if (known != null && isEnough(known, message)) {
        loading.known.put(uids[i], known);
        octets += known.octets();
        if (octets >= OCTETS) {
          loading.end = i + 1;
        }
      } else if (!message.expunged() && needs(message).length > 0) {
        if (known != null) {
          loading.partly.add(uids[i]);
        }
        loading.needs(message);
        missing[asked++] = uids[i];
      }
    }
    missing = Arrays.copyOf(missing, asked);
    if (plan.needsBody() && count == 1) {
      missing = withAhead(loading, missing, messages.getFirst());
    }
    if (missing.length > 0) {
      loading.missing = joined(missing);
      loading.call = ask(loading);
    }
    return loading;
  }

  /// Where the cache knows nothing of messages here and there in a batch, it knows hardly anything
  /// of it, and what it knows is cheaper to read with the rest than to be looked for.
  private boolean knowsSome(int[] uids) {
    int step = Math.max(1, uids.length / SAMPLE);
    for (int i = 0; i < uids.length; i += step) {
      if (cache.peek(key(uids[i])) != null) {
        return true;
      }
    }
    return false;
  }

  /// What is likely to be asked for next comes with what has to be asked for.
  private int[] withAhead(Loading loading, int[] missing, MessageState message) {
    BodyRun run = session.bodyRun();
    run.note(state.view(), message);
    if (missing.length == 0) {
      return missing;
    }
    List<MessageState> next = run.next(state.view(), message);
    int[] all = Arrays.copyOf(missing, missing.length + next.size());
    int count = missing.length;
    for (MessageState one : next) {
      KnownMessage known = cache.peek(key(one.uid()));
      if (known != null && known.knowsAll(needed)) {
        // Another session has been here.
        break;
      }
      loading.ahead.add(one.uid());
      loading.needs(one);
      all[count++] = one.uid();
    }
    return UidArrays.sort(Arrays.copyOf(all, count));
  }

  private StoreStream<FetchMessagesResponse> ask(Loading loading) {
    return state
        .store()
        .beginFetch(
            state.mailbox().ref(),
            loading.missing,
            plan.needs(),
            plan.needsBody() ? loading.largestBody : 0);
  }

  /// Takes what the store says: what is known of each message of the batch.
  KnownMessages finish(Loading loading) {
    StoreStream<FetchMessagesResponse> call = loading.call;
    if (call != null) {
      try {
        take(call, loading);
      } catch (StoreException e) {
        if (e.code() != ErrorCode.UNAVAILABLE) {
          throw e;
        }
        // It was begun before its turn, and a client that reads slowly may have outlasted it.
        take(ask(loading), loading);
      }
    }
    return loading.known;
  }

  /// The call is not read to its end where what it says becomes too much.
  private void take(StoreStream<FetchMessagesResponse> call, Loading loading) {
    long octets = 0;
    try (call) {
      FetchMessagesResponse next = call.next();
      while (next != null) {
        for (FetchedMessage fetched : next.getMessagesList()) {
          octets += take(fetched, loading);
        }
        if (next.hasEnvelopes()) {
          octets += take(new ToldEnvelopes(next.getEnvelopes()), loading);
        }
        if (octets >= OCTETS) {
          // The batch ends behind that message.
          loading.end = loading.known.countUpTo(last(next), loading.end);
          return;
        }
        next = call.next();
      }
    }
  }

  private static int last(FetchMessagesResponse frame) {
    return frame.hasEnvelopes()
        ? frame.getEnvelopes().getUids(frame.getEnvelopes().getUidsCount() - 1)
        : frame.getMessages(frame.getMessagesCount() - 1).getUid();
  }

  /// How much is held of them. Of those that the cache does not take nothing is made before its
  /// turn: what waits for that is many messages.
  private long take(ToldEnvelopes told, Loading loading) {
    loading.known.put(told);
    for (int i = 0; i < told.count() && mayLearn(loading); i++) {
      learn(told.uid(i), told.known(i), loading);
    }
    return told.octets();
  }

  /// How much is held of it.
  private long take(FetchedMessage fetched, Loading loading) {
    KnownMessage known = KnownMessage.of(fetched, plan.needs());
    int uid = fetched.getUid();
    if (!loading.ahead.isEmpty() && loading.ahead.contains(uid)) {
      cache.learnAhead(key(uid), known);
      return 0;
    }
    loading.known.put(uid, known);
    learn(uid, known, loading);
    return known.octets();
  }

  private boolean mayLearn(Loading loading) {
    return learned < cache.passage() || refused < REFUSALS || !loading.partly.isEmpty();
  }

  /// A command that reads more than passes through the cache leaves there what it has read first:
  /// the next one finds that, where it else found what it had driven out.
  private void learn(int uid, KnownMessage known, Loading loading) {
    if (!loading.partly.isEmpty() && loading.partly.contains(uid)) {
      cache.learn(key(uid), known);
    } else if (learned < cache.passage()) {
      learned += known.octets();
      cache.learn(key(uid), known);
    } else if (refused < REFUSALS && !cache.learnIfRoom(key(uid), known)) {
      refused++;
    }
  }

  /// Neighbouring UIDs as one range.
  private static List<UidRange> joined(int[] uids) {
    List<UidRange> ranges = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < uids.length; i++) {
      int last = uids[i];
      if (i + 1 == uids.length || uids[i + 1] != last + 1) {
        ranges.add(UidRange.newBuilder().setFirst(uids[from]).setLast(last).build());
        from = i + 1;
      }
    }
    return ranges;
  }

  /// Whether all is known that must be; the octets of a large message need not.
  boolean isEnough(KnownMessage known, MessageState message) {
    return known.knowsAll(needs(message));
  }

  private Need[] needs(MessageState message) {
    return message.size() > FetchPlan.SMALL_BODY ? neededOfLarge : needed;
  }

  private MessageKey key(int uid) {
    return new MessageKey(state.mailbox().shared().key(), uid);
  }
}
