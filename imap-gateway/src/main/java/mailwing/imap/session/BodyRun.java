package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;

/// Whether a session reads the bodies of a mailbox one by one, and which it will ask for next.
///
/// It begins with two when a client has asked for neighbours, upwards or downwards, and ends with
/// 64 messages or 256 KiB. They go where all sessions find what is known of messages, and no
/// further than there is room.
final class BodyRun {
  private static final int MOST = 64;
  private static final long OCTETS = 256 << 10;

  private int lastUid;
  private int length;
  private boolean down;

  /// Takes notice of a message whose body is asked for alone.
  void note(SessionView view, MessageState message) {
    int seq = message.seq();
    if (message.uid() == lastUid) {
      return;
    }
    if (seq > 1 && view.uid(seq - 1) == lastUid) {
      length = down ? 1 : length + 1;
      down = false;
    } else if (seq < view.count() && view.uid(seq + 1) == lastUid) {
      length = down ? length + 1 : 1;
      down = true;
    } else {
      length = 0;
    }
    lastUid = message.uid();
  }

  /// Messages with small bodies that are likely to be asked for after this one.
  List<MessageState> next(SessionView view, MessageState message) {
    int count = Math.min(MOST, 2 * Math.min(MOST, length));
    count = Math.min(count, down ? message.seq() - 1 : view.count() - message.seq());
    if (count == 0) {
      return List.of();
    }
    int[] seqs = new int[count];
    for (int i = 0; i < count; i++) {
      seqs[i] = message.seq() + (down ? -1 - i : 1 + i);
    }
    long octets = message.size();
    List<MessageState> next = new ArrayList<>(count);
    for (MessageState state : view.states(seqs, 0, count)) {
      if (!state.expunged() && state.size() <= FetchPlan.SMALL_BODY) {
        octets += state.size();
        if (octets > OCTETS) {
          break;
        }
        next.add(state);
      }
    }
    return next;
  }
}
