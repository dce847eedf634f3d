package mailwing.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mailwing.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands against a real store over TCP, found by `run.json` as in a data directory.
class AdminTest {
  private static TestStore store;

  @TempDir Path data;

  private record Outcome(int code, List<String> out, String err) {}

  @BeforeAll
  static void start() {
    store = TestStore.startOnTcp();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void writeRunFile() throws IOException {
    new RunFile(server(), TestStore.Role.ADMIN.credential(), ProcessHandle.current().pid())
        .write(data);
  }

  @Test
  void aDomainIsAddedListedAndRemoved() {
    assertThat(run("", "domain", "add", "one.test")).isEqualTo(silent());
    assertThat(run("", "domain", "list").out()).contains("one.test");
    assertThat(run("", "domain", "add", "one.test"))
        .isEqualTo(new Outcome(1, List.of(), "mailwing: one.test: the domain is there already"));
    assertThat(run("", "domain", "remove", "one.test")).isEqualTo(silent());
    assertThat(run("", "domain", "list").out()).doesNotContain("one.test");
  }

  @Test
  void aUserIsMovedToAnotherSiteAndBack() {
    run("", "domain", "add", "moved.test");
    run("secret\n", "user", "add", "ann@moved.test", "--password-stdin");
    String[] list = {"user", "list", "-l", "moved.test"};
    assertThat(run("", "user", "move", "ann@moved.test", "--site", "imap://IMAP.example.org:143/"))
        .isEqualTo(silent());
    assertThat(run("", list).out())
        .containsExactly("ann@moved.test\tenabled\t0\t0\t0\timap.example.org:143\t0\tfalse");
    assertThat(run("", "user", "move", "ann@moved.test", "--site", "imap://a b").err())
        .isEqualTo("mailwing: ann@moved.test: a site is host or host:port");
    assertThat(run("", "user", "move", "ann@moved.test", "--site", "imap.example.org").code())
        .isNotZero();
    assertThat(run("", "user", "move", "ann@moved.test", "--site", "none")).isEqualTo(silent());
    assertThat(run("", list).out())
        .containsExactly("ann@moved.test\tenabled\t0\t0\t0\there\t0\tfalse");
  }

  @Test
  void aUserIsAddedListedGivenAPasswordAndRemoved() {
    run("", "domain", "add", "two.test");
    assertThat(run("secret\n", "user", "add", "ann@two.test", "--password-stdin"))
        .isEqualTo(silent());
    assertThat(run("", "user", "list", "two.test").out()).containsExactly("ann@two.test");
    assertThat(run("", "user", "list", "-l", "two.test").out())
        .containsExactly("ann@two.test\tenabled\t0\t0\t0\there\t0\tfalse");
    assertThat(run("another\n", "user", "passwd", "ann@two.test", "--password-stdin"))
        .isEqualTo(silent());
    assertThat(run("", "domain", "remove", "two.test").err())
        .isEqualTo("mailwing: two.test is in use: remove its users and aliases first");
    assertThat(run("", "user", "remove", "ann@two.test")).isEqualTo(silent());
    assertThat(run("", "user", "list", "two.test").out()).isEmpty();
    assertThat(run("", "domain", "remove", "two.test")).isEqualTo(silent());
  }

  @Test
  void anAliasIsAddedListedAndRemoved() {
    run("", "domain", "add", "three.test");
    run("secret\n", "user", "add", "ann@three.test", "--password-stdin");
    assertThat(run("", "alias", "add", "info@three.test", "ann@three.test")).isEqualTo(silent());
    assertThat(run("", "alias", "list").out()).contains("info@three.test\tann@three.test");
    assertThat(run("", "alias", "remove", "info@three.test")).isEqualTo(silent());
    assertThat(run("", "alias", "list").out()).doesNotContain("info@three.test\tann@three.test");
  }

  @Test
  void aUsersMailGoesOnAndStops() {
    run("", "domain", "add", "seven.test");
    run("secret\n", "user", "add", "ann@seven.test", "--password-stdin");
    assertThat(run("", "user", "forward", "ann@seven.test")).isEqualTo(silent());
    assertThat(run("", "user", "forward", "ann@seven.test", "x@remote.test", "--no-copy"))
        .isEqualTo(silent());
    assertThat(run("", "user", "forward", "ann@seven.test").out())
        .containsExactly("x@remote.test", "no copy stays");
    assertThat(run("", "user", "forward", "ann@seven.test", "ann+x@seven.test").err())
        .isEqualTo("mailwing: ann@seven.test: the mail would go on to the account itself");
    assertThat(run("", "user", "forward", "ann@seven.test", "--none")).isEqualTo(silent());
    assertThat(run("", "user", "forward", "ann@seven.test").out()).isEmpty();
  }

  @Test
  void aGroupIsAddedChangedListedAndRemoved() {
    run("", "domain", "add", "six.test");
    run("secret\n", "user", "add", "ann@six.test", "--password-stdin");
    assertThat(run("", "group", "add", "team@six.test", "--title", "The Team")).isEqualTo(silent());
    assertThat(run("", "group", "member", "add", "team@six.test", "ann@six.test", "x@b.test").out())
        .containsExactly("2 changed");
    assertThat(run("", "group", "member", "add", "team@six.test", "no@six.test").err())
        .isEqualTo("mailwing: team@six.test: no@six.test is no user, alias or group here");
    assertThat(run("", "group", "member", "remove", "team@six.test", "X@b.test").out())
        .containsExactly("1 changed");
    assertThat(run("", "group", "member", "list", "team@six.test").out())
        .containsExactly("ann@six.test");
    assertThat(
            run(
                "",
                "group",
                "set",
                "team@six.test",
                "--posters",
                "named",
                "--add-poster",
                "boss@b.test",
                "--owner",
                "ann@six.test"))
        .isEqualTo(silent());
    assertThat(run("", "group", "list", "six.test").out())
        .containsExactly(
            "team@six.test\tnamed\t1\towner=ann@six.test\ttitle=The Team\tnamed=boss@b.test");
    assertThat(run("", "group", "remove", "team@six.test")).isEqualTo(silent());
    assertThat(run("", "group", "remove", "team@six.test").err())
        .isEqualTo("mailwing: team@six.test: no such group");
  }

  @Test
  void rightsOnASharedAccountAreGrantedListedAndRevoked() {
    run("", "domain", "add", "four.test");
    run("secret\n", "user", "add", "ann@four.test", "--password-stdin");
    assertThat(run("", "user", "add", "info@four.test", "--shared")).isEqualTo(silent());
    assertThat(run("", "user", "list", "-l", "four.test").out())
        .containsExactly(
            "ann@four.test\tenabled\t0\t0\t0\there\t0\tfalse",
            "info@four.test\tshared\t0\t0\t0\there\t0\tfalse");
    assertThat(run("x\n", "user", "passwd", "info@four.test", "--password-stdin").err())
        .isEqualTo("mailwing: info@four.test: nobody logs in to a shared account");
    assertThat(raw("", "user", "add", "b@four.test", "--shared", "--password-stdin").code())
        .isEqualTo(2);
    assertThat(run("", "share", "grant", "info@four.test", "INBOX", "ann@four.test", "lrs"))
        .isEqualTo(silent());
    assertThat(run("", "share", "grant", "info@four.test", "INBOX", "ann@four.test", "wi"))
        .isEqualTo(silent());
    assertThat(run("", "share", "grant", "info@four.test", "Plans/Old", "anyone", "lr").err())
        .isEqualTo("mailwing: info@four.test Plans/Old anyone: no such mailbox");
    assertThat(run("", "share", "grant", "--create", "info@four.test", "Plans/Old", "anyone", "lr"))
        .isEqualTo(silent());
    assertThat(run("", "share", "list", "info@four.test").out())
        .containsExactly("INBOX\tann@four.test\tlrswi", "Plans/Old\tanyone\tlr");
    assertThat(run("", "share", "revoke", "info@four.test", "INBOX", "ann@four.test", "w"))
        .isEqualTo(silent());
    assertThat(run("", "share", "list", "info@four.test", "INBOX").out())
        .containsExactly("INBOX\tann@four.test\tlrsi");
    assertThat(run("", "share", "revoke", "info@four.test", "INBOX", "ann@four.test"))
        .isEqualTo(silent());
    assertThat(run("", "share", "list", "info@four.test", "INBOX").out()).isEmpty();
    assertThat(raw("", "share", "grant", "info@four.test", "INBOX", "ann@four.test", "lq").code())
        .isEqualTo(2);
  }

  @Test
  void whatAUserSubmitsIsHeldShownAndTakenBack() {
    run("", "domain", "add", "five.test");
    run("wing\n", "user", "add", "ann@five.test", "--password-stdin");
    assertThat(
            run(
                "",
                "user",
                "set",
                "ann@five.test",
                "--undo-seconds",
                "600",
                "--copy-to-sent",
                "true"))
        .isEqualTo(silent());
    assertThat(run("", "user", "list", "-l", "five.test").out())
        .containsExactly("ann@five.test\tenabled\t0\t0\t0\there\t600\ttrue");
    assertThat(run("", "user", "set", "ann@five.test", "--undo-seconds", "3601").err())
        .isEqualTo("mailwing: ann@five.test: mail is held for at most 3600 s to undo");
    store.submit("ann@five.test", "HELD1", "ann@five.test", "joe@other.test");
    assertThat(run("", "queue", "list", "--sender", "ann@five.test").out().getFirst())
        .startsWith("HELD1  ")
        .contains("<ann@five.test>  held until 20");
    assertThat(run("", "queue", "take-back", "HELD1").out()).containsExactly("2 recipients");
    assertThat(run("", "queue", "take-back", "HELD1").err())
        .isEqualTo("mailwing: HELD1: the message is held no longer");
    assertThat(run("", "queue", "take-back", "NOTHING").err())
        .isEqualTo("mailwing: NOTHING: no such message was held");
    assertThat(run("", "queue", "list", "--sender", "ann@five.test").out()).isEmpty();
  }

  @Test
  void theQueueIsListedHeldReleasedSuspendedAndEmptied() {
    assertThat(run("", "queue", "list").out()).isEmpty();
    store.addUser("sender");
    store.submit("sender@example.test", "QUEUED1", "ann@elsewhere.test", "joe@other.test");
    var listed = run("", "queue", "list", "--domain", "elsewhere.test").out();
    assertThat(listed.getFirst()).startsWith("QUEUED1  ").endsWith("<sender@example.test>");
    assertThat(listed.get(1)).startsWith("    <ann@elsewhere.test>  waiting for ");
    assertThat(run("", "queue", "hold", "--id", "QUEUED1").out()).containsExactly("2 recipients");
    assertThat(run("", "queue", "show", "QUEUED1").out())
        .contains("    <ann@elsewhere.test>  held");
    assertThat(run("", "queue", "release", "--recipient", "joe@other.test").out())
        .containsExactly("1 recipient");
    assertThat(run("", "queue", "suspend", "--domain", "other.test").out())
        .containsExactly("1 recipient");
    assertThat(run("", "queue", "suspended").out()).containsExactly("domain other.test");
    assertThat(run("", "queue", "resume", "--domain", "other.test").out())
        .containsExactly("1 recipient");
    assertThat(run("", "queue", "delete").err())
        .isEqualTo(
            "mailwing: queue: say what is meant: an id, a domain, a sender, a recipient, or all");
    assertThat(run("", "queue", "delete", "--all").out()).containsExactly("2 recipients");
    assertThat(run("", "queue", "list").out()).isEmpty();
    assertThat(run("", "queue", "show", "QUEUED1").out()).contains("    <joe@other.test>  deleted");
    assertThat(run("", "queue", "show", "NOTHING").err())
        .isEqualTo("mailwing: no message NOTHING is in the queue or remembered");
  }

  @Test
  void keysAreMadeShownReplacedAndRetired() {
    run("", "domain", "add", "five.test");
    var made = run("", "dkim", "add", "five.test", "--wait", "PT0S").out();
    assertThat(made).hasSize(4);
    assertThat(made.get(0))
        .startsWith("; publish this; it signs once the DNS shows it, not before");
    assertThat(made.get(3))
        .matches(
            "[0-9]{8}r\\._domainkey\\.five\\.test\\. IN TXT"
                + " \\( \"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{237}\" \"[A-Za-z0-9+/=]{155}\" \\)");
    assertThat(made.get(1))
        .matches(
            "[0-9]{8}e\\._domainkey\\.five\\.test\\. IN TXT"
                + " \\( \"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=\" \\)");
    assertThat(run("", "dkim", "show", "five.test").out()).contains(made.get(3), made.get(1));
    assertThat(run("", "dns", "five.test", "--mx", "mx.five.test").out())
        .contains("five.test. IN MX 10 mx.five.test.", made.get(3), made.get(1));
    assertThat(run("", "dkim", "add", "five.test", "--algorithm", "rsa").err())
        .isEqualTo("mailwing: five.test: a new key waits for the DNS to show it already");
    assertThat(run("", "dkim", "rotate", "five.test").err())
        .isEqualTo("mailwing: five.test: the domain has no active key");
    var selector = made.get(3).split("\\.", -1)[0];
    assertThat(run("", "dkim", "list", "five.test").out().getLast())
        .startsWith("five.test\t" + selector + "\trsa\tpublished\t20");
    assertThat(run("", "dkim", "retire", "five.test", selector)).isEqualTo(silent());
    assertThat(run("", "dkim", "list", "five.test").out()).hasSize(1);
    assertThat(run("", "dkim", "retire", "five.test", selector).err())
        .isEqualTo("mailwing: five.test: the domain has no key of this selector");
    assertThat(
            run("", "dkim", "add", "five.test", "--algorithm=rsa", "--selector=mail").out().get(1))
        .startsWith("mail._domainkey.five.test. IN TXT (");
    assertThat(run("", "dkim", "add", "nowhere.test").code()).isEqualTo(1);
  }

  @Test
  void aUserOfAnUnknownDomainIsRefusedInOneLine() {
    assertThat(run("secret\n", "user", "add", "x@nowhere.test", "--password-stdin").err())
        .isEqualTo("mailwing: x@nowhere.test: its domain is not known: add it with `domain add`");
  }

  @Test
  void whatAnAddressLeadsToIsNamedWhereItIsMissing() {
    run("", "domain", "add", "led.test");
    assertThat(run("", "alias", "add", "a@led.test", "Gone@led.test").err())
        .isEqualTo(
            "mailwing: a@led.test: the target Gone@led.test is no user, alias or group here");
    assertThat(run("", "domain", "set", "led.test", "--catch-all", "gone@led.test").err())
        .isEqualTo(
            "mailwing: led.test: the catch-all gone@led.test is neither a user nor an alias here");
    assertThat(run("", "domain", "set", "led.test", "--add-alias", TestStore.DOMAIN).err())
        .isEqualTo(
            "mailwing: led.test: " + TestStore.DOMAIN + " is a domain already, or an alias of one");
  }

  @Test
  void aMissingUserIsSaidInOneLine() {
    assertThat(run("secret\n", "user", "passwd", "no@example.test", "--password-stdin").err())
        .isEqualTo("mailwing: no@example.test: no user has this address");
  }

  @Test
  void anEmptyPasswordIsNone() {
    assertThat(run("\n", "user", "add", "x@example.test", "--password-stdin").err())
        .isEqualTo("mailwing: an empty password is none");
  }

  @Test
  void aServerIsNamedWithACredentialFile() throws IOException {
    var credential = Files.writeString(data.resolve("c"), TestStore.Role.ADMIN.credential() + "\n");
    assertThat(
            raw("", "domain", "list", "--server", server(), "--credential-file", credential + "")
                .out())
        .contains(TestStore.DOMAIN);
    assertThat(raw("", "domain", "list", "--server", server()).err())
        .isEqualTo("mailwing: --server needs --credential-file FILE");
  }

  @Test
  void aWrongCredentialAndOneOfAGatewayAreRefused() throws IOException {
    var wrong = Files.writeString(data.resolve("w"), "mwa_wrong\n");
    assertThat(raw("", "domain", "list", "--server", server(), "--credential-file", wrong + ""))
        .isEqualTo(
            new Outcome(
                1,
                List.of(),
                "mailwing: "
                    + server()
                    + " does not know this credential: check --data or --credential-file"));
    var gateway = Files.writeString(data.resolve("g"), TestStore.Role.IMAP.credential() + "\n");
    assertThat(raw("", "domain", "list", "--server", server(), "--credential-file", gateway + ""))
        .isEqualTo(
            new Outcome(
                1, List.of(), "mailwing: this credential may not do that: use an administrator's"));
  }

  @Test
  void aDirectoryWhereNothingRunsIsSaidInOneLine() {
    var nothing = data.resolve("nothing");
    assertThat(raw("", "domain", "list", "--data", nothing.toString()).err())
        .isEqualTo(
            "mailwing: no Mailwing runs in "
                + nothing
                + " (no run.json): start it with `mailwing up`, or name it with --data DIR or"
                + " --server HOST:PORT");
  }

  @Test
  void aCommandLineThatIsWrongEndsWithTwo() {
    assertThat(raw("", "user", "bogus", "--data", "x"))
        .isEqualTo(
            new Outcome(
                2,
                List.of(),
                "mailwing: there is no `mailwing user bogus`; see `mailwing user --help`"));
    assertThat(raw("", "user").code()).isEqualTo(2);
    assertThat(raw("").code()).isEqualTo(2);
  }

  @Test
  void whatBecameOfAMessageIsTold() {
    run("", "domain", "add", "traced.test");
    run("secret\n", "user", "add", "ann@traced.test", "--password-stdin");
    store.deliver(
        "ann@traced.test",
        "Subject: hidden\r\nMessage-ID: <one@traced.test>\r\n\r\nx\r\n"
            .getBytes(StandardCharsets.UTF_8));
    var told = run("", "trace", "ann@traced.test").out();
    assertThat(told)
        .hasSize(3)
        .allMatch(
            line ->
                line.matches(
                    "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} [+-]\\d\\d:\\d\\d  .*"));
    assertThat(told.getFirst())
        .endsWith("from <sender@example.org>  Message-ID <one@traced.test>")
        .doesNotContain("hidden");
    assertThat(told.get(1)).contains("  accepted by ");
    assertThat(told.get(2))
        .contains("  delivered <ann@traced.test> to ann@traced.test INBOX UID 1 (UIDVALIDITY ");
    assertThat(run("", "trace", "<one@traced.test>").out()).isEqualTo(told);
    assertThat(run("", "trace", "sender@example.org", "--sent", "--since", "1h").out())
        .containsAll(told);
    assertThat(run("", "trace", "<one@traced.test>", "--json").out())
        .hasSize(1)
        .allMatch(line -> line.startsWith("{") && line.contains("\"kind\":\"DELIVERED\""));
    assertThat(run("", "trace", "ann@traced.test", "--sent"))
        .isEqualTo(
            new Outcome(
                1,
                List.of(),
                "mailwing: nothing is known of ann@traced.test in that time; see --since"));
    assertThat(raw("", "trace", "ann@traced.test", "--since", "often").code()).isEqualTo(2);
  }

  private static Outcome silent() {
    return new Outcome(0, List.of(), "");
  }

  private static String server() {
    return "127.0.0.1:" + store.grpcPort();
  }

  private Outcome run(String input, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString()));
    return raw(input, all.toArray(String[]::new));
  }

  private static Outcome raw(String input, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      var code =
          Admin.commandLine(new Admin())
              .setOut(new PrintWriter(out, true))
              .setErr(new PrintWriter(err, true))
              .execute(arguments);
      return new Outcome(code, out.toString().lines().toList(), err.toString().strip());
    } finally {
      System.setIn(before);
    }
  }
}
