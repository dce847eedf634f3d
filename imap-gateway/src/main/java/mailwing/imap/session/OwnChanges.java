package mailwing.imap.session;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.MailboxStatus;
import org.jspecify.annotations.Nullable;

/// What a session has changed itself, which its client need not be told (RFC 5465 §5).
final class OwnChanges {
  /// Mailboxes whose changes are remembered until they are told of.
  private static final int MOST = 100;

  /// UIDs remembered of a mailbox; the client is told of more than that.
  private static final int MOST_UIDS = 10_000;

  private static final class Added {
    final Set<Integer> uids = new HashSet<>();
    int messages;
    long modSeq;
  }

  private final Map<MailboxKey, Added> added = new HashMap<>();
  private final Set<String> names = new HashSet<>();

  /// Messages were added to a mailbox, which made its modseq this.
  ///
  /// @param remember [#made] will be asked
  void added(MailboxKey mailbox, List<Integer> uids, long modSeq, boolean remember) {
    if (uids.isEmpty() || (added.size() >= MOST && !added.containsKey(mailbox))) {
      return;
    }
    Added here = added.computeIfAbsent(mailbox, key -> new Added());
    here.messages += uids.size();
    here.modSeq = modSeq;
    if (remember && here.uids.size() + uids.size() <= MOST_UIDS) {
      here.uids.addAll(uids);
    }
  }

  /// Whether a message was added here.
  boolean made(MailboxKey mailbox, int uid) {
    @Nullable Added here = added.get(mailbox);
    return here != null && here.uids.contains(uid);
  }

  /// The client knows of all that is in a mailbox.
  void announced(MailboxKey mailbox) {
    added.remove(mailbox);
  }

  /// Whether nothing but what was added here leads from one status to the other.
  boolean explains(MailboxKey mailbox, MailboxStatus before, MailboxStatus after) {
    @Nullable Added here = added.get(mailbox);
    if (here == null || after.getHighestModseq() < here.modSeq) {
      return false;
    }
    added.remove(mailbox);
    return after.getHighestModseq() == here.modSeq
        && after.getMessages() == before.getMessages() + here.messages
        && after.getUidNext() == before.getUidNext() + here.messages;
  }

  /// A name of a mailbox, or nothing for the server.
  void named(String name) {
    names.add(name);
  }

  boolean has(String name) {
    return names.contains(name);
  }

  void forgetNames() {
    names.clear();
  }
}
