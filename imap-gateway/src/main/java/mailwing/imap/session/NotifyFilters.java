package mailwing.imap.session;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter.Kind;
import mailwing.imap.command.AuthenticatedCommand.Notify.Event;
import mailwing.imap.command.AuthenticatedCommand.Notify.EventGroup;
import mailwing.imap.command.MailboxName;

/// Which events a client wants of which mailboxes other than the selected one (RFC 5465 §6).
/// Several groups can speak of one mailbox.
final class NotifyFilters {
  private final List<EventGroup> groups;
  private final long account;

  /// @param account whose mailboxes are personal
  NotifyFilters(List<EventGroup> groups, long account) {
    this.account = account;
    this.groups =
        groups.stream()
            .filter(
                group ->
                    group.filter().kind() != Kind.SELECTED
                        && group.filter().kind() != Kind.SELECTED_DELAYED
                        && !group.events().isEmpty())
            .toList();
  }

  boolean isEmpty() {
    return groups.isEmpty();
  }

  /// What is wanted of a mailbox, by what it is or was.
  Set<Event> events(Collection<WatchedMailbox> states) {
    Set<Event> events = EnumSet.noneOf(Event.class);
    for (EventGroup group : groups) {
      if (states.stream().anyMatch(mailbox -> matches(group.filter(), mailbox))) {
        events.addAll(group.events());
      }
    }
    return events;
  }

  /// Of the server's own, whatever mailboxes a group names.
  boolean server() {
    return groups.stream().anyMatch(group -> group.events().contains(Event.SERVER_METADATA_CHANGE));
  }

  private boolean matches(MailboxFilter filter, WatchedMailbox mailbox) {
    return matches(
        filter,
        mailbox.name(),
        mailbox.key().account() == account,
        mailbox.listed().getSubscribed());
  }

  /// Whether a filter means a mailbox; SELECTED means none here.
  ///
  /// @param own it is of the user's personal namespace
  static boolean matches(MailboxFilter filter, String name, boolean own, boolean subscribed) {
    return switch (filter.kind()) {
      // Mail may be delivered to any mailbox of an account: then RFC 5465 §6.3 wants them all.
      case PERSONAL, INBOXES -> own;
      case SUBSCRIBED -> subscribed;
      case SUBTREE -> names(filter).anyMatch(n -> n.equals(name) || below(n, name));
      case SUBTREE_ONE ->
          names(filter)
              .anyMatch(
                  n -> n.equals(name) || (below(n, name) && name.indexOf('/', n.length() + 1) < 0));
      case MAILBOXES -> names(filter).anyMatch(n -> n.equals(name));
      case SELECTED, SELECTED_DELAYED -> false;
    };
  }

  private static java.util.stream.Stream<String> names(MailboxFilter filter) {
    return filter.mailboxes().stream().map(MailboxName::value);
  }

  private static boolean below(String superior, String name) {
    return name.startsWith(superior + "/");
  }
}
