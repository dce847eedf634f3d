package mailwing.pop3;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreStream;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.GetSnapshotRequest;
import mailwing.store.v1.GetSnapshotResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.SystemFlag;
import mailwing.store.v1.UidRange;

/// The INBOX as it was at login: numbers, UIDs and sizes, which do not change while the session
/// lives (RFC 1939 §4).
///
/// It costs twelve octets a message; bodies are not looked at. Deletions are marks until QUIT.
final class Maildrop {
  private final MailboxRef mailbox;
  private final int uidValidity;
  private int[] uids = new int[64];
  private long[] sizes = new long[64];
  private int count;
  private int lastSeen;
  private int last;
  private long octets;
  private int remaining;
  private final BitSet deleted = new BitSet();
  private final BitSet read = new BitSet();

  private Maildrop(MailboxRef mailbox, int uidValidity) {
    this.mailbox = mailbox;
    this.uidValidity = uidValidity;
  }

  /// Takes the snapshot. \Recent is left to IMAP.
  static Maildrop open(StoreSession session) {
    OpenMailboxResponse opened =
        session.openMailbox(OpenMailboxRequest.newBuilder().setName("INBOX").build());
    MailboxRef ref = opened.getMailbox().getRef();
    Maildrop maildrop = new Maildrop(ref, opened.getStatus().getUidValidity());
    try (StoreStream<GetSnapshotResponse> frames =
        session.getSnapshot(GetSnapshotRequest.newBuilder().setMailbox(ref).build())) {
      for (GetSnapshotResponse frame = frames.next(); frame != null; frame = frames.next()) {
        maildrop.add(frame.getMessages());
      }
    }
    maildrop.reset();
    return maildrop;
  }

  private void add(FlagArrays messages) {
    int fresh = messages.getUidsCount();
    if (count + fresh > uids.length) {
      int size = Math.max(count + fresh, uids.length * 2);
      uids = Arrays.copyOf(uids, size);
      sizes = Arrays.copyOf(sizes, size);
    }
    for (int i = 0; i < fresh; i++) {
      uids[count] = messages.getUids(i);
      sizes[count] = messages.getSizes(i);
      count++;
      if ((messages.getSystemFlags(i) & SystemFlag.SEEN_VALUE) != 0) {
        lastSeen = count;
      }
    }
  }

  MailboxRef mailbox() {
    return mailbox;
  }

  /// Messages, those marked as deleted included: the highest number there is.
  int count() {
    return count;
  }

  /// Messages not marked as deleted.
  int remaining() {
    return remaining;
  }

  /// Octets of messages not marked as deleted.
  long octets() {
    return octets;
  }

  /// Whether there is a message of this number that is not marked as deleted.
  boolean has(int number) {
    return number >= 1 && number <= count && !deleted.get(number);
  }

  int uid(int number) {
    return uids[number - 1];
  }

  long size(int number) {
    return sizes[number - 1];
  }

  long uidValidity() {
    return Integer.toUnsignedLong(uidValidity);
  }

  /// The highest number accessed, in this session or, by \Seen, before (RFC 1460 §5, LAST).
  int last() {
    return last;
  }

  void delete(int number) {
    deleted.set(number);
    remaining--;
    octets -= size(number);
    last = Math.max(last, number);
  }

  /// The whole message was sent.
  void markRead(int number) {
    read.set(number);
    last = Math.max(last, number);
  }

  /// RSET: no message is marked as deleted, and LAST is what it was at login.
  void reset() {
    deleted.clear();
    remaining = count;
    octets = 0;
    for (int i = 0; i < count; i++) {
      octets += sizes[i];
    }
    last = lastSeen;
  }

  int deletedCount() {
    return deleted.cardinality();
  }

  List<UidRange> deletedUids() {
    return ranges(deleted::get);
  }

  /// Messages that were read and stay.
  List<UidRange> readUids() {
    return ranges(number -> read.get(number) && !deleted.get(number));
  }

  /// Neighbours in the maildrop make one range: no message of another number has a UID between
  /// theirs.
  private List<UidRange> ranges(IntPredicate wanted) {
    List<UidRange> ranges = new ArrayList<>();
    int number = 1;
    while (number <= count) {
      if (wanted.test(number)) {
        int first = number;
        while (number < count && wanted.test(number + 1)) {
          number++;
        }
        ranges.add(UidRange.newBuilder().setFirst(uid(first)).setLast(uid(number)).build());
      }
      number++;
    }
    return ranges;
  }
}
