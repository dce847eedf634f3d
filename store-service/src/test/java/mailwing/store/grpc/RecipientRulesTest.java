package mailwing.store.grpc;

import static mailwing.store.TestStore.errorOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.TestStore;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DirectoryGrpc.DirectoryBlockingStub;
import mailwing.store.v1.Domain;
import mailwing.store.v1.LiftLoginBanRequest;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.ListLoginBansRequest;
import mailwing.store.v1.LoginBan;
import mailwing.store.v1.RemoveDomainRequest;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse.Status;
import mailwing.store.v1.Session;
import mailwing.store.v1.UpdateDomainRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Aliases of domains, catch-alls, and bans of who guesses passwords.
final class RecipientRulesTest {
  private static TestStore store;

  @BeforeAll
  static void start() {
    store = TestStore.start();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  private static DirectoryBlockingStub admin() {
    return store.as(DirectoryGrpc.newBlockingStub(store.channel()), TestStore.ADMIN);
  }

  private static void domain(String name, String... users) {
    admin().addDomain(AddDomainRequest.newBuilder().setName(name).build());
    for (String user : users) {
      admin()
          .addUser(
              AddUserRequest.newBuilder()
                  .setAddress(user + "@" + name)
                  .setPassword(ByteString.copyFromUtf8("wing"))
                  .build());
    }
  }

  private static Status resolve(String address) {
    return store
        .as(DeliveryGrpc.newBlockingStub(store.channel()), TestStore.SMTP)
        .resolveRecipient(ResolveRecipientRequest.newBuilder().setAddress(address).build())
        .getStatus();
  }

  private static Session logIn(String address, String password, ClientInfo client) {
    return store
        .as(AuthenticationGrpc.newBlockingStub(store.channel()), TestStore.SMTP)
        .authenticatePassword(
            AuthenticatePasswordRequest.newBuilder()
                .setAuthenticationId(address)
                .setPassword(ByteString.copyFromUtf8(password))
                .setClient(client)
                .build())
        .getSession();
  }

  @Test
  void addressesOfAnAliasAreThoseOfItsDomain() {
    domain("main.example", "alice");
    assertThat(resolve("alice@other.example")).isEqualTo(Status.NOT_LOCAL);
    Domain changed =
        admin()
            .updateDomain(
                UpdateDomainRequest.newBuilder()
                    .setName("main.example")
                    .addAddAliases("Other.Example")
                    .addAddAliases("xn--bcher-kva.example")
                    .build());
    assertThat(changed.getAliasesList()).containsExactly("bücher.example", "other.example");
    assertThat(resolve("ALICE+x@other.example")).isEqualTo(Status.LOCAL);
    assertThat(resolve("alice@bücher.example")).isEqualTo(Status.LOCAL);
    assertThat(resolve("bob@other.example")).isEqualTo(Status.UNKNOWN_USER);
    assertThat(resolve("a..b@other.example")).isEqualTo(Status.UNKNOWN_USER);
    assertThat(logIn("alice@main.example", "wing", client("192.0.2.9")).getSenderAddressesList())
        .containsExactlyInAnyOrder("alice@bücher.example", "alice@other.example");
    assertThat(errorOf(() -> domain("other.example"))).isEqualTo("ALREADY_EXISTS");
    admin()
        .updateDomain(
            UpdateDomainRequest.newBuilder()
                .setName("main.example")
                .addRemoveAliases("other.example")
                .build());
    assertThat(resolve("alice@other.example")).isEqualTo(Status.NOT_LOCAL);
  }

  @Test
  void anAliasIsFreeAndOfAKnownDomain() {
    domain("one.example", "a");
    domain("two.example");
    UpdateDomainRequest taken =
        UpdateDomainRequest.newBuilder()
            .setName("one.example")
            .addAddAliases("two.example")
            .build();
    assertThat(errorOf(() -> admin().updateDomain(taken))).isEqualTo("ALREADY_EXISTS");
    UpdateDomainRequest unknown =
        UpdateDomainRequest.newBuilder().setName("none.example").addAddAliases("x.example").build();
    assertThat(errorOf(() -> admin().updateDomain(unknown))).isEqualTo("DOMAIN_NOT_FOUND");
    admin()
        .updateDomain(
            UpdateDomainRequest.newBuilder()
                .setName("two.example")
                .addAddAliases("three.example")
                .build());
    admin().removeDomain(RemoveDomainRequest.newBuilder().setName("two.example").build());
    domain("three.example");
  }

  @Test
  void aCatchAllTakesUnknownUsersOfItsDomainAlone() {
    domain("catch.example", "all", "known");
    UpdateDomainRequest nobody =
        UpdateDomainRequest.newBuilder()
            .setName("catch.example")
            .setCatchAll("nobody@catch.example")
            .build();
    assertThat(errorOf(() -> admin().updateDomain(nobody))).isEqualTo("ACCOUNT_NOT_FOUND");
    assertThat(resolve("unknown@catch.example")).isEqualTo(Status.UNKNOWN_USER);
    admin()
        .updateDomain(
            UpdateDomainRequest.newBuilder()
                .setName("catch.example")
                .setCatchAll("all@catch.example")
                .build());
    assertThat(resolve("unknown@catch.example")).isEqualTo(Status.LOCAL);
    assertThat(resolve("unknown@uncaught.example")).isEqualTo(Status.NOT_LOCAL);
    List<Domain> domains = new ArrayList<>();
    admin().listDomains(ListDomainsRequest.getDefaultInstance()).forEachRemaining(domains::add);
    assertThat(domains)
        .contains(
            Domain.newBuilder().setName("catch.example").setCatchAll("all@catch.example").build());
    admin()
        .updateDomain(
            UpdateDomainRequest.newBuilder().setName("catch.example").setCatchAll("").build());
    assertThat(resolve("unknown@catch.example")).isEqualTo(Status.UNKNOWN_USER);
  }

  private static ClientInfo client(String address) {
    return ClientInfo.newBuilder().setAddress(address).build();
  }

  private static String guess(String password, ClientInfo client) {
    return errorOf(() -> logIn("guess@ban.example", password, client));
  }

  private static List<String> bans() {
    List<String> found = new ArrayList<>();
    admin()
        .listLoginBans(ListLoginBansRequest.getDefaultInstance())
        .forEachRemaining((LoginBan ban) -> found.add(ban.getAddress()));
    return found;
  }

  @Test
  void whoGuessesPasswordsIsBannedUntilTheBanIsLifted() {
    domain("ban.example", "guess");
    for (int i = 0; i < 2; i++) {
      assertThat(guess("same", client("2001:db8:0:7::1"))).isEqualTo("AUTHENTICATION_FAILED");
    }
    // Trusted networks are not banned.
    ClientInfo trusted = client("192.0.2.1").toBuilder().setTrusted(true).build();
    for (int i = 0; i < 6; i++) {
      assertThat(guess("no" + i, trusted)).isEqualTo("AUTHENTICATION_FAILED");
    }
    for (int i = 0; i < 4; i++) {
      // From anywhere in the network.
      assertThat(guess("no" + i, client("2001:db8:0:7::" + (i + 1))))
          .isEqualTo("AUTHENTICATION_FAILED");
    }
    ClientInfo guesser = client("2001:db8:0:7:ffff::1");
    assertThat(errorOf(() -> logIn("guess@ban.example", "wing", guesser))).isEqualTo("TRY_LATER");
    assertThat(logIn("guess@ban.example", "wing", client("2001:db8:0:8::1")).getAccountId())
        .isPositive();
    assertThat(bans()).containsExactly("2001:db8:0:7:0:0:0:0");
    LiftLoginBanRequest lift =
        LiftLoginBanRequest.newBuilder().setAddress("2001:db8:0:7::5").build();
    assertThat(admin().liftLoginBan(lift).getLifted()).isTrue();
    assertThat(admin().liftLoginBan(lift).getLifted()).isFalse();
    assertThat(logIn("guess@ban.example", "wing", guesser).getAccountId()).isPositive();
    assertThat(bans()).isEmpty();
  }
}
