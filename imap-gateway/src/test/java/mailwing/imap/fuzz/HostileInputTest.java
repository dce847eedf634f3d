package mailwing.imap.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mailwing.imap.ImapFixture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.slf4j.LoggerFactory;

/// Clients send what the formal syntax allows and what it does not, in every state, several of them
/// in the same mailboxes: each response is in the grammar, each command is answered once, numbers
/// are right, sessions end, nothing is left of them, and no error is logged.
///
/// `-Dmailwing.fuzz.minutes=60` goes on with more seeds for so long; `-Dmailwing.fuzz.seed=N`
/// begins with that seed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileInputTest {
  private static final long MINUTES = Long.getLong("mailwing.fuzz.minutes", 0);
  private static final long FIRST_SEED = Long.getLong("mailwing.fuzz.seed", 1);
  private static final int ROUNDS = 24;

  /// A command that came so often was done at least once, or the generator does not know enough.
  private static final int OFTEN = 200;

  private static final Set<String> NEVER_ANNOUNCED = Set.of("COMPARATOR");
  private static final long LEFT_OVER = 64L << 20;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.startPolling(Duration.ofSeconds(1));
    log.start();
    root().addAppender(log);
  }

  @AfterAll
  void stop() {
    root().detachAppender(log);
    fixture.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void everyCommandIsAnsweredInTheGrammarAndNothingIsLeft(TestReporter reporter)
      throws IOException {
    Map<String, Map<String, Integer>> answers = new TreeMap<>();
    long until = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
    long seed = FIRST_SEED;
    long heap = 0;
    fixture.store().addUser("quota");
    for (int round = 0; round < ROUNDS || System.nanoTime() - until < 0; round++) {
      new HostileRound(fixture, seed++, answers).run();
      nothingIsLeft();
      if (round % 100 == 99) {
        reporter.publishEntry("rounds", (round + 1) + ", commands " + commands(answers));
      }
      if (round == ROUNDS / 2) {
        heap = heap();
      }
    }
    reporter.publishEntry(
        "seeds", FIRST_SEED + " to " + (seed - 1) + ", commands " + commands(answers));
    answers.forEach((name, counts) -> reporter.publishEntry(name, counts.toString()));
    assertThat(heap() - heap).isLessThan(LEFT_OVER);
    assertThat(answers.keySet()).contains("FETCH", "UID FETCH", "SEARCH", "APPEND", "SELECT");
    answers.forEach(
        (name, counts) -> {
          if (NEVER_ANNOUNCED.contains(name)) {
            assertThat(counts).as(name).doesNotContainKey("OK");
          } else if (counts.values().stream().mapToInt(Integer::intValue).sum() > OFTEN) {
            assertThat(counts).as(name).containsKey("OK");
          }
        });
  }

  private static int commands(Map<String, Map<String, Integer>> answers) {
    return answers.values().stream()
        .flatMap(counts -> counts.values().stream())
        .mapToInt(Integer::intValue)
        .sum();
  }

  private void nothingIsLeft() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              for (int i = 0; i < 2; i++) {
                assertThat(fixture.gateway(i).connections()).isZero();
                assertThat(fixture.gateway(i).openMailboxes()).isZero();
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

  /// Too much of everything, after a login and before one.
  @Test
  void excessIsRefusedInTime() throws IOException {
    fixture.store().addUser("excess");
    for (int i = 0; i < 20; i++) {
      fixture.deliver("excess", "message" + i);
    }
    String login = "a LOGIN excess@example.test wing\r\nb SELECT INBOX\r\n";
    long start = System.nanoTime();
    for (String excess :
        List.of(
            "c NOOP " + "x".repeat(20 << 20) + "\r\n",
            "x".repeat(20 << 20),
            "c SEARCH " + "NOT ".repeat(15_000) + "ALL\r\n",
            "c SEARCH " + "(".repeat(60_000) + "\r\n",
            "c SEARCH " + "OR ALL ".repeat(9_000) + "ALL\r\n",
            "c SEARCH " + "TEXT a ".repeat(9_000) + "\r\n",
            "c FETCH 1:4294967295 (" + "UID ".repeat(15_000) + "UID)\r\n",
            "c FETCH 1:* (" + "BODY.PEEK[] ".repeat(4_000) + "UID)\r\n",
            "c FETCH " + "1:4294967295,".repeat(4_000) + "1 FLAGS\r\n",
            "c UID STORE " + "1:4294967295,".repeat(4_000) + "1 +FLAGS (a)\r\n",
            "c FETCH 1:* BODY[" + "1.".repeat(30_000) + "1]\r\n",
            "c UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (" + "a ".repeat(30_000) + "a)]\r\n",
            "c STORE 1 FLAGS (" + "k ".repeat(20_000) + "k)\r\n",
            "c APPEND INBOX {4294967295}\r\n",
            "c APPEND INBOX {4294967295+}\r\nx",
            "c APPEND INBOX {9223372036854775807+}\r\nx",
            "c LIST \"\" " + "%*".repeat(30_000) + "\r\n",
            "c CREATE " + "a/".repeat(30_000) + "a\r\n",
            "c LOGIN {4294967295}\r\n",
            "\r\n".repeat(100_000),
            "c NOOP\r\n".repeat(2_000))) {
      for (String before : List.of("", login)) {
        List<String> answers =
            HostileClient.converse(
                fixture.port("imap"), ByteString.copyFromUtf8(before + excess + "\r\nz NOOP\r\n"));
        assertThat(answers).isNotEmpty();
      }
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    nothingIsLeft();
  }

  /// Messages of thousands of parts and fields come back by each item that reads their structure.
  @Test
  void messagesOfManyPartsAreReadBackInTime() throws IOException {
    fixture.store().addUser("parts");
    long start = System.nanoTime();
    try (HostileClient client = new HostileClient(fixture.port("imap"), "parts@example.test")) {
      client.command("LOGIN parts@example.test wing");
      client.command("SELECT INBOX");
      for (byte[] message :
          List.of(
              HostileMessages.parts(5_000),
              HostileMessages.fields(50_000),
              HostileMessages.nested(2_000),
              HostileMessages.messagesWithin(2_000))) {
        assertThat(client.append(message)).isEqualTo("OK");
      }
      for (String items :
          List.of(
              "ENVELOPE", "BODYSTRUCTURE", "BODY[1]", "BODY[1.1.1.MIME]", "BODY[HEADER]", "FULL")) {
        assertThat(client.command("FETCH 1:* " + items))
            .as(items)
            .matches(r -> r != null && r.name().equals("OK"));
        assertThat(client.responses().stream().filter(r -> r.name().equals("FETCH")))
            .hasSizeGreaterThanOrEqualTo(4);
      }
      for (String key :
          List.of("TEXT deep", "BODY part", "HEADER X-Flood 49999", "SUBJECT flood")) {
        assertThat(client.command("SEARCH " + key))
            .as(key)
            .matches(r -> r != null && r.name().equals("OK"));
      }
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    nothingIsLeft();
  }
}
