package mailwing.pop3.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.HostileRounds;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;

/// Clients of a maildrop send what the formal syntax allows and what it does not, in every state,
/// several at once: each answer is in the grammar, with the numbers, sizes, unique-ids and octets
/// of the maildrop, QUIT and nothing else removes what DELE marks, sessions end, nothing is left of
/// them, and no error is logged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostilePop3Test {
  private static final int ROUNDS = 16;

  private final Metrics metrics = new Metrics();
  private TestStore store;
  private StoreClient client;
  private List<Pop3Round.Door> doors;
  private HostileRounds rounds;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    client = store.client(TestStore.Role.POP3);
    doors = List.of(door(true, true), door(false, true), door(true, false));
    rounds = new HostileRounds(() -> metrics.exposition().contains("mail_connections 0"));
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
                    true, exclusive ? Duration.ofHours(1) : Duration.ZERO, Duration.ZERO, false),
                defaults.bodyCache()),
            client,
            Optional.of(TestTls.shared().material()),
            metrics),
        exclusive,
        trusted);
  }

  @AfterAll
  void stop() {
    rounds.close();
    doors.forEach(door -> door.gateway().close());
    client.close();
    store.close();
  }

  @Test
  void everyAnswerIsThatOfTheMaildrop(TestReporter reporter) throws Exception {
    Answers answers =
        rounds.run(
            ROUNDS, reporter, (seed, counted) -> new Pop3Round(store, doors, seed, counted).run());
    assertThat(answers.of("RETR", "-ERR")).isPositive();
    assertThat(List.of("RETR", "TOP", "UIDL", "DELE", "QUIT", "STLS"))
        .allMatch(name -> answers.of(name, "+OK") > 0);
  }
}
