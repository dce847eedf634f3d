package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import mailwing.gateway.StoreException;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SearchReturn.Option;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.SearchKeys;
import mailwing.imap.protocol.SearchWriter;
import mailwing.imap.protocol.SearchWriter.Correlator;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.SessionView;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.UidRange;
import mailwing.store.v1.UidSet;
import org.jspecify.annotations.Nullable;

/// SEARCH (RFC 9051 §6.4.4), SORT and THREAD (RFC 5256): the store finds UIDs, the view knows which
/// of them the client knows and by what number. Answers are written once all is known: a store that
/// fails half-way must not leave half a line.
final class SearchExecutor {
  private static final SearchReturn ALL = new SearchReturn(Set.of(Option.ALL), null);

  private SearchExecutor() {}

  static Reply search(Session session, Selected state, String tag, SelectedCommand.Search command)
      throws IOException {
    SearchReturn returns = command.returns();
    if (returns == null && session.enabled(Feature.IMAP4REV2)) {
      returns = ALL;
    }
    MessageLimit limit = new MessageLimit(session);
    Order order = new Order(limit.cut(state.view(), command.key()), List.of(), command.uid());
    Reply refused = refusal(session, tag, returns, List.of(), command.key());
    if (refused != null) {
      return refused;
    }
    Hits hits = find(state, order, returns);
    if (returns == null) {
      line(session, hits, command.uid(), false);
    } else {
      tell(session, state, Correlator.of(tag), order, hits, returns);
    }
    return limit.tell(Reply.ok(command.name() + " completed"));
  }

  static Reply sort(Session session, Selected state, String tag, SelectedCommand.Sort command)
      throws IOException {
    SearchReturn returns = command.returns();
    Order order = new Order(command.key(), SearchKeys.sort(command.order()), command.uid());
    Reply refused = refusal(session, tag, returns, command.order(), command.key());
    if (refused != null) {
      return refused;
    }
    Hits hits = find(state, order, returns);
    if (returns == null) {
      line(session, hits, command.uid(), true);
    } else {
      tell(session, state, Correlator.of(tag), order, hits, returns);
    }
    return Reply.ok(command.name() + " completed");
  }

  /// What a searching command looks for, and how it wants to be told.
  record Order(SearchKey key, List<SortCriterion> sort, boolean uid) {}

  /// What is wrong with a searching command; null if nothing is.
  static @Nullable Reply refusal(
      Session session,
      String tag,
      @Nullable SearchReturn returns,
      List<SelectedCommand.SortKey> sort,
      SearchKey key) {
    boolean relevancy =
        (returns != null && returns.options().contains(Option.RELEVANCY))
            || sort.stream().anyMatch(by -> by.field() == SelectedCommand.SortKey.Field.RELEVANCY);
    if (relevancy && !key.asksFuzzy()) {
      return Reply.bad("RELEVANCY goes with FUZZY only");
    }
    if (returns != null
        && returns.options().contains(Option.UPDATE)
        && session.contexts().has(tag)) {
      return Reply.bad("Tag reuse");
    }
    return null;
  }

  static Reply threads(Session session, Selected state, SelectedCommand.Threads command)
      throws IOException {
    ThreadRequest.Algorithm algorithm =
        switch (command.algorithm()) {
          case ORDEREDSUBJECT -> ThreadRequest.Algorithm.ORDEREDSUBJECT;
          case REFERENCES -> ThreadRequest.Algorithm.REFERENCES;
          case REFS -> ThreadRequest.Algorithm.REFS;
        };
    SessionView view = state.view();
    Reply refused = new MessageLimit(session).refused(view, command.key());
    if (refused != null) {
      return refused;
    }
    Trees trees = new Trees(view, command.uid());
    if (view.count() > 0) {
      state
          .store()
          .thread(
              ThreadRequest.newBuilder()
                  .setMailbox(state.mailbox().ref())
                  .setKey(known(view, keys(view).toContract(command.key())))
                  .setAlgorithm(algorithm)
                  .build(),
              response -> {
                for (int i = 0; i < response.getUidsCount(); i++) {
                  trees.add(response.getUids(i), response.getDepths(i));
                }
              });
    }
    session.out().searches().threads(trees.numbers(), trees.depths(), trees.count());
    return Reply.ok(command.name() + " completed");
  }

