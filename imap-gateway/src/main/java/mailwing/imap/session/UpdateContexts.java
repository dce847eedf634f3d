package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mailwing.gateway.StoreException;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.SearchWriter.Correlator;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;
import mailwing.imap.view.UidRange;
import mailwing.store.v1.SearchKeys;
import mailwing.store.v1.SearchRequest;

/// Searches whose results a session keeps up to date for its client (RFC 5267 §4.3), until
/// CANCELUPDATE or until the mailbox is closed. What changes is asked of the store for the messages
/// that changed or came, no others.
final class UpdateContexts {
  /// Contexts of a session, and results of all of them together: four octets each. One context may
  /// be of any size.
  private static final int MOST = 16;

  private static final long MOST_RESULTS = 1 << 19;

  private final Map<String, Context> contexts = new LinkedHashMap<>();

  /// What could not be asked of the store yet.
  private List<UidRange> pending = List.of();

  /// @param items what is fetched of messages that come (RFC 5465 §7); empty for nothing
  private record Context(
      Correlator of, SearchExecutor.Order order, List<FetchItem> items, ContextResults results) {}

  boolean has(String tag) {
    return contexts.containsKey(tag);
  }

  /// False where the session has enough.
  ///
  /// @param uids the result, in its order
  boolean add(
      SessionView view,
      Correlator of,
      SearchExecutor.Order order,
      SearchReturn returns,
      int[] uids) {
    long results = uids.length;
    for (Context context : contexts.values()) {
      results += context.results.count();
    }
    if (contexts.size() == MOST || (!contexts.isEmpty() && results > MOST_RESULTS)) {
      return false;
    }
    SearchExecutor.Order fixed =
        new SearchExecutor.Order(fixed(view, order.key()), order.sort(), order.uid());
    contexts.put(
        of.tag(),
        new Context(
            of, fixed, returns.updateItems(), new ContextResults(uids, !order.sort().isEmpty())));
    return true;
  }

  /// Message numbers, and `$`, mean what they meant when the command came (§4.3).
  private static SearchKey fixed(SessionView view, SearchKey key) {
    ViewNumbers numbers = new ViewNumbers(view);
    return key.map(
        part ->
            switch (part) {
              case SearchKey.Sequence s -> fixed(numbers.uidsOfSequence(s.set()));
              case SearchKey.Uid u when u.set().isSavedResult() -> fixed(numbers.uids(u.set()));
              default -> part;
            });
  }

  private static SearchKey fixed(List<SequenceSet.Range> ranges) {
    if (ranges.isEmpty()) {
      return new SearchKey.Not(new SearchKey.All());
    }
    SequenceSet.Builder set = new SequenceSet.Builder();
    ranges.forEach(range -> set.add(range.first(), range.last()));
    return new SearchKey.Uid(set.build());
  }

  /// False where one of them is none: then none is cancelled.
  boolean cancel(List<String> tags) {
    return contexts.keySet().containsAll(tags) && contexts.keySet().removeAll(tags);
  }

  void clear() {
    contexts.clear();
    pending = List.of();
  }

  /// Whether something is to be asked again.
  boolean behind() {
    return !pending.isEmpty();
  }

  /// Tells what leaves with messages that are about to be told expunged, while their numbers are
  /// still good (§4.3.4).
  ///
  /// @param uids ascending
  /// @param numbers theirs, descending
  void expunged(Session session, List<Integer> uids, List<Integer> numbers) throws IOException {
    if (contexts.isEmpty() || uids.isEmpty()) {
      return;
    }
    int[] gone = uids.stream().mapToInt(Integer::intValue).toArray();
    Map<Integer, Integer> numberOf = new HashMap<>();
    for (int i = 0; i < gone.length; i++) {
      numberOf.put(gone[i], numbers.get(gone.length - 1 - i));
    }
    for (Context context : contexts.values()) {
      ContextResults.Change change = new ContextResults.Change();
      context.results.remove(uid -> UidArrays.find(gone, uid) >= 0, change);
      tell(session, context, change, uid -> numberOf.getOrDefault(uid, 0));
    }
  }

