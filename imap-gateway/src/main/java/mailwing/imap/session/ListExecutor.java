package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.ListReturn;
import mailwing.imap.command.AuthenticatedCommand.SelectOption;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.StatusItem;
import mailwing.imap.protocol.ListPattern;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.Sharer;

/// LIST and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9): one call of the store each, whatever is to be
/// told of each mailbox.
final class ListExecutor {
  private static final String OTHERS = "Other Users/";
  private static final String SHARED = "Shared/";

  private ListExecutor() {}

  static Reply list(Session session, LoggedIn state, AuthenticatedCommand.ListMailboxes command)
      throws IOException {
    ResponseWriter out = session.out();
    if (!command.extended() && command.patterns().equals(List.of(""))) {
      out.list(List.of("\\Noselect"), new MailboxName(""));
      return Reply.ok("LIST completed");
    }
    ListReturn returns = command.returns();
    if (!MetadataExecutor.names(returns.metadata())) {
      return Reply.bad("Entries are below /private or /shared");
    }
    boolean subscribed = command.select().contains(SelectOption.SUBSCRIBED);
    Set<StatusItem> status = EnumSet.noneOf(StatusItem.class);
    status.addAll(returns.status());
    List<Mailbox> mailboxes =
        state
            .store()
            .list(
                ListMailboxesRequest.newBuilder()
                    .setWithStatus(!status.isEmpty())
                    .setWithDeletedOctets(status.contains(StatusItem.DELETED_STORAGE))
                    .setWithNonexistent(subscribed)
                    .setWithShared(true)
                    .addAllMetadataEntries(returns.metadata())
                    .build());
    for (ListSelection.Line line : new ListSelection(command).lines(mailboxes)) {
      Mailbox mailbox = line.mailbox();
      MailboxName name = new MailboxName(mailbox.getName());
      List<String> attributes = attributes(mailbox, subscribed || returns.subscribed());
      if (!command.extended() && mailbox.getRef().getMailboxId() == 0) {
        // A client that asks in the old way may know no other name for it.
        attributes.addFirst("\\Noselect");
      }
      out.list(attributes, name, line.childInfo(), null);
      // Not of a name that is told for its children alone (RFC 5819 §3).
      if (line.selected() && mailbox.hasStatus() && mailbox.getSelectable()) {
        MailboxExecutor.tellStatus(session, name, status, mailbox.getRef(), mailbox.getStatus());
      }
      boolean exists = mailbox.getRef().getMailboxId() != 0;
      if (line.selected() && exists && returns.myRights()) {
        out.myRights(name, Rights.letters(mailbox.getRights()));
      }
      if (line.selected() && exists && !returns.metadata().isEmpty()) {
        MetadataExecutor.tell(out, name, returns.metadata(), mailbox.getMetadataList());
      }
    }
    return Reply.ok("LIST completed");
  }

  /// A name that is not subscribed but has subscribed names below it answers a `%` with \Noselect
  /// (RFC 3501 §6.3.9).
  static Reply lsub(Session session, LoggedIn state, AuthenticatedCommand.Lsub command)
      throws IOException {
    if (command.pattern().isEmpty()) {
      session.out().lsub(List.of("\\Noselect"), new MailboxName(""));
      return Reply.ok("LSUB completed");
    }
    ListPattern pattern = new ListPattern(command.reference(), command.pattern());
    TreeMap<String, List<String>> lines = new TreeMap<>();
    ListMailboxesRequest all =
        ListMailboxesRequest.newBuilder().setWithNonexistent(true).setWithShared(true).build();
    for (Mailbox mailbox : state.store().list(all)) {
      if (!mailbox.getSubscribed()) {
        continue;
      }
      String name = mailbox.getName();
      if (pattern.matches(name)) {
        lines.put(name, List.of());
        continue;
      }
      for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
        String superior = name.substring(0, slash);
        if (command.pattern().endsWith("%") && pattern.matches(superior)) {
          lines.putIfAbsent(superior, List.of("\\Noselect"));
        }
      }
    }
    for (var line : lines.entrySet()) {
      session.out().lsub(line.getValue(), new MailboxName(line.getKey()));
    }
    return Reply.ok("LSUB completed");
  }

  /// NAMESPACE (RFC 2342): those of other users and of accounts that belong to nobody are told to
  /// whom one of them shares with.
  static Reply namespace(Session session, LoggedIn state) throws IOException {
    List<Sharer> sharers = state.store().sharers();
    boolean shared = sharers.stream().anyMatch(Sharer::getShared);
    boolean others = sharers.stream().anyMatch(sharer -> !sharer.getShared());
    session
        .out()
        .namespace(
            List.of(""),
            others ? List.of(OTHERS) : List.of(),
            shared ? List.of(SHARED) : List.of());
    return Reply.ok("NAMESPACE completed");
  }

  static List<String> attributes(Mailbox mailbox, boolean tellSubscribed) {
    List<String> attributes = new ArrayList<>();
    if (mailbox.getRef().getMailboxId() == 0) {
      attributes.add("\\NonExistent");
    } else if (!mailbox.getSelectable()) {
      attributes.add("\\Noselect");
    }
    attributes.add(mailbox.getHasChildren() ? "\\HasChildren" : "\\HasNoChildren");
    if (tellSubscribed && mailbox.getSubscribed()) {
      attributes.add("\\Subscribed");
    }
    attributes.addAll(SpecialUses.attributes(mailbox.getSpecialUse()));
    return attributes;
  }
}