  /// The key, of messages that the client may know: a tree cannot be pruned of others here.
  private static mailwing.store.v1.SearchKey known(
      SessionView view, mailwing.store.v1.SearchKey key) {
    UidRange told = UidRange.newBuilder().setFirst(1).setLast(view.uid(view.count())).build();
    return mailwing.store.v1.SearchKey.newBuilder()
        .setAnd(
            mailwing.store.v1.SearchKeys.newBuilder()
                .addKeys(
                    mailwing.store.v1.SearchKey.newBuilder()
                        .setUid(UidSet.newBuilder().addRanges(told)))
                .addKeys(key))
        .build();
  }

  static SearchKeys keys(SessionView view) {
    return new SearchKeys(new ViewNumbers(view));
  }

  static Hits find(Selected state, Order order, @Nullable SearchReturn returns) {
    Hits known = order.sort().isEmpty() ? KnownSearch.find(state.view(), order.key()) : null;
    if (known != null) {
      return known;
    }
    Hits hits = new Hits(state.view());
    try {
      state
          .store()
          .search(
              SearchRequest.newBuilder()
                  .setMailbox(state.mailbox().ref())
                  .setKey(keys(state.view()).toContract(order.key()))
                  .addAllSort(order.sort())
                  .build(),
              hits::add);
    } catch (StoreException e) {
      if (returns != null && returns.options().contains(Option.SAVE)) {
        // RFC 9051 §6.4.4.1: a NO leaves nothing saved.
        state.view().save(List.of());
      }
      throw e;
    }
    return hits;
  }

  private static void line(Session session, Hits hits, boolean uid, boolean sort)
      throws IOException {
    SearchWriter.SearchLine line = session.out().searches().search(sort);
    for (int i = 0; i < hits.count(); i++) {
      line.add(hits.number(i, uid));
    }
    line.end(hits.highestModSeq());
  }

  /// Tells what was found, saves it and keeps it up, as far as the client asked for that.
  static void tell(
      Session session, Selected state, Correlator of, Order order, Hits hits, SearchReturn returns)
      throws IOException {
    if (returns.options().contains(Option.SAVE)) {
      state.view().save(hits.saved(returns));
      if (returns.options().size() == 1 && returns.partial() == null) {
        return;
      }
    }
    // Of several mailboxes only those that have something are told (RFC 7377 §2.1).
    if (of.mailbox() == null || hits.count() > 0) {
      session.out().searches().esearch(of, order.uid(), answer(hits, order.uid(), returns));
    }
    if (returns.options().contains(Option.UPDATE)
        && !session.contexts().add(state.view(), of, order, returns, hits.uids())) {
      session.out().untaggedNo(new ResponseCode.NoUpdate(of.tag()), "Too many contexts");
    }
  }

  /// What of the hits the client asked for.
  static SearchWriter.Esearch answer(Hits hits, boolean uid, SearchReturn returns) {
    int count = hits.count();
    boolean min = returns.options().contains(Option.MIN);
    boolean max = returns.options().contains(Option.MAX);
    boolean all = returns.options().contains(Option.ALL);
    boolean counted = returns.options().contains(Option.COUNT);
    PartialRange partial = returns.partial();
    Partial places = partial == null ? new Partial(0, 0) : Partial.of(partial, count);
    // RFC 4731 §3.2: of what is told.
    long modSeq =
        all || counted || partial != null
            ? hits.highestModSeq()
            : Math.max(min ? hits.modSeqOfFirst() : 0, max ? hits.modSeqOfLast() : 0);
    return new SearchWriter.Esearch(
        min && count > 0 ? hits.number(0, uid) : 0,
        max && count > 0 ? hits.number(count - 1, uid) : 0,
        counted ? count : -1,
        all ? hits.runs(0, count, uid) : null,
        modSeq,
        partial,
        hits.runs(places.from(), places.to(), uid),
        returns.options().contains(Option.RELEVANCY) ? relevancies(hits, partial, places) : null);
  }

  private static List<Integer> relevancies(
      Hits hits, @Nullable PartialRange partial, Partial places) {
    return partial == null
        ? hits.relevancies(0, hits.count())
        : hits.relevancies(places.from(), places.to());
  }
}