  /// Tells what came and left with messages that changed or are new, all told to the client by now.
  ///
  /// @param touched UIDs that the view has, ascending
  /// @param firstNew from this number on messages are new; beyond all: none is
  void changed(Session session, Selected state, List<UidRange> touched, int firstNew)
      throws IOException {
    if (contexts.isEmpty()) {
      return;
    }
    if (session.enabled(Feature.UIDONLY)) {
      refuseNumbers(session);
    }
    List<UidRange> asked = pending.isEmpty() ? touched : joined(pending, touched);
    pending = List.of();
    if (asked.isEmpty()) {
      return;
    }
    SessionView view = state.view();
    for (Context context : contexts.values()) {
      ContextResults.Change change;
      try {
        change = evaluate(state, context, asked);
      } catch (StoreException e) {
        // The command was done whole; results follow when the store answers again.
        pending = asked;
        return;
      }
      if (!context.items.isEmpty()) {
        // EXISTS was told before, and the change is told after (RFC 5465 §7).
        int[] come =
            change.added().map(view::seq).filter(seq -> seq >= firstNew).sorted().toArray();
        NewMessages.tell(session, state, context.items, come);
      }
      tell(session, context, change, view::seq);
    }
  }

  private static ContextResults.Change evaluate(
      Selected state, Context context, List<UidRange> touched) {
    SessionView view = state.view();
    mailwing.store.v1.SearchKey key = SearchExecutor.keys(view).toContract(context.order.key());
    int[] matching =
        UidArrays.sort(search(state, and(UidArrays.key(touched), key), context, false));
    ContextResults.Change change = new ContextResults.Change();
    boolean[] known = new boolean[matching.length];
    context.results.remove(
        uid -> {
          int at = UidArrays.find(matching, uid);
          if (at >= 0) {
            known[at] = true;
          }
          return at < 0 && holds(touched, uid);
        },
        change);
    int[] added = new int[matching.length];
    int count = 0;
    for (int i = 0; i < matching.length; i++) {
      if (!known[i]) {
        added[count++] = matching[i];
      }
    }
    context.results.add(
        Arrays.copyOf(added, count),
        uids -> search(state, and(UidArrays.key(UidArrays.ranges(uids)), key), context, true),
        change);
    return change;
  }

  /// UIDs that match and that the client knows.
  private static int[] search(
      Selected state, mailwing.store.v1.SearchKey key, Context context, boolean sorted) {
    SearchRequest.Builder request =
        SearchRequest.newBuilder().setMailbox(state.mailbox().ref()).setKey(key);
    if (sorted) {
      request.addAllSort(context.order.sort());
    }
    Hits hits = new Hits(state.view());
    state.store().search(request.build(), hits::add);
    return hits.uids();
  }

  private static mailwing.store.v1.SearchKey and(
      mailwing.store.v1.SearchKey a, mailwing.store.v1.SearchKey b) {
    return mailwing.store.v1.SearchKey.newBuilder()
        .setAnd(SearchKeys.newBuilder().addKeys(a).addKeys(b))
        .build();
  }

  private static boolean holds(List<UidRange> ranges, int uid) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      UidRange range = ranges.get(middle);
      if (range.holds(uid)) {
        return true;
      }
      if (Integer.compareUnsigned(range.first(), uid) < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return false;
  }

  private static List<UidRange> joined(List<UidRange> a, List<UidRange> b) {
    List<UidRange> all = new ArrayList<>(a);
    all.addAll(b);
    all.sort((x, y) -> Integer.compareUnsigned(x.first(), y.first()));
    List<UidRange> joined = new ArrayList<>();
    for (UidRange range : all) {
      UidRange before = joined.isEmpty() ? null : joined.getLast();
      if (before != null && before.holds(range.first())) {
        boolean further = Integer.compareUnsigned(range.last(), before.last()) > 0;
        joined.set(
            joined.size() - 1,
            new UidRange(before.first(), further ? range.last() : before.last()));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }

  /// Contexts of message numbers cannot go on once there are none (RFC 9586 §3).
  private void refuseNumbers(Session session) throws IOException {
    for (Context context : List.copyOf(contexts.values())) {
      if (!context.order.uid()) {
        contexts.remove(context.of.tag());
        session
            .out()
            .untaggedNo(new ResponseCode.NoUpdate(context.of.tag()), "No message numbers any more");
      }
    }
  }

  private interface Numbers {
    int of(int uid);
  }

  private static void tell(
      Session session, Context context, ContextResults.Change change, Numbers numbers)
      throws IOException {
    boolean uid = context.order.uid();
    ContextResults.Told told =
        new ContextResults.Told(change, one -> uid ? Integer.toUnsignedLong(one) : numbers.of(one));
    if (!told.removed().isEmpty() || !told.added().isEmpty()) {
      session.out().searches().update(context.of, uid, told.removed(), told.added());
    }
  }
}
