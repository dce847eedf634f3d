package mailwing.testkit.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.TestReporter;
import org.slf4j.LoggerFactory;

/// Rounds of hostile clients, one for each seed. After each one nothing is left of its clients, and
/// no error was logged; at the end no memory is lost and no thread.
///
/// `-Dmailwing.fuzz.minutes=60` goes on with more seeds for so long; `-Dmailwing.fuzz.seed=N`
/// begins with that seed.
public final class HostileRounds implements AutoCloseable {
  private static final long MINUTES = Long.getLong("mailwing.fuzz.minutes", 0);
  private static final long FIRST_SEED = Long.getLong("mailwing.fuzz.seed", 1);
  private static final long LEFT_OVER = 64L << 20;
  private static final int LEFT_THREADS = 20;
  private static final int REPORTED = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// What one seed's clients do.
  @FunctionalInterface
  public interface Round {
    void run(long seed, Answers answers) throws Exception;
  }

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final BooleanSupplier idle;

  /// @param idle says whether the servers have nothing of any client's
  public HostileRounds(BooleanSupplier idle) {
    this.idle = idle;
    log.start();
    root().addAppender(log);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /// Runs at least so many rounds.
  ///
  /// @return how often what was answered how
  public Answers run(int least, TestReporter reporter, Round round) throws Exception {
    Answers answers = new Answers();
    long until = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
    long heap = 0;
    int threads = 0;
    int rounds = 0;
    while (rounds < least || System.nanoTime() - until < 0) {
      round.run(FIRST_SEED + rounds, answers);
      nothingIsLeft();
      rounds++;
      if (rounds % REPORTED == 0) {
        reporter.publishEntry("rounds", rounds + ", answers " + answers.sum());
      }
      if (rounds == least / 2) {
        heap = heap();
        threads = Thread.activeCount();
      }
    }
    reporter.publishEntry(
        "seeds", FIRST_SEED + " to " + (FIRST_SEED + rounds - 1) + ", answers " + answers.sum());
    answers.report(reporter);
    assertThat(heap() - heap).as("octets that are kept").isLessThan(LEFT_OVER);
    assertThat(Thread.activeCount()).as("threads").isLessThan(threads + LEFT_THREADS);
    return answers;
  }

  /// The servers have forgotten their clients, and logged no error since this was asked before.
  public void nothingIsLeft() throws InterruptedException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!idle.getAsBoolean()) {
      assertThat(System.nanoTime() - until).as("time to forget the clients").isNegative();
      Thread.sleep(5);
    }
    assertThat(log.list.stream().filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR)))
        .map(event -> event.getFormattedMessage() + " " + event.getThrowableProxy())
        .isEmpty();
    log.list.clear();
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Override
  public void close() {
    root().detachAppender(log);
    log.stop();
  }
}
