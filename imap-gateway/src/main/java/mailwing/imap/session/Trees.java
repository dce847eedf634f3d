package mailwing.imap.session;

import java.util.Arrays;
import mailwing.imap.view.SessionView;

/// Threads as the store tells them: twelve octets a message.
final class Trees {
  private final SessionView view;
  private final boolean uid;
  private long[] numbers = new long[64];
  private int[] depths = new int[64];
  private int count;

  Trees(SessionView view, boolean uid) {
    this.view = view;
    this.uid = uid;
  }

  /// @param of 0 for what stands in for a missing message
  void add(int of, int depth) {
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, count * 2);
      depths = Arrays.copyOf(depths, count * 2);
    }
    numbers[count] = uid ? Integer.toUnsignedLong(of) : view.seq(of);
    depths[count++] = depth;
  }

  long[] numbers() {
    return numbers;
  }

  int[] depths() {
    return depths;
  }

  int count() {
    return count;
  }
}
