package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.MessageNumbers;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import org.jspecify.annotations.Nullable;

/// What search keys mean by numbers in a mailbox that no session has a view of: as they are now.
final class MailboxNumbers implements MessageNumbers {
  private final MailStore store;
  private final MailboxRef mailbox;
  private final MailboxStatus status;
  private final long owner;
  private int @Nullable [] uids;

  MailboxNumbers(MailStore store, MailboxRef mailbox, MailboxStatus status, long owner) {
    this.store = store;
    this.mailbox = mailbox;
    this.status = status;
    this.owner = owner;
  }

  /// Four octets a message, only for keys that need them.
  private int[] all() {
    int[] known = uids;
    if (known == null) {
      Hits hits = new Hits(null);
      store.search(
          SearchRequest.newBuilder()
              .setMailbox(mailbox)
              .setKey(SearchKey.newBuilder().setAll(true))
              .build(),
          hits::add);
      known = hits.uids();
      uids = known;
    }
    return known;
  }

  @Override
  public List<Range> uidsOfSequence(SequenceSet set) {
    int[] all = all();
    List<Range> ranges = new ArrayList<>();
    for (Range range : set.resolve(all.length)) {
      if (range.first() <= all.length) {
        int last = (int) Math.min(range.last(), all.length);
        ranges.add(
            new Range(
                Integer.toUnsignedLong(all[(int) range.first() - 1]),
                Integer.toUnsignedLong(all[last - 1])));
      }
    }
    return ranges;
  }

  @Override
  public List<Range> uids(SequenceSet set) {
    if (!set.hasStar()) {
      return set.resolve(0);
    }
    int[] all = all();
    return set.resolve(all.length == 0 ? 0 : Integer.toUnsignedLong(all[all.length - 1]));
  }

  @Override
  public List<Range> recentUids() {
    return status.getRecent() == 0
        ? List.of()
        : List.of(new Range(Integer.toUnsignedLong(status.getFirstRecentUid()), 4294967295L));
  }

  @Override
  public @Nullable String objectNumber(String id, char kind) {
    return ObjectIds.number(id, kind, owner);
  }
}
