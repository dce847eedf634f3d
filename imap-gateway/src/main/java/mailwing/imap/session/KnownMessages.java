package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.cache.KnownMessage;
import org.jspecify.annotations.Nullable;

/// What is known of the messages of a batch, by UID. It is told and asked for in their order nearly
/// always, so each is found where the one before says.
final class KnownMessages {
  static final KnownMessages NONE = new KnownMessages(new int[0]);

  private final int[] uids;
  private final @Nullable KnownMessage[] known;
  private final List<ToldEnvelopes> envelopes = new ArrayList<>();
  private int next;

  /// @param uids ascending; its own from now on
  KnownMessages(int[] uids) {
    this.uids = uids;
    known = new KnownMessage[uids.length];
  }

  /// What is known of it, be it nothing.
  KnownMessage of(int uid) {
    int place = place(uid);
    KnownMessage of = place < 0 ? null : known[place];
    return of == null ? envelope(uid) : of;
  }

  private KnownMessage envelope(int uid) {
    for (ToldEnvelopes told : envelopes) {
      KnownMessage of = told.of(uid);
      if (of != null) {
        return of;
      }
    }
    return KnownMessage.NOTHING;
  }

  /// What is told of any of them.
  void put(ToldEnvelopes told) {
    envelopes.add(told);
  }

  /// Those that were not in the batch are left out.
  void put(int uid, KnownMessage message) {
    int place = place(uid);
    if (place >= 0) {
      known[place] = message;
    }
  }

  private int place(int uid) {
    int place = next < uids.length && uids[next] == uid ? next : UidArrays.find(uids, uid);
    next = Math.max(0, place + 1);
    return place;
  }

  /// How many of the first `end` messages have UIDs up to this.
  int countUpTo(int uid, int end) {
    int count = 0;
    while (count < end && Integer.compareUnsigned(uids[count], uid) <= 0) {
      count++;
    }
    return count;
  }
}
