package mailwing.imap.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Several sessions on two gateways change one mailbox at random; each is told what its view says,
/// and a client that believes only what it is told must have the right numbers and flags at every
/// moment (RFC 9051 §7.5.1).
class SessionViewModelTest {
  private static final MailboxKey KEY = new MailboxKey(1, 1);
  private static final List<FlagChange.Operation> OPERATIONS =
      List.of(FlagChange.Operation.values());

  /// The store, reduced to what changes a mailbox.
  private static final class Store {
    final TreeMap<Integer, Message> messages = new TreeMap<>();
    final Map<Integer, Long> expunged = new HashMap<>();
    long modSeq = 1;
    int uidNext = 1;
    int recentFrom = 1;

    Head head(boolean claim) {
      Head head = new Head(7, uidNext, modSeq, recentFrom, claim, 2047, List.of(), 0);
      if (claim) {
        recentFrom = uidNext;
      }
      return head;
    }

    Changes since(long since) {
      Changes changes = new Changes();
      Map<List<String>, Integer> sets = new HashMap<>(Map.of(List.of(), 0));
      messages.forEach(
          (uid, message) -> {
            if (message.modSeq > since) {
              changes.addMessage(
                  uid, message.flags, set(changes, sets, message), message.modSeq, uid * 10L);
            }
          });
      expunged.forEach(
          (uid, at) -> {
            if (at > since) {
              changes.addExpunged(uid, uid);
            }
          });
      return changes;
    }

    private static int set(Changes changes, Map<List<String>, Integer> sets, Message message) {
      Integer known = sets.get(message.keywords);
      if (known != null) {
        return known;
      }
      changes.addKeywordSet(message.keywords);
      sets.put(message.keywords, sets.size());
      return sets.size() - 1;
    }
  }

  private record Message(int flags, List<String> keywords, long modSeq) {}

  private record Told(int flags, List<String> keywords) {}

  /// What a client believes.
  private static final class Client {
    final SharedMailbox gateway;
    final SessionView view;
    final List<Integer> uids = new ArrayList<>();
    final Map<Integer, Told> flags = new HashMap<>();

    Client(SharedMailbox gateway, SessionView view) {
      this.gateway = gateway;
      this.view = view;
      learn(view.count());
    }

    void learn(int exists) {
      int known = uids.size();
      for (int seq = known + 1; seq <= exists; seq++) {
        uids.add(view.uid(seq));
        fetch(seq);
      }
    }

    void fetch(int seq) {
      MessageState state = view.states(new int[] {seq}, 0, 1).getFirst();
      assertThat(state.uid()).isEqualTo(uids.get(seq - 1));
      if (!state.expunged()) {
        flags.put(state.uid(), new Told(state.systemFlags(), state.keywords()));
      }
    }

