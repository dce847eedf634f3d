package mailwing.testkit.fuzz;

import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.TestReporter;

/// How often what was sent was answered how. For any number of threads.
public final class Answers {
  private final SequencedMap<String, SequencedMap<String, Integer>> counts = new TreeMap<>();

  /// One more `name` was answered so.
  public synchronized void count(String name, String answer) {
    counts.computeIfAbsent(name, _ -> new TreeMap<>()).merge(answer, 1, Integer::sum);
  }

  /// How often `name` was answered so.
  public synchronized int of(String name, String answer) {
    return counts.getOrDefault(name, new TreeMap<>()).getOrDefault(answer, 0);
  }

  /// How often each name was answered, in whatever way.
  public synchronized SequencedMap<String, Integer> byName() {
    SequencedMap<String, Integer> sums = new TreeMap<>();
    counts.forEach((name, answers) -> sums.put(name, sum(answers)));
    return sums;
  }

  /// How much was answered.
  public int sum() {
    return sum(byName());
  }

  private static int sum(Map<String, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  synchronized void report(TestReporter reporter) {
    counts.forEach((name, answers) -> reporter.publishEntry(name, answers.toString()));
  }
}
