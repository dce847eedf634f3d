package mailwing.smtp.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.smtp.GatewayFixture;
import mailwing.smtp.session.SmtpLimits;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.HostileRounds;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;

/// Clients of MX, submission and LMTP send what the formal syntax allows and what it does not, in
/// every state, several at once: each reply is in the grammar and answers what was sent, what was
/// acknowledged is stored octet by octet and once, what was not is not, sessions end, nothing is
/// left of them, and no error is logged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileSmtpTest {
  private static final int ROUNDS = 16;

  private TestStore store;
  private StoreClient reader;
  private GatewayFixture trusting;
  private GatewayFixture strange;
  private HostileRounds rounds;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    store.addUser("postmaster");
    House.USERS.forEach(store::addUser);
    reader = store.client(TestStore.Role.IMAP);
    trusting = gateway(true);
    strange = gateway(false);
    rounds =
        new HostileRounds(
            () ->
                Stream.of(trusting, strange)
                    .allMatch(
                        gateway -> gateway.metrics.exposition().contains("mail_connections 0")));
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
    rounds.close();
    trusting.close();
    strange.close();
    reader.close();
    store.close();
  }

  @Test
  void everythingIsAnsweredAndStoredAsItWasSaid(TestReporter reporter) throws Exception {
    Map<String, Integer> lastUids = new HashMap<>();
    Answers answers =
        rounds.run(
            ROUNDS,
            reporter,
            (seed, counted) ->
                new SmtpRound(reader, trusting, strange, seed, lastUids, counted).run());
    assertThat(List.of("MX (message)", "LMTP (message)", "SUBMISSION (message)", "MX BDAT"))
        .allMatch(name -> answers.of(name, "250") > 0);
    assertThat(answers.of("MX (message)", "550")).isPositive();
    assertThat(answers.of("SUBMISSION (sasl)", "235")).isPositive();
    assertThat(answers.of("MX STARTTLS", "220")).isPositive();
  }
}
