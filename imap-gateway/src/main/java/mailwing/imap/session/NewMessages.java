package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.FetchItem;
import mailwing.imap.protocol.FetchWriter;
import mailwing.imap.session.SessionState.Selected;
import mailwing.imap.view.MailboxKey;
import mailwing.imap.view.MessageState;

/// FETCH of messages that are new in the selected mailbox, for a client that has asked for that by
/// NOTIFY (RFC 5465 §5.2) or with a search's UPDATE (§7). \Seen is never set by it.
final class NewMessages {
  private static final int BATCH = 100;

  private NewMessages() {}

  /// After EXISTS: messages from one number to another, but those that this session made itself.
  static void tell(Session session, List<FetchItem> items, int first, int last) throws IOException {
    if (!(session.state() instanceof Selected selected)) {
      return;
    }
    MessageFetcher fetcher =
        new MessageFetcher(session, selected, FetchPlan.of(withModSeq(session, items)));
    Notifications notifications = session.notifications();
    OwnChanges own = notifications == null ? null : notifications.own();
    MailboxKey key = selected.mailbox().shared().key();
    int[] seqs = new int[Math.min(BATCH, last - first + 1)];
    int next = first;
    while (next <= last) {
      int count = 0;
      while (next <= last && count < seqs.length) {
        if (own == null || !own.made(key, selected.view().uid(next))) {
          seqs[count++] = next;
        }
        next++;
      }
      tell(session, fetcher, selected.view().states(seqs, 0, count));
    }
    if (own != null) {
      own.announced(key);
    }
  }

  /// Messages by number, ascending.
  static void tell(Session session, Selected selected, List<FetchItem> items, int[] seqs)
      throws IOException {
    MessageFetcher fetcher =
        new MessageFetcher(session, selected, FetchPlan.of(withModSeq(session, items)));
    for (int from = 0; from < seqs.length; from += BATCH) {
      int to = Math.min(seqs.length, from + BATCH);
      tell(session, fetcher, selected.view().states(seqs, from, to));
    }
  }

  private static void tell(Session session, MessageFetcher fetcher, List<MessageState> messages)
      throws IOException {
    int from = 0;
    while (from < messages.size()) {
      List<MessageState> rest = messages.subList(from, messages.size());
      int count;
      try {
        count = fetcher.load(rest);
      } catch (StoreException e) {
        // The client learns that the message is there, and can ask itself.
        for (MessageState message : rest) {
          FetchWriter fetch = Announcer.begin(session, message);
          fetch.uid(Integer.toUnsignedLong(message.uid()));
          fetch.end();
        }
        return;
      }
      for (MessageState message : rest.subList(0, count)) {
        fetcher.write(message, session.enabled(Feature.CONDSTORE), false);
      }
      from += count;
    }
  }

  /// RFC 7162 §3.1: a client that knows of modseqs is told them with the flags.
  private static List<FetchItem> withModSeq(Session session, List<FetchItem> items) {
    if (!session.enabled(Feature.CONDSTORE)
        || !items.contains(FetchItem.Attribute.FLAGS)
        || items.contains(FetchItem.Attribute.MODSEQ)) {
      return items;
    }
    List<FetchItem> more = new ArrayList<>(items);
    more.add(FetchItem.Attribute.MODSEQ);
    return more;
  }
}
