package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter.Kind;
import mailwing.imap.command.AuthenticatedCommand.Notify.Event;
import mailwing.imap.command.AuthenticatedCommand.Notify.EventGroup;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.MailboxName;

/// NOTIFY (RFC 5465) and the mailbox filters it shares with ESEARCH (RFC 7377).
final class NotifyGrammar {
  private static final List<String> EVENTS =
      List.of(
          "MessageNew",
          "MessageExpunge",
          "FlagChange",
          "MailboxName",
          "SubscriptionChange",
          "MailboxMetadataChange",
          "ServerMetadataChange");

  private static final Set<Event> MESSAGE_EVENTS =
      Set.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE, Event.ANNOTATION_CHANGE);

  private final Tokens tokens;
  private final FetchGrammar fetch;

  NotifyGrammar(Tokens tokens, FetchGrammar fetch) {
    this.tokens = tokens;
    this.fetch = fetch;
  }

  Command read() throws IOException, SyntaxError {
    tokens.need(Grammar.NOTIFY, "command");
    tokens.sp();
    if (tokens.acceptWord("NONE")) {
      return new AuthenticatedCommand.Notify(false, List.of());
    }
    if (!tokens.acceptWord("SET")) {
      throw SyntaxError.bad("Expected SET or NONE");
    }
    tokens.sp();
    boolean status = tokens.acceptWord("STATUS");
    if (status) {
      tokens.sp();
    }
    List<EventGroup> groups = new ArrayList<>();
    do {
      tokens.count(groups.size());
      groups.add(group());
    } while (tokens.more());
    long selected = groups.stream().filter(g -> selected(g.filter())).count();
    if (selected > 1) {
      throw SyntaxError.bad("SELECTED may stand once");
    }
    return new AuthenticatedCommand.Notify(status, groups);
  }

  private static boolean selected(MailboxFilter filter) {
    return filter.kind() == Kind.SELECTED || filter.kind() == Kind.SELECTED_DELAYED;
  }

  private EventGroup group() throws IOException, SyntaxError {
    tokens.expect('(');
    MailboxFilter filter = filter();
    tokens.sp();
    Events events = new Events(selected(filter));
    if (!tokens.acceptWord("NONE")) {
      tokens.list(false, events::read);
    }
    tokens.expect(')');
    return events.group(filter);
  }

  private final class Events {
    private final boolean selected;
    private final Set<Event> events = EnumSet.noneOf(Event.class);
    private List<FetchItem> items = List.of();

    Events(boolean selected) {
      this.selected = selected;
    }

    void read() throws IOException, SyntaxError {
      Event event = event(tokens.keyword());
      if (selected && !MESSAGE_EVENTS.contains(event)) {
        throw SyntaxError.bad("SELECTED goes with message events only");
      }
      events.add(event);
      if (event == Event.MESSAGE_NEW) {
        newMessageItems();
      }
    }

    private void newMessageItems() throws IOException, SyntaxError {
      int before = tokens.in.position();
      tokens.optionalSp();
      if (!tokens.at('(')) {
        tokens.in.position(before);
      } else if (selected) {
        items = fetch.items();
      } else {
        throw SyntaxError.bad("Fetch items go with SELECTED only");
      }
    }

    EventGroup group(MailboxFilter filter) throws SyntaxError {
      boolean arrivals = events.contains(Event.MESSAGE_NEW);
      if (arrivals != events.contains(Event.MESSAGE_EXPUNGE)
          || (!arrivals && events.contains(Event.FLAG_CHANGE))) {
        throw SyntaxError.bad("MessageNew and MessageExpunge go together");
      }
      return new EventGroup(filter, events, items);
    }
  }

  private static Event event(String name) throws SyntaxError {
    return switch (name) {
      case "MESSAGENEW" -> Event.MESSAGE_NEW;
      case "MESSAGEEXPUNGE" -> Event.MESSAGE_EXPUNGE;
      case "FLAGCHANGE" -> Event.FLAG_CHANGE;
      case "MAILBOXNAME" -> Event.MAILBOX_NAME;
      case "SUBSCRIPTIONCHANGE" -> Event.SUBSCRIPTION_CHANGE;
      case "MAILBOXMETADATACHANGE" -> Event.MAILBOX_METADATA_CHANGE;
      case "SERVERMETADATACHANGE" -> Event.SERVER_METADATA_CHANGE;
      default -> throw SyntaxError.no(new ResponseCode.BadEvent(EVENTS), "Unknown event");
    };
  }

  /// source-mbox's filters: SELECTED-DELAYED is not among them (RFC 7377 §4).
  MailboxFilter source() throws IOException, SyntaxError {
    MailboxFilter filter = filter();
    if (filter.kind() == Kind.SELECTED_DELAYED) {
      throw SyntaxError.bad("Wrong source");
    }
    return filter;
  }

  private MailboxFilter filter() throws IOException, SyntaxError {
    return switch (tokens.keyword()) {
      case "SELECTED" -> new MailboxFilter(Kind.SELECTED, List.of());
      case "SELECTED-DELAYED" -> new MailboxFilter(Kind.SELECTED_DELAYED, List.of());
      case "INBOXES" -> new MailboxFilter(Kind.INBOXES, List.of());
      case "PERSONAL" -> new MailboxFilter(Kind.PERSONAL, List.of());
      case "SUBSCRIBED" -> new MailboxFilter(Kind.SUBSCRIBED, List.of());
      case "SUBTREE" -> new MailboxFilter(Kind.SUBTREE, mailboxes());
      case "SUBTREE-ONE" -> new MailboxFilter(Kind.SUBTREE_ONE, mailboxes());
      case "MAILBOXES" -> new MailboxFilter(Kind.MAILBOXES, mailboxes());
      default -> throw SyntaxError.bad("Unknown mailbox filter");
    };
  }

  private List<MailboxName> mailboxes() throws IOException, SyntaxError {
    tokens.sp();
    if (!tokens.at('(')) {
      return List.of(tokens.mailbox());
    }
    List<MailboxName> mailboxes = new ArrayList<>();
    tokens.list(false, () -> mailboxes.add(tokens.mailbox()));
    return mailboxes;
  }
}
