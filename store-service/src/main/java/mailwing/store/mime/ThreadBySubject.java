package mailwing.store.mime;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;

/// THREAD=ORDEREDSUBJECT (RFC 5256 section 3).
public final class ThreadBySubject {
  private ThreadBySubject() {}

  /// Makes threads of messages, which come in the order of the mailbox.
  public static Threads thread(List<Threadable> messages) {
    var sorted = new ArrayList<>(messages);
    // Stable, so that equal dates stay in the order of the mailbox; and the first of each subject
    // comes in order of date.
    sorted.sort(Comparator.comparingLong(Threadable::sentMillis));
    var threads = new LinkedHashMap<Long, List<Threadable>>();
    for (Threadable message : sorted) {
      threads.computeIfAbsent(message.baseSubject(), subject -> new ArrayList<>(2)).add(message);
    }
    int[] uids = new int[messages.size()];
    int[] depths = new int[messages.size()];
    int length = 0;
    for (List<Threadable> thread : threads.values()) {
      for (int i = 0; i < thread.size(); i++) {
        uids[length] = thread.get(i).uid();
        depths[length++] = i == 0 ? 0 : 1;
      }
    }
    return new Threads(uids, depths, length);
  }
}
