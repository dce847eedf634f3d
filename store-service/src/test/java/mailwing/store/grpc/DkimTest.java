package mailwing.store.grpc;

import static mailwing.store.TestStore.errorOf;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import mailwing.store.StoreConfig;
import mailwing.store.TestStore;
import mailwing.store.accounts.DkimKeyring;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DkimKeyRows;
import mailwing.store.persistence.DomainRules;
import mailwing.store.v1.ActivateDkimKeyRequest;
import mailwing.store.v1.AddDkimKeysRequest;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.DkimGrpc.DkimBlockingStub;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.DkimKey.Algorithm;
import mailwing.store.v1.DkimKey.State;
import mailwing.store.v1.GetSigningKeysRequest;
import mailwing.store.v1.ListDkimKeysRequest;
import mailwing.store.v1.RemoveDomainRequest;
import mailwing.store.v1.RetireDkimKeyRequest;
import mailwing.store.v1.RotateDkimKeysRequest;
import mailwing.store.v1.SigningKey;
import mailwing.store.v1.UpdateDomainRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Keys that sign mail: made, published, active, retired and forgotten.
final class DkimTest {
  private static TestStore store;

  @BeforeAll
  static void start() {
    store = TestStore.start();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  private static DkimBlockingStub admin() {
    return store.as(DkimGrpc.newBlockingStub(store.channel()), TestStore.ADMIN);
  }

  private static DkimBlockingStub gateway() {
    return store.as(DkimGrpc.newBlockingStub(store.channel()), TestStore.SMTP);
  }

  private static DirectoryGrpc.DirectoryBlockingStub directory() {
    return store.as(DirectoryGrpc.newBlockingStub(store.channel()), TestStore.ADMIN);
  }

  private static void domain(String name) {
    directory().addDomain(AddDomainRequest.newBuilder().setName(name).build());
  }

  private static List<DkimKey> add(String domain, long wait, Algorithm... algorithms) {
    return admin()
        .addDkimKeys(
            AddDkimKeysRequest.newBuilder()
                .setDomain(domain)
                .setWaitSeconds(wait)
                .addAllAlgorithms(List.of(algorithms))
                .build())
        .getKeysList();
  }

  private static List<DkimKey> list(String domain) {
    List<DkimKey> keys = new ArrayList<>();
    admin()
        .listDkimKeys(ListDkimKeysRequest.newBuilder().setDomain(domain).build())
        .forEachRemaining(keys::add);
    return keys;
  }

  private static List<SigningKey> signing(String domain) {
    return gateway()
        .getSigningKeys(GetSigningKeysRequest.newBuilder().setDomain(domain).build())
        .getKeysList();
  }

  private static void activate(DkimKey key) {
    gateway()
        .activateDkimKey(
            ActivateDkimKeyRequest.newBuilder()
                .setDomain(key.getDomain())
                .setSelector(key.getSelector())
                .build());
  }

  private static List<DkimKey> rotate(String domain) {
    return admin()
        .rotateDkimKeys(
            RotateDkimKeysRequest.newBuilder().setDomain(domain).setWaitSeconds(0).build())
        .getKeysList();
  }

  private static boolean retire(DkimKey key) {
    return admin()
        .retireDkimKey(
            RetireDkimKeyRequest.newBuilder()
                .setDomain(key.getDomain())
                .setSelector(key.getSelector())
                .build())
        .getRemoved();
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(
            store.database().jdbcUrl(), store.database().user(), store.database().password())) {
      connection.createStatement().execute(statement);
    }
  }

