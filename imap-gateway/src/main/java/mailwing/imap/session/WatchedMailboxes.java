package mailwing.imap.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxStatus;
import org.jspecify.annotations.Nullable;

/// An account's mailboxes at one moment, by name. Never changed: the sessions that were told of
/// this moment share it, and what two moments have in common is the same object in both.
final class WatchedMailboxes {
  static final WatchedMailboxes NONE = new WatchedMailboxes(new WatchedMailbox[0]);

  private final WatchedMailbox[] byName;

  private WatchedMailboxes(WatchedMailbox[] byName) {
    this.byName = byName;
  }

  int size() {
    return byName.length;
  }

  List<WatchedMailbox> all() {
    return List.of(byName);
  }

  @Nullable WatchedMailbox find(MailboxKey key) {
    for (WatchedMailbox mailbox : byName) {
      if (mailbox.key().equals(key)) {
        return mailbox;
      }
    }
    return null;
  }

  @Nullable WatchedMailbox named(String name) {
    int low = 0;
    int high = byName.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = byName[middle].name().compareTo(name);
      if (order == 0) {
        return byName[middle];
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /// Whose mailboxes these are.
  Set<Long> owners() {
    Set<Long> owners = new HashSet<>();
    for (WatchedMailbox mailbox : byName) {
      owners.add(mailbox.key().account());
    }
    return owners;
  }

  /// What the store lists now.
  WatchedMailboxes listed(Collection<Mailbox> mailboxes, long account) {
    List<WatchedMailbox> next = new ArrayList<>(mailboxes.size());
    for (Mailbox mailbox : mailboxes) {
      WatchedMailbox now = WatchedMailbox.of(mailbox, account);
      WatchedMailbox before = named(now.name());
      next.add(now.equals(before) ? before : now);
    }
    next.sort(Comparator.comparing(WatchedMailbox::name));
    return new WatchedMailboxes(next.toArray(WatchedMailbox[]::new));
  }

  /// With the statuses that some mailboxes have now.
  WatchedMailboxes with(Map<MailboxKey, MailboxStatus> statuses) {
    WatchedMailbox[] next = Arrays.copyOf(byName, byName.length);
    for (int i = 0; i < next.length; i++) {
      MailboxStatus status = statuses.get(next[i].key());
      if (status != null && !status.equals(next[i].status())) {
        next[i] = next[i].with(status);
      }
    }
    return new WatchedMailboxes(next);
  }

  /// Tells each name that is not the same in both, by name: as it was and as it is, null where it
  /// was or is not there.
  void differences(
      WatchedMailboxes now, BiConsumer<@Nullable WatchedMailbox, @Nullable WatchedMailbox> each) {
    int i = 0;
    int j = 0;
    while (i < byName.length || j < now.byName.length) {
      int order =
          i == byName.length
              ? 1
              : j == now.byName.length ? -1 : byName[i].name().compareTo(now.byName[j].name());
      if (order < 0) {
        each.accept(byName[i++], null);
      } else if (order > 0) {
        each.accept(null, now.byName[j++]);
      } else {
        if (!byName[i].equals(now.byName[j])) {
          each.accept(byName[i], now.byName[j]);
        }
        i++;
        j++;
      }
    }
  }

  /// Mailboxes that have another name now: as they were, by what they are.
  Map<WatchedMailbox, WatchedMailbox> renamed(WatchedMailboxes now) {
    Map<MailboxKey, WatchedMailbox> left = new HashMap<>();
    differences(
        now,
        (before, after) -> {
          if (before != null && before.exists() && !sameKey(before, after)) {
            left.put(before.key(), before);
          }
        });
    Map<WatchedMailbox, WatchedMailbox> renamed = new HashMap<>();
    if (!left.isEmpty()) {
      differences(
          now,
          (before, after) -> {
            WatchedMailbox old =
                after == null || sameKey(after, before) ? null : left.get(after.key());
            if (old != null && after != null) {
              renamed.put(after, old);
            }
          });
    }
    return renamed;
  }

  private static boolean sameKey(WatchedMailbox one, @Nullable WatchedMailbox other) {
    return other != null && one.key().equals(other.key());
  }
}
