package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import mailwing.store.StoreConfig;
import mailwing.store.v1.AuthenticateSaslRequest;
import mailwing.store.v1.AuthenticateSaslResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.testkit.TestIssuer;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which access tokens (RFC 7628, RFC 9068, RFC 8725) and certificates the store takes.
class AccessTokenTest {
  private static final String USER = "holder@" + TestStore.DOMAIN;
  private static final TestTls OWN = TestTls.ofUser(USER);

  private TestIssuer issuer;
  private TestStore store;
  private StoreClient client;

  @BeforeEach
  void start() {
    issuer = TestIssuer.start();
    store =
        TestStore.start(
            StoreConfig.Logins.defaults()
                .with(
                    issuer.config(),
                    new StoreConfig.Certificates(
                        OWN.certificate(), StoreConfig.Certificates.Identity.COMMON_NAME)));
    store.addUser("holder");
    client = store.client(TestStore.Role.IMAP);
  }

  @AfterEach
  void stop() {
    client.close();
    store.close();
    issuer.close();
  }

  /// The account's address, `refused` where an error was told first, or the code of the failure.
  private String login(String token) {
    byte[] message = Base64.getDecoder().decode(TestIssuer.bearer("", token));
    return exchange(
        AuthenticateSaslRequest.newBuilder()
            .setMechanism("OAUTHBEARER")
            .setResponse(ByteString.copyFrom(message))
            .build());
  }

  private String exchange(AuthenticateSaslRequest first) {
    try (var exchange = client.authenticateSasl()) {
      exchange.send(first);
      AuthenticateSaslResponse step = exchange.read();
      if (step == null) {
        return "nothing";
      }
      if (step.hasSuccess()) {
        return step.getSuccess().getSession().getAddress();
      }
      assertThat(step.getChallenge().toStringUtf8()).contains("invalid_token");
      exchange.send(
          AuthenticateSaslRequest.newBuilder().setResponse(ByteString.copyFromUtf8("\1")).build());
      exchange.read();
      return "let in";
    } catch (StoreException e) {
      return e.code() == ErrorCode.AUTHENTICATION_FAILED ? "refused" : e.code().name();
    }
  }

  private String login(JWTClaimsSet.Builder claims) {
    return login(issuer.token(claims.build()));
  }

  private JWTClaimsSet.Builder good() {
    return issuer.claims(USER);
  }

  private static Date in(long seconds) {
    return Date.from(Instant.now().plusSeconds(seconds));
  }

  @Test
  void aGoodTokenIsTaken() {
    assertThat(login(good())).isEqualTo(USER);
    assertThat(login(good().claim("email", "HOLDER@EXAMPLE.TEST"))).isEqualTo(USER);
    assertThat(login(good().claim("scope", null).claim("scp", List.of("a", "imap"))))
        .isEqualTo(USER);
  }

  @Test
  void claimsThatAreNotOursAreRefused() {
    assertThat(login(good().issuer("https://elsewhere.example"))).isEqualTo("refused");
    assertThat(login(good().issuer(null))).isEqualTo("refused");
    assertThat(login(good().audience("elsewhere"))).isEqualTo("refused");
    assertThat(login(good().audience((String) null))).isEqualTo("refused");
    assertThat(login(good().claim("scope", "openid imaps"))).isEqualTo("refused");
    assertThat(login(good().claim("scope", null))).isEqualTo("refused");
    assertThat(login(good().claim("email", null))).isEqualTo("refused");
    assertThat(login(good().claim("email", List.of(USER)))).isEqualTo("refused");
    assertThat(login(good().claim("email_verified", false))).isEqualTo("refused");
    assertThat(login(good().claim("email", "nobody@example.test"))).isEqualTo("refused");
  }

  @Test
  void timesCountWithTheClocksDifference() {
    assertThat(login(good().expirationTime(in(-30)))).isEqualTo(USER);
    assertThat(login(good().expirationTime(in(-90)))).isEqualTo("refused");
    assertThat(login(good().expirationTime(null))).isEqualTo("refused");
    assertThat(login(good().notBeforeTime(in(30)))).isEqualTo(USER);
    assertThat(login(good().notBeforeTime(in(90)))).isEqualTo("refused");
  }

