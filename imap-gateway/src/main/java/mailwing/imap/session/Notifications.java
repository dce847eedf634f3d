package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand.Notify;
import mailwing.imap.command.AuthenticatedCommand.Notify.Event;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.StatusItem;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.AccountWatch.Annotation;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxStatus;
import org.jspecify.annotations.Nullable;

/// What a client has asked by NOTIFY to be told (RFC 5465), and what it was told of already: a
/// moment of its account's mailboxes, which it shares with the account's other sessions. To be told
/// is to be brought from that moment to the present one, so nothing queues up, however slow the
/// client.
final class Notifications implements Runnable {
  private static final WatchedMailbox NOTHING =
      new WatchedMailbox(
          new MailboxKey(0, 0), Mailbox.getDefaultInstance(), MailboxStatus.getDefaultInstance());

  private final SelectedEvents selected;
  private final NotifyFilters filters;
  private final Runnable waker;
  private final int most;
  private final OwnChanges own = new OwnChanges();
  private WatchedMailboxes told = WatchedMailboxes.NONE;
  private long toldMetadata;
  private @Nullable AccountWatch watch;

  /// Asks the store where mailboxes other than the selected one are to be watched.
  static Notifications of(Session session, MailStore store, Notify command) {
    NotifyFilters filters = new NotifyFilters(command.groups(), store.account());
    Notifications made =
        new Notifications(
            session,
            SelectedEvents.of(command.groups()),
            filters,
            session.services().config().policy().notifyMailboxes());
    if (!filters.isEmpty()) {
      AccountWatch watch = session.services().watches().join(store, made);
      made.toldMetadata = watch.metadataEnd();
      made.told = watch.now();
      made.watch = watch;
    }
    return made;
  }

  private Notifications(Session session, SelectedEvents selected, NotifyFilters filters, int most) {
    this.waker = session.waker();
    this.selected = selected;
    this.filters = filters;
    this.most = most;
  }

  /// As after NOTIFY NONE.
  static Notifications none(Session session) {
    return new Notifications(
        session, SelectedEvents.of(List.of()), new NotifyFilters(List.of(), 0), 0);
  }

  /// There is something to tell.
  @Override
  public void run() {
    waker.run();
  }

  SelectedEvents selected() {
    return selected;
  }

  OwnChanges own() {
    return own;
  }

  /// More mailboxes than this gateway watches for a session (RFC 5465 §3.1).
  boolean tooMany() {
    return told.size() > most;
  }

  void close(Session session) {
    AccountWatch watched = watch;
    if (watched != null) {
      session.services().watches().leave(watched, this);
    }
  }

  /// LIST with \NoAccess for what is to be watched and may not be read (RFC 5465 §3.1).
  void tellNoAccess(Session session) throws IOException {
    for (WatchedMailbox mailbox : told.all()) {
      if (!mailbox.readable() && !filters.events(List.of(mailbox)).isEmpty()) {
        list(session.out(), mailbox.name(), mailbox, null);
      }
    }
  }

  /// The STATUS responses that NOTIFY SET STATUS asks for (RFC 5465 §3.1).
  void tellStatus(Session session) throws IOException {
    for (WatchedMailbox mailbox : told.all()) {
      Set<Event> events = filters.events(List.of(mailbox));
      Set<StatusItem> items = EnumSet.noneOf(StatusItem.class);
      if (events.contains(Event.MESSAGE_NEW)) {
        items.addAll(Set.of(StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY));
      }
      if (events.contains(Event.FLAG_CHANGE)) {
        items.add(StatusItem.HIGHESTMODSEQ);
      }
      if (mailbox.watchable() && !items.isEmpty() && !isSelected(session, mailbox)) {
        status(session, mailbox, items);
      }
    }
  }

  /// This session has changed names, subscriptions or annotations: its client is not told of that
  /// (RFC 5465 §5), so it is looked at now, apart from what others do later.
  void changedHere(MailStore store, Collection<String> names) {
    AccountWatch watched = watch;
    if (watched != null) {
      names.forEach(own::named);
      try {
        watched.refresh(store);
      } catch (StoreException e) {
        // It is done, and told of later: the client is told more than it needs.
        watched.hintAll();
      }
    }
  }

  /// How telling went.
  enum Told {
    NOTHING,
    SOMETHING,
    /// It cannot be told: the client must be told of the overflow instead (RFC 5465 §5.8).
    OVERFLOW
  }