  @Test
  void privateAndPublicHalvesFitAndTheRecordIsExact() throws Exception {
    domain("pair.test");
    add("pair.test", 0);
    List<SigningKey> keys = signing("pair.test");
    assertThat(keys).hasSize(2);
    for (SigningKey key : keys) {
      boolean rsa = key.getKey().getAlgorithm() == Algorithm.RSA;
      KeyFactory factory = KeyFactory.getInstance(rsa ? "RSA" : "Ed25519");
      Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
      signature.initSign(
          factory.generatePrivate(new PKCS8EncodedKeySpec(key.getPrivateKey().toByteArray())));
      signature.update(new byte[] {1, 2, 3});
      byte[] signed = signature.sign();
      String prefix = "v=DKIM1; k=" + (rsa ? "rsa" : "ed25519") + "; p=";
      assertThat(key.getKey().getRecordText()).startsWith(prefix);
      byte[] told =
          Base64.getDecoder().decode(key.getKey().getRecordText().substring(prefix.length()));
      byte[] head = Base64.getDecoder().decode("MCowBQYDK2VwAyEA");
      byte[] whole = rsa ? told : java.util.Arrays.copyOf(head, head.length + told.length);
      if (!rsa) {
        assertThat(told).hasSize(32);
        System.arraycopy(told, 0, whole, head.length, told.length);
      }
      signature.initVerify(factory.generatePublic(new X509EncodedKeySpec(whole)));
      signature.update(new byte[] {1, 2, 3});
      assertThat(signature.verify(signed)).isTrue();
      assertThat(key.getKey().getRecordName())
          .isEqualTo(key.getKey().getSelector() + "._domainkey.pair.test");
    }
  }

  @Test
  void aKeyIsGivenWhenItsWaitIsOverAndRetiresWithItsSuccessor() {
    domain("turn.test");
    DkimKey waiting = add("turn.test", 3600, Algorithm.ED25519).getFirst();
    assertThat(waiting.getState()).isEqualTo(State.PUBLISHED);
    assertThat(signing("turn.test")).isEmpty();
    assertThat(errorOf(() -> activate(waiting))).isEqualTo("STALE");
    assertThat(retire(waiting)).isTrue();
    assertThat(list("turn.test")).isEmpty();

    DkimKey first = add("turn.test", 0, Algorithm.ED25519).getFirst();
    assertThat(errorOf(() -> rotate("turn.test"))).isEqualTo("CANNOT");
    activate(first);
    assertThat(list("turn.test").getFirst().getState()).isEqualTo(State.ACTIVE);
    DkimKey second = rotate("turn.test").getFirst();
    assertThat(second.getSelector()).isNotEqualTo(first.getSelector());
    assertThat(errorOf(() -> rotate("turn.test"))).isEqualTo("CANNOT");
    assertThat(signing("turn.test"))
        .extracting(key -> key.getKey().getSelector())
        .containsExactly(second.getSelector(), first.getSelector());
    activate(second);
    assertThat(errorOf(() -> activate(second))).isEqualTo("STALE");
    assertThat(list("turn.test"))
        .extracting(DkimKey::getState)
        .containsExactly(State.RETIRED, State.ACTIVE);
    DkimKey old = list("turn.test").getFirst();
    assertThat(old.getForgottenAtSeconds() - old.getChangedAtSeconds()).isEqualTo(30 * 86_400);
    // For a gateway whose DNS does not show the second yet.
    assertThat(signing("turn.test")).hasSize(2);
    assertThat(retire(second)).isFalse();
    assertThat(signing("turn.test"))
        .extracting(key -> key.getKey().getSelector())
        .containsExactly(first.getSelector());
  }

