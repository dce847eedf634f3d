package mailwing.store.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.store.Referral;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.AliasRows;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.ForwardRows;
import mailwing.store.persistence.GroupRows;
import mailwing.store.v1.ErrorCode;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Passwords, tokens and addresses on a real database.
final class LoginsTest {
  private static volatile Duration ahead = Duration.ZERO;
  private static Database database;
  private static DirectoryStore store;
  private static CredentialStore credentials;
  private static Passwords passwords;
  private static Tokens tokens;
  private static Logins logins;
  private static Directory directory;
  private static Administration administration;
  private static OnwardAdministration onward;

  @BeforeAll
  static void open() {
    EmbeddedPostgres.Database fresh = EmbeddedPostgres.shared().newDatabase();
    database =
        Database.open(StoreConfig.Database.of(fresh.jdbcUrl(), fresh.user(), fresh.password()));
    store = new DirectoryStore(database);
    credentials = new CredentialStore(database.client());
    passwords = new Passwords(2);
    tokens = tokens();
    DomainRules domains = new DomainRules(database);
    logins =
        new Logins(
            store,
            new AliasRows(database),
            domains,
            credentials,
            passwords,
            tokens,
            StoreConfig.Logins.defaults());
    directory =
        new Directory(
            store,
            domains,
            new ForwardRows(database),
            new GroupRows(database),
            new Srs(new byte[32], InstantSource.system()),
            new StoreConfig.Addresses(
                "+", Optional.of("chief@a.example"), Duration.ofMinutes(1), List.of()));
    administration =
        new Administration(store, domains, directory, passwords, new ApiKeys(credentials));
    onward =
        new OnwardAdministration(
            store,
            new AliasRows(database),
            new ForwardRows(database),
            new GroupRows(database),
            directory,
            false);
    administration.addDomain("a.example");
    user("chief");
  }

  private static Tokens tokens() {
    InstantSource clock = () -> InstantSource.system().instant().plus(ahead);
    return new Tokens(credentials, clock, Duration.ofMinutes(10), Duration.ofDays(30));
  }

  @AfterAll
  static void close() {
    database.close();
  }

