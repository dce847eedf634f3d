package mailwing.store.grpc;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.MailboxTree;
import mailwing.store.domain.Metadata;
import mailwing.store.domain.Sharing;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MetadataEntry;

/// Lists of mailboxes: an account's own, and behind them those that others let it see.
final class MailboxLists {
  /// The most accounts whose mailboxes are told in one list.
  private static final int MOST_SHARERS = 1000;

  private final MailStore store;
  private final Metadata metadata;
  private final Sharing sharing;

  MailboxLists(MailStore store, Metadata metadata, Sharing sharing) {
    this.store = store;
    this.metadata = metadata;
    this.sharing = sharing;
  }

  /// The mailboxes of one account, as the caller sees them.
  private record Tree(long account, String prefix, List<MailboxRows.Listed> mailboxes) {}

  void list(ListMailboxesRequest request, Consumer<Mailbox> sink) {
    long caller = MailRights.read();
    long owner = request.getOwnerAccount() == 0 ? caller : request.getOwnerAccount();
    // Subscriptions are names as their holder sees them.
    Set<String> subscribed =
        owner == caller ? store.mailboxRows().subscriptions(caller) : new TreeSet<>();
    Tree first =
        new Tree(
            owner,
            "",
            owner == caller ? store.mailboxRows().list(caller) : sharing.listed(owner, caller));
    list(request, caller, first, subscribed, sink);
    Set<String> superiors = MailboxTree.superiors(first.mailboxes());
    if (request.getWithShared() && request.getOwnerAccount() == 0) {
      sharing.sharers(caller).stream()
          .limit(MOST_SHARERS)
          .forEach(
              sharer ->
                  list(
                      request,
                      caller,
                      new Tree(
                          sharer.accountId(),
                          sharer.prefix(),
                          sharing.listed(sharer.accountId(), caller)),
                      subscribed,
                      sink));
    }
    if (request.getWithNonexistent() && owner == caller) {
      for (String name : subscribed) {
        sink.accept(
            Mailbox.newBuilder()
                .setRef(MailboxRef.newBuilder().setOwnerAccount(caller))
                .setName(name)
                .setSubscribed(true)
                .setHasChildren(superiors.contains(name))
                .build());
      }
    }
  }

  private void list(
      ListMailboxesRequest request,
      long caller,
      Tree tree,
      Set<String> subscribed,
      Consumer<Mailbox> sink) {
    List<MailboxRows.Listed> listed = tree.mailboxes();
    Set<String> superiors = MailboxTree.superiors(listed);
    Map<Long, Long> deleted =
        request.getWithStatus() && request.getWithDeletedOctets()
            ? store
                .mailboxReads()
                .deletedOctets(
                    tree.account(),
                    listed.stream()
                        .filter(mailbox -> mailbox.status().getDeleted() != 0)
                        .map(MailboxRows.Listed::mailboxId)
                        .toList())
            : Map.of();
    Map<Long, List<MetadataEntry>> annotations =
        request.getMetadataEntriesCount() == 0
            ? Map.of()
            : metadata.named(tree.account(), caller, listed, request.getMetadataEntriesList());
    for (MailboxRows.Listed mailbox : listed) {
      int rights = mailbox.status().getRights();
      String name = tree.prefix() + mailbox.name();
      Mailbox.Builder built =
          built(tree.account(), mailbox)
              .setName(name)
              .setSubscribed(subscribed.remove(name))
              .setHasChildren(superiors.contains(mailbox.name()));
      if (Metadata.mayRead(rights)) {
        built.addAllMetadata(annotations.getOrDefault(mailbox.mailboxId(), List.of()));
      }
      if (request.getWithStatus() && MailRights.mayRead(rights)) {
        built.setStatus(
            mailbox.status().toBuilder()
                .setDeletedOctets(deleted.getOrDefault(mailbox.mailboxId(), 0L)));
      }
      sink.accept(built.build());
    }
  }

  static Mailbox.Builder built(long account, MailboxRows.Listed mailbox) {
    return Mailbox.newBuilder()
        .setRef(ref(account, mailbox.mailboxId()))
        .setName(mailbox.name())
        .setSelectable(mailbox.selectable())
        .setSpecialUse(mailbox.specialUse())
        .setWasInbox(mailbox.wasInbox())
        .setRights(mailbox.status().getRights());
  }

  static MailboxRef ref(long account, long mailboxId) {
    return MailboxRef.newBuilder().setOwnerAccount(account).setMailboxId(mailboxId).build();
  }
}