    void flush(boolean expungeAllowed) {
      ViewUpdates updates = view.advance(expungeAllowed);
      if (!expungeAllowed) {
        assertThat(updates.expungedSeqs()).isEmpty();
      }
      for (int seq : updates.expungedSeqs()) {
        int uid = uids.get(seq - 1);
        uids.subList(seq - 1, seq).clear();
        flags.remove(uid);
      }
      for (MessageState state : updates.changed()) {
        assertThat(state.uid()).isEqualTo(uids.get(state.seq() - 1));
        flags.put(state.uid(), new Told(state.systemFlags(), state.keywords()));
      }
      if (updates.exists() >= 0) {
        assertThat(updates.exists()).isGreaterThan(uids.size());
        learn(updates.exists());
      }
      assertThat(view.count()).isEqualTo(uids.size());
      for (int seq = 1; seq <= uids.size(); seq++) {
        assertThat(view.uid(seq)).isEqualTo(uids.get(seq - 1));
        assertThat(view.seq(uids.get(seq - 1))).isEqualTo(seq);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void everyClientsNumbersAndFlagsAreRightAtEachReply(long seed) {
    Random random = new Random(seed);
    Store store = new Store();
    List<SharedMailbox> gateways = List.of(new SharedMailbox(KEY), new SharedMailbox(KEY));
    List<Client> clients = new ArrayList<>();
    for (int step = 0; step < 4000; step++) {
      if (clients.size() < 2 || (clients.size() < 6 && random.nextInt(50) == 0)) {
        SharedMailbox gateway = gateways.get(random.nextInt(2));
        sync(gateway, store, random);
        boolean readOnly = random.nextInt(4) == 0;
        clients.add(new Client(gateway, gateway.open(readOnly, 0)));
        continue;
      }
      Client client = clients.get(random.nextInt(clients.size()));
      switch (random.nextInt(10)) {
        case 0, 1 -> append(store, random);
        case 2, 3, 4 -> storeFlags(store, client, random);
        case 5 -> expunge(store, client, random);
        case 6 -> {
          sync(client.gateway, store, random);
          client.flush(false);
        }
        case 7, 8 -> {
          sync(client.gateway, store, random);
          client.flush(true);
          converged(store, client);
        }
        default -> {
          if (random.nextInt(20) == 0) {
            client.view.close();
            clients.remove(client);
          } else if (!client.uids.isEmpty()) {
            client.fetch(1 + random.nextInt(client.uids.size()));
          }
        }
      }
    }
  }

  private static void converged(Store store, Client client) {
    assertThat(client.uids).containsExactlyElementsOf(store.messages.keySet());
    Map<Integer, Told> truth = new HashMap<>();
    store.messages.forEach((uid, m) -> truth.put(uid, new Told(m.flags, m.keywords)));
    assertThat(client.flags).isEqualTo(truth);
  }

  private static void sync(SharedMailbox gateway, Store store, Random random) {
    if (!gateway.loaded() || random.nextInt(40) == 0) {
      Changes whole = new Changes(store.messages.size());
      Map<List<String>, Integer> sets = new HashMap<>(Map.of(List.of(), 0));
      store.messages.forEach(
          (uid, m) ->
              whole.addMessage(uid, m.flags, Store.set(whole, sets, m), m.modSeq, uid * 10L));
      gateway.load(whole, store.head(false));
      return;
    }
    long since = gateway.modSeq();
    gateway.apply(store.since(since), store.head(gateway.claimsRecent()));
    assertThat(gateway.modSeq()).isEqualTo(store.modSeq);
  }

  private static void append(Store store, Random random) {
    store.modSeq++;
    store.messages.put(
        store.uidNext++, new Message(random.nextInt(32), keywords(random), store.modSeq));
  }

  private static List<String> keywords(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> List.of("$Forwarded");
      case 1 -> List.of("$Forwarded", "work");
      default -> List.of();
    };
  }

  private static void storeFlags(Store store, Client client, Random random) {
    if (client.uids.isEmpty()) {
      return;
    }
    long previous = store.modSeq;
    FlagChange change =
        new FlagChange(OPERATIONS.get(random.nextInt(3)), random.nextInt(32), List.of());
    boolean silent = random.nextBoolean();
    // The store has told no more than that the range was changed.
    boolean asKnown =
        client.gateway.modSeq() == previous
            && change.operation() != FlagChange.Operation.REPLACE
            && random.nextBoolean();
    int first = client.uids.get(random.nextInt(client.uids.size()));
    int last = Math.min(first + random.nextInt(store.uidNext), client.uids.getLast());
    Changes outcome = new Changes();
    Map<List<String>, Integer> sets = new HashMap<>(Map.of(List.of(), 0));
    List<Integer> named = new ArrayList<>();
    for (int uid : client.uids) {
      Message before = store.messages.get(uid);
      if (before == null || (asKnown ? uid < first || uid > last : random.nextInt(3) != 0)) {
        continue;
      }
      int flags =
          switch (change.operation()) {
            case REPLACE -> change.systemFlags();
            case ADD -> before.flags | change.systemFlags();
            case REMOVE -> before.flags & ~change.systemFlags();
          };
      List<String> keywords =
          change.operation() == FlagChange.Operation.REPLACE ? List.of() : before.keywords;
      Message after =
          flags == before.flags && keywords.equals(before.keywords)
              ? before
              : new Message(flags, keywords, previous + 1);
      if (!after.equals(before)) {
        store.modSeq = previous + 1;
        store.messages.put(uid, after);
      }
      outcome.addMessage(
          uid, after.flags, Store.set(outcome, sets, after), after.modSeq, uid * 10L);
      named.add(uid);
      if (silent) {
        Told told = client.flags.get(uid);
        if (told != null) {
          client.flags.put(
              uid,
              new Told(
                  switch (change.operation()) {
                    case REPLACE -> change.systemFlags();
                    case ADD -> told.flags | change.systemFlags();
                    case REMOVE -> told.flags & ~change.systemFlags();
                  },
                  change.operation() == FlagChange.Operation.REPLACE ? List.of() : told.keywords));
        }
      }
    }
    if (asKnown) {
      long after = store.modSeq;
      if (random.nextInt(4) == 0) {
        // Others are faster, with this change and more; the client is told of it as of theirs.
        append(store, random);
        sync(client.gateway, store, random);
      }
      int count =
          client.gateway.applyOwnRange(
              client.view, new UidRange(first, last), change, previous, after);
      assertThat(count).isGreaterThanOrEqualTo(named.size());
    } else {
      client.gateway.applyOwnFlags(
          client.view, outcome, change, !silent, random.nextBoolean() ? previous : 0, store.modSeq);
    }
    if (!silent) {
      for (int uid : named) {
        client.fetch(client.view.seq(uid));
      }
    }
    client.flush(false);
  }

  private static void expunge(Store store, Client client, Random random) {
    List<Integer> removed = new ArrayList<>();
    for (int uid : List.copyOf(store.messages.keySet())) {
      if (random.nextInt(4) == 0) {
        removed.add(uid);
      }
    }
    if (removed.isEmpty()) {
      return;
    }
    long previous = store.modSeq++;
    for (int uid : removed) {
      store.messages.remove(uid);
      store.expunged.put(uid, store.modSeq);
    }
    int[] uids = removed.stream().mapToInt(uid -> uid).toArray();
    if (!client.gateway.applyExpunged(uids, previous, store.modSeq)) {
      sync(client.gateway, store, random);
    }
    client.flush(true);
  }
}
