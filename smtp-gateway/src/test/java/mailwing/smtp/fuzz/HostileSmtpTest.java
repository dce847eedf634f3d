package mailwing.smtp.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.smtp.GatewayFixture;
import mailwing.smtp.session.SmtpLimits;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.slf4j.LoggerFactory;

/// Clients of MX, submission and LMTP send what the formal syntax allows and what it does not, in
/// every state, several at once: each reply is in the grammar and answers what was sent, what was
/// acknowledged is stored octet by octet and once, what was not is not, sessions end, nothing is
/// left of them, and no error is logged.
///
/// `-Dmailwing.fuzz.minutes=60` goes on with more seeds for so long; `-Dmailwing.fuzz.seed=N`
/// begins with that seed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileSmtpTest {
  private static final long MINUTES = Long.getLong("mailwing.fuzz.minutes", 0);
  private static final long FIRST_SEED = Long.getLong("mailwing.fuzz.seed", 1);
  private static final int ROUNDS = 16;
  private static final long LEFT_OVER = 64L << 20;
  private static final int LEFT_THREADS = 20;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private TestStore store;
  private StoreClient reader;
  private GatewayFixture trusting;
  private GatewayFixture strange;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    store.addUser("postmaster");
    House.USERS.forEach(store::addUser);
    reader = store.client(TestStore.Role.IMAP);
    trusting = gateway(true);
    strange = gateway(false);
    log.start();
    root().addAppender(log);
  }

  private GatewayFixture gateway(boolean trusted) throws IOException {
    return GatewayFixture.unhurried(
        store.channel(),
        store.clientConfig(TestStore.Role.SMTP).credential(),
        new SmtpLimits(
            House.MESSAGE,
            House.RECIPIENTS,
            House.COMMAND_LINE,
            House.AUTH_LINE,
            50,
            false,
            Duration.ofMinutes(2),
            Duration.ofMinutes(5)),
        new SessionLimits(
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            House.BAD_COMMANDS,
            House.LOGIN_FAILURES,
            1_000_000,
            Duration.ZERO),
        trusted,
        Optional.of(TestTls.shared().material()));
  }

  @AfterAll
  void stop() {
    root().detachAppender(log);
    trusting.close();
    strange.close();
    reader.close();
    store.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void everythingIsAnsweredAndStoredAsItWasSaid(TestReporter reporter) throws Exception {
    Map<String, Integer> lastUids = new HashMap<>();
    Map<String, Integer> statistics = new ConcurrentSkipListMap<>();
    long until = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
    long seed = FIRST_SEED;
    long heap = 0;
    int threads = 0;
    for (int round = 0; round < ROUNDS || System.nanoTime() - until < 0; round++) {
      new SmtpRound(reader, trusting, strange, seed++, lastUids, statistics).run();
      nothingIsLeft();
      if (round == ROUNDS / 2) {
        heap = heap();
        threads = Thread.activeCount();
      }
    }
    statistics.forEach((name, count) -> reporter.publishEntry(name, count.toString()));
    assertThat(heap() - heap).isLessThan(LEFT_OVER);
    assertThat(Thread.activeCount()).isLessThan(threads + LEFT_THREADS);
    assertThat(statistics.keySet())
        .contains(
            "MX (message) 250",
            "LMTP (message) 250",
            "SUBMISSION (message) 250",
            "MX (message) 550",
            "SUBMISSION (sasl) 235",
            "MX STARTTLS 220",
            "MX BDAT 250");
  }

  private void nothingIsLeft() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              for (GatewayFixture gateway : List.of(trusting, strange)) {
                assertThat(gateway.metrics.exposition()).contains("mail_connections 0");
              }
            });
    assertThat(log.list.stream().filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR)))
        .map(event -> event.getFormattedMessage() + " " + event.getThrowableProxy())
        .isEmpty();
    log.list.clear();
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
