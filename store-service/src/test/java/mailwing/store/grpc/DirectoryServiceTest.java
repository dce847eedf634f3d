package mailwing.store.grpc;

import static mailwing.store.TestStore.errorOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.TestStore;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.AddApiKeyRequest;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.Alias;
import mailwing.store.v1.ApiKey;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DirectoryGrpc.DirectoryBlockingStub;
import mailwing.store.v1.Domain;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.GetUserRequest;
import mailwing.store.v1.ListAliasesRequest;
import mailwing.store.v1.ListApiKeysRequest;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.ListUsersRequest;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveAliasRequest;
import mailwing.store.v1.RemoveApiKeyRequest;
import mailwing.store.v1.RemoveDomainRequest;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.store.v1.User;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class DirectoryServiceTest {
  private static TestStore store;

  @BeforeAll
  static void start() {
    store = TestStore.start();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  private DirectoryBlockingStub admin() {
    return as(TestStore.ADMIN);
  }

  private DirectoryBlockingStub as(String credential) {
    return store.as(DirectoryGrpc.newBlockingStub(store.channel()), credential);
  }

  private void domain(String name) {
    admin().addDomain(AddDomainRequest.newBuilder().setName(name).build());
  }

  private User user(String address) {
    return admin()
        .addUser(
            AddUserRequest.newBuilder()
                .setAddress(address)
                .setPassword(ByteString.copyFromUtf8("wing"))
                .build());
  }

  private static <T> List<T> all(java.util.Iterator<T> answers) {
    List<T> list = new ArrayList<>();
    answers.forEachRemaining(list::add);
    return list;
  }

  @Test
  void domainIsKeptInUnicodeAndFoundByItsALabel() {
    domain("BÜCHER.example");
    assertThat(all(admin().listDomains(ListDomainsRequest.getDefaultInstance())))
        .contains(Domain.newBuilder().setName("bücher.example").build());
    assertThat(errorOf(() -> domain("xn--bcher-kva.example"))).isEqualTo("ALREADY_EXISTS");
    admin().removeDomain(RemoveDomainRequest.newBuilder().setName("XN--BCHER-KVA.example").build());
    assertThat(all(admin().listDomains(ListDomainsRequest.getDefaultInstance())))
        .doesNotContain(Domain.newBuilder().setName("bücher.example").build());
  }

  @Test
  void badDomainsAreRefused() {
    for (String bad : List.of("", "a..example", "-a.example", "no_underscore.example", "nodot")) {
      assertThat(errorOf(() -> domain(bad))).as(bad).isEqualTo("INVALID_ARGUMENT");
    }
  }

  @Test
  void userHasMailboxesLimitsAndOneAddressInAnyCase() throws Exception {
    domain("users.example");
    User made =
        admin()
            .addUser(
                AddUserRequest.newBuilder()
                    .setAddress("Alice@Users.Example")
                    .setQuota(QuotaLimits.newBuilder().setOctets(1000).setMailboxes(9))
                    .build());
    assertThat(made.getAddress()).isEqualTo("Alice@users.example");
    assertThat(made.getUsage().getMailboxes()).isEqualTo(6);
    assertThat(made.getQuota().getOctets()).isEqualTo(1000);
    assertThat(errorOf(() -> user("aLICE@users.example"))).isEqualTo("ALREADY_EXISTS");
    assertThat(
            admin().getUser(GetUserRequest.newBuilder().setAddress("ALICE@users.example").build()))
        .isEqualTo(made);
    User changed =
        admin()
            .updateUser(
                UpdateUserRequest.newBuilder()
                    .setAddress("alice@users.example")
                    .setEnabled(false)
                    .setQuota(QuotaLimits.newBuilder().setMessages(7))
                    .build());
    assertThat(changed.getEnabled()).isFalse();
    assertThat(changed.getQuota()).isEqualTo(QuotaLimits.newBuilder().setMessages(7).build());
    assertThat(
            all(
                admin()
                    .listUsers(ListUsersRequest.newBuilder().setDomain("users.example").build())))
        .containsExactly(changed);
    assertThat(
            errorOf(
                () ->
                    admin()
                        .removeDomain(
                            RemoveDomainRequest.newBuilder().setName("users.example").build())))
        .isEqualTo("IN_USE");
  }

  @Test
  void usersAreListedPageByPageWithAllThatIsToldOfEach() {
    domain("many.example");
    domain("other.example");
    user("somebody@other.example");
    List<User> made = new ArrayList<>();
    for (int i = 0; i < 501; i++) {
      made.add(
          admin()
              .addUser(
                  AddUserRequest.newBuilder()
                      .setAddress("shared" + i + "@many.example")
                      .setShared(true)
                      .setQuota(QuotaLimits.newBuilder().setMessages(i))
                      .build()));
    }
    made.set(
        500,
        admin()
            .updateUser(
                UpdateUserRequest.newBuilder()
                    .setAddress("shared500@many.example")
                    .setForwarding(
                        Forwarding.newBuilder()
                            .addTargets("shared2@many.example")
                            .addTargets("shared1@many.example")
                            .setKeepsCopy(true))
                    .setUndoSeconds(9)
                    .setCopyToSent(true)
                    .build()));
    assertThat(made.getLast().getForwarding().getTargetsList())
        .containsExactly("shared2@many.example", "shared1@many.example");
    assertThat(made.getLast().getForwarding().getKeepsCopy()).isTrue();
    assertThat(
            all(admin().listUsers(ListUsersRequest.newBuilder().setDomain("many.example").build())))
        .containsExactlyElementsOf(made);
    assertThat(all(admin().listUsers(ListUsersRequest.getDefaultInstance())))
        .containsAll(made)
        .anyMatch(one -> one.getAddress().equals("somebody@other.example"));
  }

  @Test
  void userOfAnUnknownDomainOrABadAddressIsRefused() {
    assertThat(errorOf(() -> user("a@nowhere.example"))).isEqualTo("DOMAIN_NOT_FOUND");
    domain("strict.example");
    for (String bad :
        List.of("", "x", "@strict.example", "a b@strict.example", ".a@strict.example")) {
      assertThat(errorOf(() -> user(bad))).as(bad).isEqualTo("INVALID_ARGUMENT");
    }
  }

  @Test
  void removedUserIsGoneAtOnceAndItsMailSoon() throws Exception {
    domain("gone.example");
    User gone = user("gone@gone.example");
    user("stays@gone.example");
    admin()
        .addAlias(
            AddAliasRequest.newBuilder()
                .setAddress("both@gone.example")
                .addTargets("gone@gone.example")
                .addTargets("stays@gone.example")
                .build());
    admin()
        .addAlias(
            AddAliasRequest.newBuilder()
                .setAddress("only@gone.example")
                .addTargets("gone@gone.example")
                .build());
    admin().removeUser(RemoveUserRequest.newBuilder().setAddress("gone@gone.example").build());
    assertThat(
            errorOf(
                () ->
                    admin()
                        .getUser(
                            GetUserRequest.newBuilder().setAddress("gone@gone.example").build())))
        .isEqualTo("ACCOUNT_NOT_FOUND");
    assertThat(
            all(
                admin()
                    .listAliases(
                        ListAliasesRequest.newBuilder().setDomain("gone.example").build())))
        .containsExactly(
            Alias.newBuilder()
                .setAddress("both@gone.example")
                .addTargets("stays@gone.example")
                .build());
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> rows("account", gone) == 0 && rows("mailbox", gone) == 0);
    assertThat(user("gone@gone.example").getAccountId()).isNotEqualTo(gone.getAccountId());
  }

  private long rows(String table, User user) throws Exception {
    try (Connection connection = store.database().connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM " + table + " WHERE account_id = " + user.getAccountId())) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void aliasNeedsTargetsHere() {
    domain("alias.example");
    user("to@alias.example");
    assertThat(errorOf(() -> alias("a@alias.example"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(errorOf(() -> alias("a@alias.example", "a@alias.example")))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(errorOf(() -> alias("a@alias.example", "nobody@alias.example")))
        .isEqualTo("ACCOUNT_NOT_FOUND");
    assertThat(errorOf(() -> alias("to@alias.example", "to@alias.example")))
        .isEqualTo("INVALID_ARGUMENT");
    alias("a@alias.example", "to@alias.example");
    assertThat(errorOf(() -> user("A@alias.example"))).isEqualTo("ALREADY_EXISTS");
    admin().removeAlias(RemoveAliasRequest.newBuilder().setAddress("A@alias.example").build());
    assertThat(
            errorOf(
                () ->
                    admin()
                        .removeAlias(
                            RemoveAliasRequest.newBuilder().setAddress("a@alias.example").build())))
        .isEqualTo("ALIAS_NOT_FOUND");
  }

  private void alias(String address, String... targets) {
    admin()
        .addAlias(
            AddAliasRequest.newBuilder()
                .setAddress(address)
                .addAllTargets(List.of(targets))
                .build());
  }

  @Test
  void apiKeyDoesWhatItsScopesSayUntilRemoved() {
    String secret =
        admin()
            .addApiKey(
                AddApiKeyRequest.newBuilder()
                    .setName("provisioning")
                    .addScopes("directory")
                    .build())
            .getSecret();
    assertThat(all(as(secret).listDomains(ListDomainsRequest.getDefaultInstance()))).isNotNull();
    assertThat(
            errorOf(
                () ->
                    as(secret)
                        .addApiKey(
                            AddApiKeyRequest.newBuilder()
                                .setName("more")
                                .addScopes("directory")
                                .build())))
        .isEqualTo("PERMISSION_DENIED");
    assertThat(all(admin().listApiKeys(ListApiKeysRequest.getDefaultInstance())))
        .extracting(ApiKey::getName)
        .contains("provisioning");
    admin().removeApiKey(RemoveApiKeyRequest.newBuilder().setName("provisioning").build());
    assertThat(errorOf(() -> all(as(secret).listDomains(ListDomainsRequest.getDefaultInstance()))))
        .isEqualTo("CREDENTIAL_INVALID");
  }

  @Test
  void apiKeyWithoutScopesOrWithAMissingAddressIsRefused() {
    for (AddApiKeyRequest bad :
        List.of(
            AddApiKeyRequest.newBuilder().setName("k").build(),
            AddApiKeyRequest.newBuilder().setName("k").addScopes("all").build(),
            AddApiKeyRequest.newBuilder().setName("k").addScopes("mail:read").build(),
            AddApiKeyRequest.newBuilder().setName("k k").addScopes("deliver").build())) {
      assertThat(errorOf(() -> admin().addApiKey(bad))).isEqualTo("INVALID_ARGUMENT");
    }
  }
}