  @Test
  void keysBelongToDomainsOfOursAndTheirAliases() {
    domain("own.test");
    directory()
        .updateDomain(
            UpdateDomainRequest.newBuilder()
                .setName("own.test")
                .addAddAliases("münchen.test")
                .build());
    DkimKey key = add("xn--mnchen-3ya.test", 0, Algorithm.ED25519).getFirst();
    assertThat(key.getDomain()).isEqualTo("münchen.test");
    assertThat(key.getRecordName()).endsWith("._domainkey.xn--mnchen-3ya.test");
    assertThat(signing("xn--mnchen-3ya.test")).hasSize(1);
    assertThat(signing("own.test")).isEmpty();
    assertThat(signing("stranger.test")).isEmpty();
    assertThat(signing("no domain")).isEmpty();
    assertThat(errorOf(() -> add("stranger.test", 0))).isEqualTo("DOMAIN_NOT_FOUND");
    assertThat(errorOf(() -> add("own.test", -1))).isEqualTo("INVALID_ARGUMENT");
    for (String selector : List.of("A", "a b", "-a", "a..b", "a.", "é", "x".repeat(64))) {
      assertThat(
              errorOf(
                  () ->
                      admin()
                          .addDkimKeys(
                              AddDkimKeysRequest.newBuilder()
                                  .setDomain("own.test")
                                  .setSelector(selector)
                                  .addAlgorithms(Algorithm.ED25519)
                                  .build())))
          .as(selector)
          .isEqualTo("INVALID_ARGUMENT");
    }
  }

  @Test
  void privateHalvesAreForSmtpGatewaysAlone() {
    domain("closed.test");
    add("closed.test", 0, Algorithm.ED25519);
    GetSigningKeysRequest request =
        GetSigningKeysRequest.newBuilder().setDomain("closed.test").build();
    for (String credential : List.of(TestStore.ADMIN, TestStore.IMAP, TestStore.POP3)) {
      assertThat(
              errorOf(
                  () ->
                      store
                          .as(DkimGrpc.newBlockingStub(store.channel()), credential)
                          .getSigningKeys(request)))
          .isEqualTo("PERMISSION_DENIED");
    }
    assertThat(errorOf(() -> gateway().addDkimKeys(AddDkimKeysRequest.getDefaultInstance())))
        .isEqualTo("PERMISSION_DENIED");
  }

  @Test
  void oldKeysAreErasedForgottenAndReplacedByThemselves() throws SQLException {
    domain("old.test");
    domain("gone.test");
    add("gone.test", 0, Algorithm.ED25519);
    directory().removeDomain(RemoveDomainRequest.newBuilder().setName("gone.test").build());
    DkimKey first = add("old.test", 0, Algorithm.ED25519).getFirst();
    activate(first);
    try (Database database =
        Database.open(
            StoreConfig.Database.of(
                store.database().jdbcUrl(),
                store.database().user(),
                store.database().password()))) {
      DkimKeyring keyring =
          new DkimKeyring(
              new DkimKeyRows(database),
              new DirectoryStore(database),
              new DomainRules(database),
              new StoreConfig.Dkim(Duration.ZERO, Duration.ofDays(30), Duration.ofDays(90)),
              Clock.systemUTC());
      keyring.turnOver();
      assertThat(list("old.test")).hasSize(1);
      assertThat(signing("gone.test")).isEmpty();
      assertThat(keyring.domains("", 100)).doesNotContain("gone.test").contains("old.test");
      sql("UPDATE dkim_key SET changed_at = now() - interval '91 days' WHERE domain = 'old.test'");
      keyring.turnOver();
      keyring.turnOver();
      List<DkimKey> keys = list("old.test");
      assertThat(keys).extracting(DkimKey::getState).containsExactly(State.ACTIVE, State.PUBLISHED);
      activate(keys.get(1));
      sql(
          "UPDATE dkim_key SET changed_at = now() - interval '2 days'"
              + " WHERE domain = 'old.test' AND state = 'RETIRED'");
      keyring.turnOver();
      assertThat(signing("old.test")).hasSize(1);
      assertThat(list("old.test")).hasSize(2);
      sql(
          "UPDATE dkim_key SET changed_at = now() - interval '31 days'"
              + " WHERE domain = 'old.test' AND state = 'RETIRED'");
      keyring.turnOver();
      assertThat(list("old.test")).extracting(DkimKey::getState).containsExactly(State.ACTIVE);
    }
  }
}
