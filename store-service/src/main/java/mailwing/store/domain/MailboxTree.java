package mailwing.store.domain;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mailwing.store.StoreException;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.v1.ErrorCode;

/// CREATE, DELETE, RENAME, SUBSCRIBE: what names allow (RFC 9051 sections 6.3.4 to 6.3.8).
public final class MailboxTree {
  private static final int SPECIAL_USES = 255;

  private final MailStore store;

  public MailboxTree(MailStore store) {
    this.store = store;
  }

  /// Makes a mailbox and its missing superiors.
  public MailboxRows.Listed create(long account, String given, int specialUse) {
    String name = name(given);
    if ((specialUse & ~SPECIAL_USES) != 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such special use");
    }
    MailboxRows.Listed made =
        store.mailboxRows().create(account, MailboxName.superiors(name), name, specialUse);
    store.changed();
    return made;
  }

  private static String name(String given) {
    String name = MailboxName.of(given);
    if (Sharing.isReserved(name)) {
      throw new StoreException(ErrorCode.CANNOT, "the name is kept for mailboxes of others");
    }
    return name;
  }

  /// Deletes a mailbox; CANNOT for INBOX.
  public void delete(long account, String given) {
    String name = MailboxName.lookup(given);
    if (name.equals(MailboxName.INBOX)) {
      throw new StoreException(ErrorCode.CANNOT, "INBOX cannot be deleted");
    }
    store.mailboxRows().delete(account, name);
    store.changed();
  }

  /// Renames a mailbox with its children; of INBOX it moves the messages.
  public void rename(long account, String given, String givenNew) {
    String name = MailboxName.lookup(given);
    String newName = name(givenNew);
    List<String> superiors = MailboxName.superiors(newName);
    if (name.equals(MailboxName.INBOX)) {
      store.mailboxRows().renameInbox(account, superiors, newName, store.maxKeywords());
    } else {
      store.mailboxRows().rename(account, name, superiors, newName);
    }
    store.changed();
  }

  /// Subscriptions are names; one need not exist to be given up.
  public void setSubscribed(long account, String given, boolean subscribed) {
    String name = subscribed ? MailboxName.of(given) : MailboxName.lookup(given);
    store.mailboxRows().setSubscribed(account, name, subscribed);
    store.changed();
  }

  /// The names that have others under them.
  public static Set<String> superiors(List<MailboxRows.Listed> listed) {
    Set<String> superiors = new HashSet<>();
    for (MailboxRows.Listed mailbox : listed) {
      superiors.addAll(MailboxName.superiors(mailbox.name()));
    }
    return superiors;
  }
}
