package mailwing.imap.protocol;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.SequenceSet.Range;

/// Runs of consecutive ascending numbers, in the order given: what APPENDUID and COPYUID need,
/// since they pair by position, and what VANISHED, MODIFIED and ESEARCH ALL need of sorted numbers.
public final class UidRuns {
  private final List<Range> runs = new ArrayList<>();
  private long first;
  private long last;

  /// Adds a number after the ones before.
  public UidRuns add(long number) {
    if (first != 0 && number == last + 1) {
      last = number;
    } else {
      close();
      first = number;
      last = number;
    }
    return this;
  }

  public List<Range> toList() {
    close();
    first = 0;
    return List.copyOf(runs);
  }

  private void close() {
    if (first != 0) {
      runs.add(new Range(first, last));
    }
  }

  /// Runs of unsigned 32-bit numbers, as the contract has them.
  public static List<Range> of(List<Integer> numbers) {
    UidRuns runs = new UidRuns();
    for (int number : numbers) {
      runs.add(Integer.toUnsignedLong(number));
    }
    return runs.toList();
  }
}
