package mailwing.imap.session;

import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter.Kind;
import mailwing.imap.command.AuthenticatedCommand.Notify.Event;
import mailwing.imap.command.AuthenticatedCommand.Notify.EventGroup;
import mailwing.imap.command.FetchItem;

/// What a client is told of the selected mailbox without asking (RFC 5465 §6.1).
///
/// @param messages EXISTS and EXPUNGE
/// @param flags FETCH of messages whose flags have changed
/// @param always UID comes with the flags (RFC 5465 §5.1)
/// @param delayed EXPUNGE waits for a command that allows it
/// @param newMessageItems what is fetched of each new message; empty for nothing
record SelectedEvents(
    boolean messages,
    boolean flags,
    boolean always,
    boolean delayed,
    List<FetchItem> newMessageItems) {

  /// Of a client that has not used NOTIFY.
  static final SelectedEvents ALL = new SelectedEvents(true, true, false, true, List.of());

  private static final SelectedEvents NONE =
      new SelectedEvents(false, false, true, true, List.of());

  /// Where no group speaks of the selected mailbox, its messages are not told of (RFC 5465 §3.1).
  static SelectedEvents of(List<EventGroup> groups) {
    for (EventGroup group : groups) {
      Kind kind = group.filter().kind();
      if (kind == Kind.SELECTED || kind == Kind.SELECTED_DELAYED) {
        Set<Event> events = group.events();
        return new SelectedEvents(
            events.contains(Event.MESSAGE_NEW),
            events.contains(Event.FLAG_CHANGE),
            true,
            kind == Kind.SELECTED_DELAYED,
            group.newMessageItems());
      }
    }
    return NONE;
  }
}
