package mailwing.imap.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;
import mailwing.imap.ImapFixture;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.HostileRounds;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;

/// Clients send what the formal syntax allows and what it does not, in every state, several of them
/// in the same mailboxes: each response is in the grammar, each command is answered once, numbers
/// are right, sessions end, nothing is left of them, and no error is logged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileInputTest {
  private static final int ROUNDS = 24;

  /// A command that came so often was done at least once, or the generator does not know enough.
  private static final int OFTEN = 200;

  private static final Set<String> NEVER_ANNOUNCED = Set.of("COMPARATOR");

  private ImapFixture fixture;
  private HostileRounds rounds;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.startPolling(Duration.ofSeconds(1));
    rounds = new HostileRounds(this::isIdle);
  }

  @AfterAll
  void stop() {
    rounds.close();
    fixture.close();
  }

  private boolean isIdle() {
    return IntStream.range(0, 2)
        .mapToObj(fixture::gateway)
        .allMatch(gateway -> gateway.connections() == 0 && gateway.openMailboxes() == 0);
  }

  @Test
  void everyCommandIsAnsweredInTheGrammarAndNothingIsLeft(TestReporter reporter) throws Exception {
    fixture.store().addUser("quota");
    Answers answers =
        rounds.run(
            ROUNDS, reporter, (seed, counted) -> new HostileRound(fixture, seed, counted).run());
    SequencedMap<String, Integer> counts = answers.byName();
    assertThat(counts).containsKeys("FETCH", "UID FETCH", "SEARCH", "APPEND", "SELECT");
    counts.forEach(
        (name, count) -> {
          if (NEVER_ANNOUNCED.contains(name)) {
            assertThat(answers.of(name, "OK")).as(name).isZero();
          } else if (count > OFTEN) {
            assertThat(answers.of(name, "OK")).as(name).isPositive();
          }
        });
  }

  /// Too much of everything, after a login and before one.
  @Test
  void excessIsRefusedInTime() throws IOException, InterruptedException {
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
    rounds.nothingIsLeft();
  }

  /// Messages of thousands of parts and fields come back by each item that reads their structure.
  @Test
  void messagesOfManyPartsAreReadBackInTime() throws IOException, InterruptedException {
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
    rounds.nothingIsLeft();
  }
}