  private static long user(String local) {
    return administration.addUser(local + "@a.example", bytes("wing"), Limits.NONE);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ErrorCode code(ThrowingCallable call) {
    try {
      call.call();
    } catch (StoreException e) {
      return e.code();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return ErrorCode.ERROR_CODE_UNSPECIFIED;
  }

  @Test
  void unknownUserCostsTheSameWorkAsAWrongPassword() {
    user("timing");
    long before = passwords.hashes();
    assertThat(code(() -> logins.byPassword("", "timing@a.example", bytes("wrong"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    long wrong = passwords.hashes() - before;
    before = passwords.hashes();
    assertThat(code(() -> logins.byPassword("", "nobody@a.example", bytes("wrong"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(code(() -> logins.byPassword("", "not an address", bytes("wrong"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(wrong).isEqualTo(1);
    assertThat(passwords.hashes() - before).isEqualTo(2);
  }

  @Test
  void rightPasswordIsRememberedUntilItChanges() {
    user("again");
    logins.byPassword("", "again@a.example", bytes("wing"));
    long before = passwords.hashes();
    assertThat(logins.byPassword("again@a.example", "AGAIN@A.example", bytes("wing")).address())
        .isEqualTo("again@a.example");
    assertThat(passwords.hashes()).isEqualTo(before);
    administration.setPassword("again@a.example", bytes("other"));
    assertThat(code(() -> logins.byPassword("", "again@a.example", bytes("wing"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(logins.byPassword("", "again@a.example", bytes("other")).enabled()).isTrue();
  }

  @Test
  void loginsAtOnceBeyondTheRushAreRefusedAndCostNothing() throws Exception {
    StoreConfig.Logins defaults = StoreConfig.Logins.defaults();
    Logins small =
        new Logins(
            store,
            new AliasRows(database),
            new DomainRules(database),
            credentials,
            passwords,
            tokens,
            new StoreConfig.Logins(
                defaults.tokenLife(),
                defaults.keyLife(),
                defaults.rememberPassword(),
                1,
                Optional.empty(),
                Optional.empty()));
    user("rush");
    long before = passwords.hashes();
    List<Future<ErrorCode>> answers = new ArrayList<>();
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 700; i++) {
        answers.add(
            threads.submit(
                () -> {
                  go.await();
                  return code(() -> small.byPassword("", "rush@a.example", bytes("wing")));
                }));
      }
      go.countDown();
    }
    for (Future<ErrorCode> answer : answers) {
      // Whether more than 500 are there at a time is up to the machine.
      assertThat(answer.get()).isIn(ErrorCode.ERROR_CODE_UNSPECIFIED, ErrorCode.UNAVAILABLE);
    }
    assertThat(answers.stream().filter(a -> a.resultNow() == ErrorCode.ERROR_CODE_UNSPECIFIED))
        .hasSizeGreaterThanOrEqualTo(500);
    assertThat(passwords.hashes() - before).isEqualTo(1);
  }

  @Test
  void disabledAccountIsToldOnlyToWhoKnowsThePassword() {
    user("off");
    administration.setEnabled(administration.user("off@a.example"), false);
    assertThat(code(() -> logins.byPassword("", "off@a.example", bytes("guess"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(code(() -> logins.byPassword("", "off@a.example", bytes("wing"))))
        .isEqualTo(ErrorCode.ACCOUNT_DISABLED);
  }

  @Test
  void accountElsewhereIsToldOnlyToWhoKnowsThePassword() {
    user("moved");
    AccountRow here = logins.byPassword("", "moved@a.example", bytes("wing"));
    Tokens.Claims claims =
        tokens.verifyForRenewal(tokens.issue(here.accountId(), here.credentialVersion(), 12));
    administration.setHomeSite(here, "IMAP.other.Example:1143");
    assertThat(code(() -> logins.byPassword("", "moved@a.example", bytes("guess"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThatThrownBy(() -> logins.byPassword("", "MOVED@a.example", bytes("wing")))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.ACCOUNT_ELSEWHERE);
              assertThat(e.referral())
                  .isEqualTo(new Referral("imap.other.example:1143", "moved@a.example"));
            });
    assertThat(code(() -> logins.renew(claims))).isEqualTo(ErrorCode.CREDENTIAL_REVOKED);
    administration.setHomeSite(administration.user("moved@a.example"), "");
    assertThat(logins.renew(claims).homeSite()).isEmpty();
    assertThat(logins.byPassword("", "moved@a.example", bytes("wing")).homeSite()).isEmpty();
  }

  @Test
  void siteIsAHostAndMaybeAPort() {
    assertThat(Sites.canonical("IMAP.Example.ORG")).contains("imap.example.org");
    assertThat(Sites.canonical("m\u00fcnchen.example:143")).contains("xn--mnchen-3ya.example:143");
    assertThat(Sites.canonical("192.0.2.1:143")).contains("192.0.2.1:143");
    for (String wrong :
        List.of(
            "",
            ":143",
            "a b",
            "host:",
            "host:0",
            "host:65536",
            "host:x",
            "me@host",
            "host/x",
            "::1",
            "[2001:db8::1]",
            "[1.2.3.4]",
            "[::1",
            "host]",
            "a\r\nb",
            "x".repeat(2000))) {
      assertThat(Sites.canonical(wrong)).as(wrong).isEmpty();
    }
  }

  @Test
  void userActsAsItselfOnly() {
    user("me");
    assertThat(code(() -> logins.byPassword("chief@a.example", "me@a.example", bytes("wing"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
  }

  @Test
  void equivalentUnicodePasswordsAreOne() {
    administration.addUser("uni@a.example", bytes("e\u0301te\u0301\u00a0x"), Limits.NONE);
    assertThat(logins.byPassword("", "uni@a.example", bytes("\u00e9t\u00e9 x")).enabled()).isTrue();
    assertThat(code(() -> administration.setPassword("uni@a.example", new byte[] {(byte) 0xff})))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(code(() -> administration.setPassword("uni@a.example", bytes("a\u0007"))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void accountWithoutAPasswordCannotLogIn() {
    administration.addUser("none@a.example", new byte[0], Limits.NONE);
    assertThat(code(() -> logins.byPassword("", "none@a.example", bytes(""))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(code(() -> logins.byPassword("", "none@a.example", bytes("x"))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
  }

  @Test
  void nobodyLogsInToASharedAccount() {
    administration.addSharedAccount("shared@a.example", Limits.NONE);
    assertThat(code(() -> logins.byPassword("", "shared@a.example", bytes(""))))
        .isEqualTo(ErrorCode.AUTHENTICATION_FAILED);
    assertThat(code(() -> administration.setPassword("shared@a.example", bytes("wing"))))
        .isEqualTo(ErrorCode.CANNOT);
  }

  @Test
  void tokenOfOneStoreIsGoodAtAnotherAndExpires() {
    AccountRow account = store.account(user("token")).orElseThrow();
    Tokens other = tokens();
    String token = tokens.issue(account.accountId(), account.credentialVersion(), 12);
    assertThat(other.verify(token).accountId()).isEqualTo(account.accountId());
    assertThat(other.verify(token).scopes()).isEqualTo(12);
    try {
      ahead = Duration.ofMinutes(11);
      assertThat(code(() -> other.verify(token))).isEqualTo(ErrorCode.CREDENTIAL_EXPIRED);
      assertThat(logins.renew(other.verifyForRenewal(token)).accountId())
          .isEqualTo(account.accountId());
      ahead = Duration.ofHours(25);
      assertThat(code(() -> other.verifyForRenewal(token))).isEqualTo(ErrorCode.CREDENTIAL_EXPIRED);
    } finally {
      ahead = Duration.ZERO;
    }
  }

  @Test
  void everyChangedOctetMakesATokenInvalid() {
    String token = tokens.issue(1, 1, 12);
    for (int i = 0; i < token.length(); i++) {
      char other = token.charAt(i) == 'A' ? 'B' : 'A';
      String changed = token.substring(0, i) + other + token.substring(i + 1);
      // The last character carries two bits that are not used.
      if (i < token.length() - 1) {
        assertThatThrownBy(() -> tokens.verify(changed)).isInstanceOf(StoreException.class);
      }
    }
    for (String bad : new String[] {"", "mwt_", "mwt_!", token + "A", token.substring(0, 40)}) {
      assertThat(code(() -> tokens.verify(bad))).isEqualTo(ErrorCode.CREDENTIAL_INVALID);
    }
  }

  @Test
  void newKeySignsAndTheOldOneStillVerifies() throws Exception {
    String before = tokens.issue(5, 1, 0);
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("UPDATE token_key SET created_at = now() - interval '31 days'");
    }
    tokens.rotate();
    assertThat(tokens.verify(before).accountId()).isEqualTo(5);
    assertThat(credentials.tokenKeys()).hasSizeGreaterThan(1);
    assertThat(tokens.verify(tokens.issue(6, 1, 0)).accountId()).isEqualTo(6);
  }

  @Test
  void changedPasswordOrRemovalRefusesRenewal() {
    AccountRow account = store.account(user("renew")).orElseThrow();
    Tokens.Claims claims =
        tokens.verify(tokens.issue(account.accountId(), account.credentialVersion(), 0));
    assertThat(logins.renew(claims).address()).isEqualTo("renew@a.example");
    administration.setPassword("renew@a.example", bytes("new"));
    assertThat(code(() -> logins.renew(claims))).isEqualTo(ErrorCode.CREDENTIAL_REVOKED);
    administration.removeUser("renew@a.example");
    assertThat(code(() -> logins.renew(claims))).isEqualTo(ErrorCode.CREDENTIAL_REVOKED);
  }

  @Test
  void addressesResolveThroughCaseDetailAndAliases() {
    long alice = user("Alice");
    long bob = user("bob");
    assertThat(directory.resolve("aLiCe@A.EXAMPLE")).isEqualTo(local(alice, "Alice", ""));
    assertThat(directory.resolve("alice+News@a.example")).isEqualTo(local(alice, "Alice", "News"));
    assertThat(directory.resolve("nobody@a.example")).isEqualTo(new Resolution.UnknownUser());
    assertThat(directory.resolve("alice@elsewhere.example")).isEqualTo(new Resolution.NotLocal());
    for (String odd : new String[] {"", "alice", "@a.example", "alice@[127.0.0.1]", "a@b@"}) {
      assertThat(directory.resolve(odd)).as(odd).isNotInstanceOf(Resolution.Local.class);
    }

    onward.addAlias("team@a.example", java.util.List.of("alice@a.example", "bob@a.example"));
    onward.addAlias("all@a.example", java.util.List.of("team@a.example", "bob@a.example"));
    Resolution all = directory.resolve("all@a.example");
    assertThat(all)
        .isEqualTo(
            new Resolution.Local(
                java.util.List.of(
                    new Resolution.Target(alice, "Alice@a.example", ""),
                    new Resolution.Target(bob, "bob@a.example", ""))));
    administration.setEnabled(administration.user("bob@a.example"), false);
    assertThat(directory.resolve("all@a.example")).isEqualTo(local(alice, "Alice", ""));
    assertThat(directory.resolve("bob@a.example")).isEqualTo(new Resolution.Disabled());
    assertThat(logins.senderAddresses(administration.user("alice@a.example")))
        .containsExactly("all@a.example", "team@a.example");
    onward.removeAlias("team@a.example");
    assertThat(directory.resolve("all@a.example")).isEqualTo(new Resolution.Disabled());
  }

  @Test
  void postmasterAlwaysReachesSomeone() {
    Resolution chief = directory.resolve("chief@a.example");
    assertThat(directory.resolve("PostMaster")).isEqualTo(chief);
    assertThat(directory.resolve("postmaster@a.example")).isEqualTo(chief);
    assertThat(directory.resolve("postmaster@elsewhere.example"))
        .isEqualTo(new Resolution.NotLocal());
  }

  @Test
  void internationalAddressesCompareNormalised() {
    administration.addDomain("b\u00fccher.example");
    long id = administration.addUser("Jos\u00e9@b\u00fccher.example", bytes("wing"), Limits.NONE);
    Resolution found = directory.resolve("jose\u0301@xn--bcher-kva.example");
    assertThat(found)
        .isEqualTo(
            new Resolution.Local(
                java.util.List.of(new Resolution.Target(id, "Jos\u00e9@b\u00fccher.example", ""))));
  }

  private static Resolution local(long id, String name, String detail) {
    return new Resolution.Local(
        java.util.List.of(new Resolution.Target(id, name + "@a.example", detail)));
  }
}
