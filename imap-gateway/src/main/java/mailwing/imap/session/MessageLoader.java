package mailwing.imap.session;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
  private final Set<Need> needsOfLarge;

  /// Octets.
  private long learned;

  private int refused;

  MessageLoader(Session session, Selected state, FetchPlan plan) {
    this.session = session;
    this.cache = session.services().messages();
    this.state = state;
    this.plan = plan;
    needsOfLarge =
        EnumSet.copyOf(plan.needs().isEmpty() ? EnumSet.noneOf(Need.class) : plan.needs());
    needsOfLarge.remove(Need.BODY);
  }

  /// What is known of a batch, and the call for what is not.
  static final class Loading implements AutoCloseable {
    private final List<MessageState> messages;
    private final Map<Integer, KnownMessage> known;
    private final List<Integer> missing = new ArrayList<>();
    private final Set<Integer> ahead = new HashSet<>();

    /// Of which the cache knows something, but not all that is needed.
    private final Set<Integer> partly = new HashSet<>();

    private int end;
    private int largestBody = 1;
    private @Nullable StoreStream<FetchMessagesResponse> call;

    private Loading(List<MessageState> messages) {
      this.messages = messages;
      end = messages.size();
      known = HashMap.newHashMap(messages.size());
    }

    /// How many of the messages are in this batch, from the first on; at least one. It is certain
    /// when the store has said what it knows.
    int end() {
      return end;
    }

    /// The batch ends behind a message.
    private void endAfter(int uid) {
      int i = 0;
      while (i < end && Integer.compareUnsigned(messages.get(i).uid(), uid) <= 0) {
        i++;
      }
      end = i;
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
    Loading loading = new Loading(messages);
    if (plan.needs().isEmpty()) {
      return loading;
    }
    boolean look = plan.needsBody() || knowsSome(messages);
    long octets = 0;
    for (int i = 0; i < loading.end; i++) {
      MessageState message = messages.get(i);
      KnownMessage known = look ? cache.find(key(message.uid())) : null;
      if (known != null && known.knowsAll(needs(message))) {
        loading.known.put(message.uid(), known);
        octets += known.octets();
        if (octets >= OCTETS) {
          loading.end = i + 1;
        }
      } else if (!message.expunged() && !needs(message).isEmpty()) {
        if (known != null) {
          loading.partly.add(message.uid());
        }
        add(loading, message);
      }
    }
    if (plan.needsBody() && messages.size() == 1) {
      ahead(loading, messages.getFirst());
    }
    if (!loading.missing.isEmpty()) {
      loading.call = ask(loading);
    }
    return loading;
  }

  /// Where the cache knows nothing of messages here and there in a batch, it knows hardly anything
  /// of it, and what it knows is cheaper to read with the rest than to be looked for.
  private boolean knowsSome(List<MessageState> messages) {
    int step = Math.max(1, messages.size() / SAMPLE);
    for (int i = 0; i < messages.size(); i += step) {
      if (cache.peek(key(messages.get(i).uid())) != null) {
        return true;
      }
    }
    return false;
  }

  private static void add(Loading loading, MessageState message) {
    loading.missing.add(message.uid());
    if (message.size() <= FetchPlan.SMALL_BODY) {
      loading.largestBody = (int) Math.max(loading.largestBody, message.size());
    }
  }

  /// What is likely to be asked for next comes with what has to be asked for.
  private void ahead(Loading loading, MessageState message) {
    BodyRun run = session.bodyRun();
    run.note(state.view(), message);
    if (loading.missing.isEmpty()) {
      return;
    }
    for (MessageState next : run.next(state.view(), message)) {
      KnownMessage known = cache.peek(key(next.uid()));
      if (known != null && known.knowsAll(plan.needs())) {
        // Another session has been here.
        break;
      }
      loading.ahead.add(next.uid());
      add(loading, next);
    }
    loading.missing.sort(Integer::compareUnsigned);
  }

  private StoreStream<FetchMessagesResponse> ask(Loading loading) {
    return state
        .store()
        .beginFetch(
            state.mailbox().ref(),
            joined(loading.missing),
            plan.needs(),
            plan.needsBody() ? loading.largestBody : 0);
  }

  /// Takes what the store says: what is known of each message of the batch, by its UID.
  Map<Integer, KnownMessage> finish(Loading loading) {
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
        if (octets >= OCTETS) {
          loading.endAfter(next.getMessages(next.getMessagesCount() - 1).getUid());
          return;
        }
        next = call.next();
      }
    }
  }

  /// How much is held of it.
  private long take(FetchedMessage fetched, Loading loading) {
    KnownMessage known = KnownMessage.of(fetched, plan.needs());
    if (loading.ahead.contains(fetched.getUid())) {
      cache.learnAhead(key(fetched.getUid()), known);
      return 0;
    }
    loading.known.put(fetched.getUid(), known);
    learn(fetched.getUid(), known, loading);
    return known.octets();
  }

  /// A command that reads more than passes through the cache leaves there what it has read first:
  /// the next one finds that, where it else found what it had driven out.
  private void learn(int uid, KnownMessage known, Loading loading) {
    if (loading.partly.contains(uid)) {
      cache.learn(key(uid), known);
    } else if (learned < cache.passage()) {
      learned += known.octets();
      cache.learn(key(uid), known);
    } else if (refused < REFUSALS && !cache.learnIfRoom(key(uid), known)) {
      refused++;
    }
  }

  /// Neighbouring UIDs as one range.
  private static List<UidRange> joined(List<Integer> uids) {
    List<UidRange> ranges = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < uids.size(); i++) {
      int last = uids.get(i);
      if (i + 1 == uids.size() || uids.get(i + 1) != last + 1) {
        ranges.add(UidRange.newBuilder().setFirst(uids.get(from)).setLast(last).build());
        from = i + 1;
      }
    }
    return ranges;
  }

  /// What must be known of a message; the octets of a large one are not.
  Set<Need> needs(MessageState message) {
    return message.size() > FetchPlan.SMALL_BODY ? needsOfLarge : plan.needs();
  }

  private MessageKey key(int uid) {
    return new MessageKey(state.mailbox().shared().key(), uid);
  }
}