  /// Tells what has changed.
  Told tell(Session session) throws IOException {
    AccountWatch watched = watch;
    if (watched == null) {
      return Told.NOTHING;
    }
    WatchedMailboxes now = watched.now();
    long metadataEnd = watched.metadataEnd();
    if (now == told && metadataEnd == toldMetadata) {
      own.forgetNames();
      return Told.NOTHING;
    }
    List<Annotation> annotations =
        metadataEnd == toldMetadata ? List.of() : watched.metadataSince(toldMetadata);
    if (annotations == null || now.size() > most) {
      return Told.OVERFLOW;
    }
    WatchedMailboxes before = told;
    told = now;
    toldMetadata += annotations.size();
    boolean any = names(session, before, now);
    any |= statuses(session, before, now);
    any |= annotations(session, now, annotations);
    own.forgetNames();
    return any ? Told.SOMETHING : Told.NOTHING;
  }

  /// LIST for names and subscriptions (RFC 5465 §5.4, §5.5).
  private boolean names(Session session, WatchedMailboxes before, WatchedMailboxes now)
      throws IOException {
    Map<WatchedMailbox, WatchedMailbox> renamed = before.renamed(now);
    Set<WatchedMailbox> moved = new HashSet<>(renamed.values());
    Set<String> parents = new TreeSet<>();
    Map<String, @Nullable WatchedMailbox> lines = new LinkedHashMap<>();
    Set<String> wereInbox = new HashSet<>();
    before.differences(
        now,
        (was, is) -> {
          Set<Event> events = events(was, is);
          boolean existed = was != null && was.exists() && !moved.contains(was);
          boolean exists = is != null && is.exists() && !renamed.containsKey(is);
          String name = name(was, is);
          boolean came = exists && !(existed && was.key().equals(is.key()));
          if ((came || (existed && !exists)) && !own.has(name)) {
            boolean wasInbox = came && is.listed().getWasInbox();
            if (wasInbox) {
              // INBOX stays, and no word of it (RFC 5465 §5.4).
              wereInbox.add(name);
            }
            int slash = name.lastIndexOf('/');
            if (slash > 0 && !wasInbox) {
              parents.add(name.substring(0, slash));
            }
            if (events.contains(Event.MAILBOX_NAME)) {
              lines.put(name, is);
            }
          }
          boolean subscribed = was != null && was.listed().getSubscribed();
          boolean subscribes = is != null && is.listed().getSubscribed();
          boolean lost = existed && exists && was.readable() != is.readable();
          if (lost && !events.isEmpty()) {
            // RFC 5465 §5.9.
            lines.put(name, is);
          }
          if (subscribed != subscribes
              && events.contains(Event.SUBSCRIPTION_CHANGE)
              && !own.has(name)) {
            lines.put(name, is);
          }
        });
    for (String parent : parents) {
      WatchedMailbox was = before.named(parent);
      WatchedMailbox is = now.named(parent);
      if (events(was, is).contains(Event.MAILBOX_NAME) && !own.has(parent)) {
        lines.putIfAbsent(parent, is);
      }
    }
    for (Map.Entry<String, @Nullable WatchedMailbox> line : lines.entrySet()) {
      String oldName = wereInbox.contains(line.getKey()) ? "INBOX" : null;
      list(session.out(), line.getKey(), line.getValue(), oldName);
    }
    boolean any = !lines.isEmpty();
    for (Map.Entry<WatchedMailbox, WatchedMailbox> entry : renamed.entrySet()) {
      WatchedMailbox is = entry.getKey();
      WatchedMailbox was = entry.getValue();
      if (!withParent(renamed, is, was)
          && !own.has(is.name())
          && events(was, is).contains(Event.MAILBOX_NAME)) {
        list(session.out(), is.name(), is, was.name());
        any = true;
      }
    }
    return any;
  }

  /// Children move with their parent, and no word of them (RFC 5465 §5.4).
  private static boolean withParent(
      Map<WatchedMailbox, WatchedMailbox> renamed, WatchedMailbox is, WatchedMailbox was) {
    return renamed.entrySet().stream()
        .anyMatch(
            parent -> {
              String now = parent.getKey().name() + "/";
              String old = parent.getValue().name() + "/";
              return is.name().startsWith(now)
                  && was.name().startsWith(old)
                  && is.name().substring(now.length()).equals(was.name().substring(old.length()));
            });
  }

  private static void list(
      ResponseWriter out, String name, @Nullable WatchedMailbox mailbox, @Nullable String oldName)
      throws IOException {
    List<String> attributes =
        mailbox == null
            ? List.of("\\NonExistent")
            : ListExecutor.attributes(mailbox.listed(), true);
    if (mailbox != null && !mailbox.readable()) {
      attributes = new ArrayList<>(attributes);
      attributes.add("\\NoAccess");
    }
    out.list(
        attributes,
        new MailboxName(name),
        List.of(),
        oldName == null ? null : new MailboxName(oldName));
  }

