package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter.Kind;
import mailwing.imap.command.AuthenticatedCommand.MultiSearch;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.SearchReturn.Option;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.SearchKeys;
import mailwing.imap.protocol.SearchWriter.Correlator;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchRequest;
import org.jspecify.annotations.Nullable;

/// ESEARCH (RFC 7377): each mailbox is searched by itself and told as soon as it is done.
final class MultiSearchExecutor {
  private static final int MOST_MAILBOXES = 5000;

  private final Session session;
  private final MailStore store;
  private final String tag;
  private final MultiSearch command;
  private final SearchExecutor.Order order;

  private MultiSearchExecutor(Session session, MailStore store, String tag, MultiSearch command) {
    this.session = session;
    this.store = store;
    this.tag = tag;
    this.command = command;
    this.order = new SearchExecutor.Order(command.key(), List.of(), true);
  }

  static Reply execute(Session session, LoggedIn state, String tag, MultiSearch command)
      throws IOException {
    Selected selected = state instanceof Selected s ? s : null;
    Reply refused = refusal(session, selected, command);
    if (refused == null) {
      refused = SearchExecutor.refusal(session, tag, command.returns(), List.of(), command.key());
    }
    return refused != null
        ? refused
        : new MultiSearchExecutor(session, state.store(), tag, command).run(selected);
  }

  private static @Nullable Reply refusal(
      Session session, @Nullable Selected selected, MultiSearch command) {
    SearchReturn returns = command.returns();
    boolean selectedAlone = selectedAlone(command);
    if (selected == null && asksSelected(command)) {
      return Reply.bad("Select a mailbox first");
    }
    if (returns.options().contains(Option.SAVE) && !selectedAlone) {
      return Reply.bad("SAVE goes with the selected mailbox only");
    }
    if (returns.options().contains(Option.UPDATE) && selected == null) {
      return Reply.bad("UPDATE goes with a selected mailbox only");
    }
    if (!selectedAlone && command.key().has(MultiSearchExecutor::isSavedResult)) {
      return Reply.bad("$ goes with the selected mailbox only");
    }
    return session.enabled(Feature.UIDONLY) && NumbersUsed.in(command.key())
        ? Reply.bad(
            ResponseCode.Name.UIDREQUIRED,
            "Message numbers are not allowed once UIDONLY is enabled")
        : null;
  }

  private static boolean selectedAlone(MultiSearch command) {
    return command.sources().stream().allMatch(s -> s.kind() == Kind.SELECTED);
  }

  private static boolean asksSelected(MultiSearch command) {
    return command.sources().isEmpty()
        || command.sources().stream().anyMatch(s -> s.kind() == Kind.SELECTED);
  }

  private static boolean isSavedResult(SearchKey key) {
    SequenceSet set =
        key instanceof SearchKey.Sequence s
            ? s.set()
            : key instanceof SearchKey.Uid u ? u.set() : null;
    return set != null && set.isSavedResult();
  }

  private Reply run(@Nullable Selected selected) throws IOException {
    boolean done = selected != null && asksSelected(command);
    if (selected != null && done) {
      selected(selected);
    }
    if (selectedAlone(command)) {
      return Reply.ok(command.name() + " completed");
    }
    boolean ownAlone =
        command.sources().stream()
            .allMatch(s -> s.kind() == Kind.PERSONAL || s.kind() == Kind.INBOXES);
    ListMailboxesRequest all =
        ListMailboxesRequest.newBuilder().setWithStatus(true).setWithShared(!ownAlone).build();
    // Of what may not be read there is no status (§2.2).
    List<Mailbox> mailboxes =
        store.list(all).stream()
            .filter(mailbox -> mailbox.getSelectable() && mailbox.hasStatus() && isSource(mailbox))
            .toList();
    if (mailboxes.size() > MOST_MAILBOXES) {
      return Reply.no(ResponseCode.Name.LIMIT, "Too many mailboxes");
    }
    for (Mailbox mailbox : mailboxes) {
      if (selected == null || !mailbox.getName().equals(selected.name())) {
        other(mailbox);
      } else if (!done) {
        done = true;
        selected(selected);
      }
    }
    return Reply.ok(command.name() + " completed");
  }

  /// By the session's view, whose messages alone the client knows.
  private void selected(Selected selected) throws IOException {
    Correlator of =
        new Correlator(
            tag,
            new MailboxName(selected.name()),
            Integer.toUnsignedLong(selected.mailbox().shared().uidValidity()));
    Hits hits = SearchExecutor.find(selected, order, command.returns());
    SearchExecutor.tell(session, selected, of, order, hits, command.returns());
  }

  private void other(Mailbox mailbox) throws IOException {
    long owner = owner(mailbox);
    MailboxRef ref = mailbox.getRef().toBuilder().setOwnerAccount(owner).build();
    Hits hits = new Hits(null);
    try {
      SearchKeys keys = new SearchKeys(new MailboxNumbers(store, ref, mailbox.getStatus(), owner));
      store.search(
          SearchRequest.newBuilder().setMailbox(ref).setKey(keys.toContract(command.key())).build(),
          hits::add);
    } catch (StoreException e) {
      // Gone meanwhile, or not to be read: as if it had not been named (§2.2).
      if (e.code() == ErrorCode.MAILBOX_NOT_FOUND || e.code() == ErrorCode.PERMISSION_DENIED) {
        return;
      }
      throw e;
    }
    if (hits.count() > 0) {
      Correlator of =
          new Correlator(
              tag,
              new MailboxName(mailbox.getName()),
              Integer.toUnsignedLong(mailbox.getStatus().getUidValidity()));
      session
          .out()
          .searches()
          .esearch(of, true, SearchExecutor.answer(hits, true, command.returns()));
    }
  }

  private long owner(Mailbox mailbox) {
    long owner = mailbox.getRef().getOwnerAccount();
    return owner == 0 ? store.account() : owner;
  }

  private boolean isSource(Mailbox mailbox) {
    boolean own = owner(mailbox) == store.account();
    return command.sources().stream()
        .anyMatch(
            source ->
                NotifyFilters.matches(source, mailbox.getName(), own, mailbox.getSubscribed()));
  }
}
