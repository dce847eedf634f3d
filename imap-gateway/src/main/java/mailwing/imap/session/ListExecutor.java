package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.SelectOption;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.ListPattern;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.SpecialUse;

/// LIST and LSUB (RFC 3501 §6.3.8, §6.3.9, RFC 3348, RFC 6154).
final class ListExecutor {
  private static final Comparator<Mailbox> INBOX_FIRST =
      Comparator.comparing((Mailbox mailbox) -> !mailbox.getName().equals("INBOX"))
          .thenComparing(Mailbox::getName);

  private ListExecutor() {}

  static Reply list(Session session, LoggedIn state, AuthenticatedCommand.ListMailboxes command)
      throws IOException {
    ResponseWriter out = session.out();
    if (command.patterns().equals(List.of(""))) {
      out.list(List.of("\\Noselect"), new MailboxName(""));
      return Reply.ok("LIST completed");
    }
    List<ListPattern> patterns = patterns(command.reference(), command.patterns());
    boolean subscribed = command.select().contains(SelectOption.SUBSCRIBED);
    boolean special = command.select().contains(SelectOption.SPECIAL_USE);
    List<Mailbox> mailboxes = state.store().list(false, subscribed);
    mailboxes.sort(INBOX_FIRST);
    for (Mailbox mailbox : mailboxes) {
      if (matches(patterns, mailbox.getName())
          && (!subscribed || mailbox.getSubscribed())
          && (!special || mailbox.getSpecialUse() != 0)) {
        out.list(attributes(mailbox, subscribed), new MailboxName(mailbox.getName()));
      }
    }
    return Reply.ok("LIST completed");
  }

  private static List<ListPattern> patterns(String reference, List<String> patterns) {
    return patterns.stream().map(pattern -> new ListPattern(reference, pattern)).toList();
  }

  private static boolean matches(List<ListPattern> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matches(name));
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
    for (Mailbox mailbox : state.store().list(false, true)) {
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

  private static List<String> attributes(Mailbox mailbox, boolean tellSubscribed) {
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
    int use = mailbox.getSpecialUse();
    use(attributes, use, SpecialUse.ALL, "\\All");
    use(attributes, use, SpecialUse.ARCHIVE, "\\Archive");
    use(attributes, use, SpecialUse.DRAFTS, "\\Drafts");
    use(attributes, use, SpecialUse.FLAGGED_MESSAGES, "\\Flagged");
    use(attributes, use, SpecialUse.JUNK, "\\Junk");
    use(attributes, use, SpecialUse.SENT, "\\Sent");
    use(attributes, use, SpecialUse.TRASH, "\\Trash");
    use(attributes, use, SpecialUse.IMPORTANT, "\\Important");
    return attributes;
  }

  private static void use(List<String> attributes, int uses, SpecialUse use, String name) {
    if ((uses & use.getNumber()) != 0) {
      attributes.add(name);
    }
  }
}
