package mailwing.pop3.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.pop3.MaildropRules;
import mailwing.pop3.Pop3Config;
import mailwing.pop3.Pop3Gateway;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.slf4j.LoggerFactory;

/// Clients of a maildrop send what the formal syntax allows and what it does not, in every state,
/// several at once: each answer is in the grammar, with the numbers, sizes, unique-ids and octets
/// of the maildrop, QUIT and nothing else removes what DELE marks, sessions end, nothing is left of
/// them, and no error is logged.
///
/// `-Dmailwing.fuzz.minutes=60` goes on with more seeds for so long; `-Dmailwing.fuzz.seed=N`
/// begins with that seed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostilePop3Test {
  private static final long MINUTES = Long.getLong("mailwing.fuzz.minutes", 0);
  private static final long FIRST_SEED = Long.getLong("mailwing.fuzz.seed", 1);
  private static final int ROUNDS = 16;
  private static final long LEFT_OVER = 64L << 20;
  private static final int LEFT_THREADS = 20;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Metrics metrics = new Metrics();
  private TestStore store;
  private StoreClient client;
  private List<Pop3Round.Door> doors;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    client = store.client(TestStore.Role.POP3);
    doors = List.of(door(true, true), door(false, true), door(true, false));
    log.start();
    root().addAppender(log);
  }

  private Pop3Round.Door door(boolean exclusive, boolean trusted) throws IOException {
    List<ListenerConfig> listeners =
        List.of(
            new ListenerConfig("pop3", "127.0.0.1", 0, Encryption.STARTTLS, false),
            new ListenerConfig("pop3s", "127.0.0.1", 0, Encryption.IMPLICIT, false));
    Networks networks = trusted ? Networks.parse(List.of("127.0.0.0/8")) : Networks.none();
    Pop3Config defaults = Pop3Config.defaults(listeners, ConnectionConfig.defaults(networks));
    return new Pop3Round.Door(
        Pop3Gateway.start(
            new Pop3Config(
                listeners,
                defaults.connections(),
                new SessionLimits(
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(5),
                    Pop3Round.BAD_COMMANDS,
                    Pop3Round.LOGIN_FAILURES,
                    1_000_000,
                    Duration.ZERO),
                defaults.mechanisms(),
                new MaildropRules(
                    true, exclusive ? Duration.ofHours(1) : Duration.ZERO, Duration.ZERO, false)),
            client,
            Optional.of(TestTls.shared().material()),
            metrics),
        exclusive,
        trusted);
  }

  @AfterAll
  void stop() {
    root().detachAppender(log);
    doors.forEach(door -> door.gateway().close());
    client.close();
    store.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void everyAnswerIsThatOfTheMaildrop(TestReporter reporter) throws IOException {
    Map<String, Integer> statistics = new TreeMap<>();
    long until = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
    long seed = FIRST_SEED;
    long heap = 0;
    int threads = 0;
    for (int round = 0; round < ROUNDS || System.nanoTime() - until < 0; round++) {
      new Pop3Round(store, doors, seed++, statistics).run();
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
            "RETR +OK", "RETR -ERR", "TOP +OK", "UIDL +OK", "DELE +OK", "QUIT +OK", "STLS +OK");
  }

  private void nothingIsLeft() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(metrics.exposition()).contains("mail_connections 0"));
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