  /// RFC 8725 §2.1, §3.1.
  @Test
  void signaturesThatAnybodyCanMakeAreRefused() throws Exception {
    assertThat(login(new PlainJWT(good().build()).serialize())).isEqualTo("refused");
    SignedJWT shared =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("first").build(), good().build());
    shared.sign(new MACSigner(new byte[32]));
    assertThat(login(shared.serialize())).isEqualTo("refused");
    String token = issuer.token(good().build());
    String changed = token.substring(0, token.length() - 6) + "AAAAAA";
    assertThat(login(changed)).isEqualTo("refused");
    String[] parts = token.split("\\.", -1);
    String other = issuer.token(issuer.claims("other@example.test").build()).split("\\.", -1)[1];
    assertThat(login(parts[0] + "." + other + "." + parts[2])).isEqualTo("refused");
    assertThat(login("a.b.c")).isEqualTo("refused");
    assertThat(login("nonsense")).isEqualTo("refused");
    assertThat(login("x".repeat(17_000))).isEqualTo("INVALID_ARGUMENT");
  }

  /// RFC 8725 §3.9: nothing in a token is fetched.
  @Test
  void aTokenDoesNotSayWhereItsKeyIs() {
    try (TestIssuer rogue = TestIssuer.start()) {
      String token =
          rogue.token(
              good().build(), Map.of("jku", rogue.url() + "/keys", "x5u", rogue.url() + "/keys"));
      assertThat(login(token)).isEqualTo("refused");
      assertThat(login(rogue.token(rogue.claims(USER).build()))).isEqualTo("refused");
      assertThat(rogue.asked()).isZero();
    }
  }

  @Test
  void keysAreFetchedOnceAndAgainForANewOneButNotAtWill() {
    assertThat(issuer.asked()).isZero();
    for (int i = 0; i < 5; i++) {
      assertThat(login(good())).isEqualTo(USER);
    }
    assertThat(issuer.asked()).isEqualTo(1);
    issuer.newKey();
    assertThat(login(good())).isEqualTo(USER);
    assertThat(issuer.asked()).isEqualTo(2);
    for (int i = 0; i < 5; i++) {
      issuer.newKey();
      assertThat(login(good())).isEqualTo("refused");
    }
    assertThat(issuer.asked()).isLessThanOrEqualTo(3);
  }

  @Test
  void anIssuerThatIsAwayIsNoWrongToken() {
    issuer.mood(TestIssuer.Mood.DOWN);
    assertThat(login(good())).isEqualTo("UNAVAILABLE");
    issuer.mood(TestIssuer.Mood.REDIRECTING);
    assertThat(login(good())).isEqualTo("UNAVAILABLE");
  }

  @Test
  void keysWithoutEndAreNotRead() {
    issuer.mood(TestIssuer.Mood.ENDLESS);
    assertThat(login(good())).isEqualTo("UNAVAILABLE");
  }

  @Test
  void aDisabledAccountStaysOut() {
    store.setEnabled(USER, false);
    assertThat(login(good())).isEqualTo("ACCOUNT_DISABLED");
  }

  private String external(String as, TestTls... chain) throws Exception {
    AuthenticateSaslRequest.Builder first =
        AuthenticateSaslRequest.newBuilder()
            .setMechanism("EXTERNAL")
            .setResponse(ByteString.copyFromUtf8(as));
    for (TestTls each : chain) {
      first.addClientCertificates(ByteString.copyFrom(each.material().certificate().getEncoded()));
    }
    return exchange(first.build());
  }

  @Test
  void certificatesOfOurAuthoritiesAreTaken() throws Exception {
    assertThat(external("", OWN)).isEqualTo(USER);
    assertThat(external(USER, OWN)).isEqualTo(USER);
    assertThat(external("other@example.test", OWN)).isEqualTo("refused");
    assertThat(external("", TestTls.ofUser(USER))).isEqualTo("refused");
    assertThat(external("")).isEqualTo("refused");
    assertThat(
            exchange(
                AuthenticateSaslRequest.newBuilder()
                    .setMechanism("EXTERNAL")
                    .setResponse(ByteString.EMPTY)
                    .addClientCertificates(ByteString.copyFromUtf8("nonsense"))
                    .build()))
        .isEqualTo("refused");
  }

  @Test
  void anonymousIsNobody() {
    assertThat(
            exchange(
                AuthenticateSaslRequest.newBuilder()
                    .setMechanism("ANONYMOUS")
                    .setResponse(ByteString.EMPTY)
                    .build()))
        .isEqualTo("INVALID_ARGUMENT");
  }
}
