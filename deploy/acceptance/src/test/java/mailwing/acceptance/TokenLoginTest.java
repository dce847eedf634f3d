package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.stream.Stream;
import mailwing.service.Networks;
import mailwing.store.StoreConfig;
import mailwing.testkit.TestIssuer;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// OAUTHBEARER (RFC 7628), XOAUTH2 and EXTERNAL (RFC 4422) through IMAP, POP3 and SMTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenLoginTest {
  private static final String USER = "holder@" + TestStore.DOMAIN;
  private static final TestTls OWN = TestTls.ofUser(USER);

  private TestIssuer issuer;
  private TestStore store;
  private Gateways gateways;

  @BeforeAll
  void start() throws Exception {
    issuer = TestIssuer.start();
    store =
        TestStore.startWithKafka(
            StoreConfig.Logins.defaults()
                .with(
                    issuer.config(),
                    new StoreConfig.Certificates(
                        OWN.certificate(), StoreConfig.Certificates.Identity.SAN_EMAIL)));
    gateways = new Gateways(store::client, Gateways.events(store), Networks.none());
    store.addUser("holder");
  }

  @AfterAll
  void stop() {
    gateways.close();
    store.close();
    issuer.close();
  }

  @TestFactory
  Stream<DynamicTest> everyProtocolTakesTokensAndCertificates() {
    return Stream.of(Framing.values())
        .map(framing -> DynamicTest.dynamicTest(framing.name(), () -> play(framing)));
  }

  private void play(Framing framing) throws Exception {
    String good = issuer.token(issuer.claims(USER).build());
    String bad = issuer.token(issuer.claims(USER).audience("elsewhere").build());
    try (TranscriptClient client = connect(framing)) {
      client.send(framing.command + "OAUTHBEARER " + TestIssuer.bearer(USER, bad) + "\r\n");
      String error = client.line();
      assertThat(error).startsWith(framing.challenge);
      assertThat(
              new String(
                  Base64.getDecoder().decode(error.substring(framing.challenge.length())),
                  java.nio.charset.StandardCharsets.UTF_8))
          .contains("invalid_token");
      client.send("AQ==\r\n");
      assertThat(client.line()).startsWith(framing.failure);
      client.send(framing.command + "OAUTHBEARER " + TestIssuer.bearer(USER, good) + "\r\n");
      assertThat(client.line()).startsWith(framing.success);
    }
    try (TranscriptClient client = connect(framing)) {
      client.send(framing.command + "XOAUTH2\r\n");
      assertThat(client.line()).isEqualTo(framing.challenge);
      client.send(TestIssuer.older(USER, good) + "\r\n");
      assertThat(client.line()).startsWith(framing.success);
    }
    try (TranscriptClient client = connect(framing)) {
      client.send(framing.command + "EXTERNAL =\r\n");
      assertThat(client.line()).startsWith(framing.success);
    }
  }

  private TranscriptClient connect(Framing framing) throws Exception {
    TranscriptClient client = TranscriptClient.connect(gateways.port(framing.port));
    client.startTls(TestTls.shared().clientContext(OWN));
    client.line();
    if (!framing.before.isEmpty()) {
      client.send(framing.before + "\r\n");
      while (client.line().charAt(3) == '-') {
        // All of what EHLO answers.
      }
    }
    return client;
  }
}
