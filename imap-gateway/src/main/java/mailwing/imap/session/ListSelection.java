package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mailwing.imap.command.AuthenticatedCommand.ListMailboxes;
import mailwing.imap.command.AuthenticatedCommand.SelectOption;
import mailwing.imap.protocol.ListPattern;
import mailwing.store.v1.Mailbox;

/// Which names a LIST answers, and why (RFC 5258 §3.3).
///
/// REMOTE selects nothing more: there are no mailboxes on other servers.
final class ListSelection {
  private static final Comparator<String> INBOX_FIRST =
      Comparator.comparing((String name) -> !name.equals("INBOX"))
          .thenComparing(Comparator.naturalOrder());

  private final List<ListPattern> patterns;
  private final boolean subscribed;
  private final boolean special;
  private final boolean recursive;
  private final boolean levels;

  ListSelection(ListMailboxes command) {
    // An empty name among several, or with options, matches nothing (RFC 5258 §3).
    this.patterns =
        command.patterns().stream()
            .filter(pattern -> !pattern.isEmpty())
            .map(pattern -> new ListPattern(command.reference(), pattern))
            .toList();
    this.subscribed = command.select().contains(SelectOption.SUBSCRIBED);
    this.special = command.select().contains(SelectOption.SPECIAL_USE);
    // A pattern that ends with % finds levels that are no mailboxes (RFC 9051 §6.3.9).
    this.levels =
        command.select().isEmpty()
            && command.patterns().stream().anyMatch(pattern -> pattern.endsWith("%"));
    this.recursive = command.select().contains(SelectOption.RECURSIVEMATCH);
  }

  /// A name to be told.
  ///
  /// @param selected it meets the selection options itself, and is not told for its children alone
  /// @param childInfo of CHILDINFO; empty for none
  record Line(Mailbox mailbox, boolean selected, List<String> childInfo) {}

  /// The lines, INBOX first and then by name.
  List<Line> lines(Collection<Mailbox> mailboxes) {
    TreeMap<String, Mailbox> names = new TreeMap<>(INBOX_FIRST);
    mailboxes.forEach(mailbox -> names.put(mailbox.getName(), mailbox));
    Map<String, Boolean> above = recursive ? above(mailboxes) : Map.of();
    above
        .keySet()
        .forEach(name -> names.computeIfAbsent(name, n -> Mailbox.newBuilder().setName(n).build()));
    Set<String> superiors = levels ? missingSuperiors(names) : Set.of();
    superiors.forEach(
        name -> names.put(name, Mailbox.newBuilder().setName(name).setHasChildren(true).build()));
    List<Line> lines = new ArrayList<>();
    for (Mailbox mailbox : names.values()) {
      if (!matches(mailbox.getName())) {
        continue;
      }
      Boolean hidden = above.get(mailbox.getName());
      boolean selected = selects(mailbox);
      if (selected || superiors.contains(mailbox.getName()) || Boolean.TRUE.equals(hidden)) {
        lines.add(new Line(mailbox, selected, hidden == null ? List.of() : criteria()));
      }
    }
    return lines;
  }

  /// Only others' mailboxes have superiors that are not there: the namespace, its owners, and what
  /// is not shared.
  private static Set<String> missingSuperiors(Map<String, Mailbox> names) {
    Set<String> missing = new HashSet<>();
    for (String name : names.keySet()) {
      for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
        String superior = name.substring(0, slash);
        if (!names.containsKey(superior)) {
          missing.add(superior);
        }
      }
    }
    return missing;
  }

  /// The superiors of selected names; true where one of these does not match the patterns, so that
  /// only its superior can tell of it.
  private Map<String, Boolean> above(Collection<Mailbox> mailboxes) {
    Map<String, Boolean> above = new HashMap<>();
    for (Mailbox mailbox : mailboxes) {
      if (selects(mailbox)) {
        String name = mailbox.getName();
        boolean hidden = !matches(name);
        for (int slash = name.lastIndexOf('/');
            slash > 0;
            slash = name.lastIndexOf('/', slash - 1)) {
          above.merge(name.substring(0, slash), hidden, Boolean::logicalOr);
        }
      }
    }
    return above;
  }

  private boolean selects(Mailbox mailbox) {
    // A name that neither exists nor is subscribed is here for its children alone.
    return (mailbox.getRef().getMailboxId() != 0 || mailbox.getSubscribed())
        && (!subscribed || mailbox.getSubscribed())
        && (!special || mailbox.getSpecialUse() != 0);
  }

  private boolean matches(String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matches(name));
  }

  private List<String> criteria() {
    List<String> criteria = new ArrayList<>();
    if (subscribed) {
      criteria.add("SUBSCRIBED");
    }
    if (special) {
      criteria.add("SPECIAL-USE");
    }
    return criteria;
  }
}