  /// STATUS for messages of mailboxes that are not selected (RFC 5465 §5.1 to §5.3).
  private boolean statuses(Session session, WatchedMailboxes before, WatchedMailboxes now)
      throws IOException {
    List<WatchedMailbox[]> pairs = new ArrayList<>();
    Map<WatchedMailbox, WatchedMailbox> renamed = before.renamed(now);
    before.differences(
        now,
        (was, is) -> {
          if (is != null && is.watchable()) {
            WatchedMailbox old = renamed.getOrDefault(is, was == null ? NOTHING : was);
            pairs.add(new WatchedMailbox[] {old.key().equals(is.key()) ? old : NOTHING, is});
          }
        });
    boolean any = false;
    for (WatchedMailbox[] pair : pairs) {
      WatchedMailbox was = pair[0];
      WatchedMailbox is = pair[1];
      Set<Event> events = filters.events(List.of(is));
      // What is watched only now (a new subscription, another name) may have changed before that
      // was seen: it is told of whatever it is.
      Set<Event> begun = EnumSet.noneOf(Event.class);
      if (was.exists()) {
        begun.addAll(events);
        begun.removeAll(filters.events(List.of(was)));
      }
      Set<StatusItem> items = items(session, was, is, events, begun);
      if (!items.isEmpty()
          && !isSelected(session, is)
          && !own.explains(is.key(), was.status(), is.status())) {
        status(session, is, items);
        any = true;
      }
    }
    return any;
  }

  private static Set<StatusItem> items(
      Session session, WatchedMailbox was, WatchedMailbox is, Set<Event> events, Set<Event> begun) {
    MailboxStatus old = was.status();
    MailboxStatus status = is.status();
    boolean fresh = !was.exists();
    boolean messages =
        begun.contains(Event.MESSAGE_NEW)
            || old.getMessages() != status.getMessages()
            || (fresh ? status.getUidNext() > 1 : old.getUidNext() != status.getUidNext());
    boolean modSeqs = session.enabled(Feature.CONDSTORE);
    boolean flags =
        events.contains(Event.FLAG_CHANGE)
            && (begun.contains(Event.FLAG_CHANGE)
                || old.getHighestModseq() != status.getHighestModseq())
            && (!fresh || messages);
    Set<StatusItem> items = EnumSet.noneOf(StatusItem.class);
    if (messages && events.contains(Event.MESSAGE_NEW)) {
      items.add(StatusItem.MESSAGES);
      items.add(StatusItem.UIDNEXT);
      if (fresh || begun.contains(Event.MESSAGE_NEW)) {
        items.add(StatusItem.UIDVALIDITY);
      }
      if (modSeqs) {
        items.add(StatusItem.HIGHESTMODSEQ);
      }
    }
    if (flags && modSeqs) {
      items.add(StatusItem.UIDVALIDITY);
      items.add(StatusItem.HIGHESTMODSEQ);
    }
    if (flags && (begun.contains(Event.FLAG_CHANGE) || old.getUnseen() != status.getUnseen())) {
      items.add(StatusItem.UIDVALIDITY);
      items.add(StatusItem.UNSEEN);
    }
    return items;
  }

  /// METADATA that names entries (RFC 5465 §5.6, §5.7).
  private boolean annotations(Session session, WatchedMailboxes now, List<Annotation> annotations)
      throws IOException {
    Map<MailboxKey, Set<String>> entries = new LinkedHashMap<>();
    for (Annotation annotation : annotations) {
      entries.computeIfAbsent(annotation.mailbox(), k -> new TreeSet<>()).add(annotation.name());
    }
    boolean any = false;
    for (Map.Entry<MailboxKey, Set<String>> entry : entries.entrySet()) {
      WatchedMailbox mailbox = entry.getKey().mailbox() == 0 ? null : now.find(entry.getKey());
      boolean server = entry.getKey().mailbox() == 0;
      boolean wanted =
          server
              ? filters.server() && !own.has("")
              : mailbox != null
                  && filters.events(List.of(mailbox)).contains(Event.MAILBOX_METADATA_CHANGE)
                  && !own.has(mailbox.name());
      if (wanted) {
        session
            .out()
            .metadataChanged(
                mailbox == null ? null : new MailboxName(mailbox.name()),
                List.copyOf(entry.getValue()));
        any = true;
      }
    }
    return any;
  }

  private Set<Event> events(@Nullable WatchedMailbox was, @Nullable WatchedMailbox is) {
    return filters.events(Stream.of(was, is).filter(Objects::nonNull).toList());
  }

  private static String name(@Nullable WatchedMailbox was, @Nullable WatchedMailbox is) {
    return is != null ? is.name() : was == null ? "" : was.name();
  }

  private static boolean isSelected(Session session, WatchedMailbox mailbox) {
    return session.state() instanceof SessionState.Selected selected
        && selected.mailbox().shared().key().equals(mailbox.key());
  }

  private static void status(Session session, WatchedMailbox mailbox, Set<StatusItem> items)
      throws IOException {
    MailboxExecutor.tellStatus(
        session,
        new MailboxName(mailbox.name()),
        items,
        mailbox.listed().getRef(),
        mailbox.status());
  }
}
