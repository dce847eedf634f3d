package mailwing.store.domain;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import org.jspecify.annotations.Nullable;

/// Answers about large mailboxes that go by nothing but which messages are there and what never
/// changes in them: the order a client sorts by, its threads, the messages with a word.
///
/// Such an answer is right for as long as the mailbox holds the same messages. No UID is given
/// twice, so that is told by two numbers ([Contents]), whatever flags are changed meanwhile.
/// Bounded in octets; the answers least recently asked for are forgotten.
///
/// @param <V> an answer
final class KnownResults<V> {
  /// A mailbox with fewer messages is searched anew, which costs less than to make sure.
  private static final int FEWEST = 1000;

  /// What a key and its place in the map take, but for what the client wrote.
  private static final int OVERHEAD = 400;

  private final long most;
  private final ToLongFunction<V> size;
  private final Map<Key, Known<V>> answers = new LinkedHashMap<>(16, 0.75f, true);
  private long octets;

  /// @param most octets kept
  /// @param size octets of an answer
  KnownResults(long most, ToLongFunction<V> size) {
    this.most = most;
    this.size = size;
  }

  /// What was asked for, and where.
  record Key(
      long account,
      long mailbox,
      SearchKey key,
      List<SortCriterion> sort,
      ThreadRequest.Algorithm algorithm) {
    long octets() {
      return OVERHEAD + 4L * key.getSerializedSize() + 100L * sort.size();
    }
  }

  /// Which messages are in a mailbox: with the same next UID none has come, and with the same
  /// number none has gone.
  record Contents(int uidNext, int messages) {
    static Contents of(MailboxStatus status) {
      return new Contents(status.getUidNext(), status.getMessages());
    }

    boolean many() {
      return Integer.compareUnsigned(messages, FEWEST) >= 0;
    }
  }

  private record Known<V>(Contents contents, V answer, long octets) {}

  /// Goes a search by nothing that can change, and is it told by UIDs alone?
  static boolean lasts(SearchKey key) {
    return switch (key.getKeyCase()) {
      case AND -> key.getAnd().getKeysList().stream().allMatch(KnownResults::lasts);
      case OR -> key.getOr().getKeysList().stream().allMatch(KnownResults::lasts);
      case NOT -> lasts(key.getNot());
      case ALL,
          KEY_NOT_SET,
          UID,
          HEADER,
          BODY,
          TEXT,
          BEFORE,
          ON,
          SINCE,
          SENT_BEFORE,
          SENT_ON,
          SENT_SINCE,
          LARGER,
          SMALLER,
          EMAIL_ID,
          THREAD_ID ->
          true;
      default -> false;
    };
  }

  /// The answer, if it was kept and holds for these contents.
  synchronized @Nullable V find(Key key, Contents contents) {
    Known<V> known = answers.get(key);
    return known == null || !known.contents().equals(contents) ? null : known.answer();
  }

  /// Keeps an answer unless it is too large; the contents were the same before and after it was
  /// found.
  synchronized void keep(Key key, Contents contents, V answer) {
    long its = key.octets() + size.applyAsLong(answer);
    if (its > most / 2) {
      return;
    }
    Known<V> before = answers.put(key, new Known<>(contents, answer, its));
    octets += its - (before == null ? 0 : before.octets());
    Iterator<Known<V>> eldest = answers.values().iterator();
    while (octets > most) {
      octets -= eldest.next().octets();
      eldest.remove();
    }
  }
}
