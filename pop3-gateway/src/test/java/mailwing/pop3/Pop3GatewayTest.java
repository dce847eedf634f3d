package mailwing.pop3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.Transcript;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Pop3GatewayTest {
  private static final Networks LOOPBACK = Networks.parse(List.of("127.0.0.0/8", "::1"));

  private final AtomicInteger users = new AtomicInteger();
  private TestStore store;
  private StoreClient client;
  private final List<Pop3Gateway> others = new ArrayList<>();
  private Pop3Gateway trusting;
  private Pop3Gateway strict;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    client = store.client(TestStore.Role.POP3);
    trusting = gateway(LOOPBACK);
    strict = gateway(Networks.none());
  }

  @AfterAll
  void stop() {
    others.forEach(Pop3Gateway::close);
    trusting.close();
    strict.close();
    client.close();
    store.close();
  }

  private Pop3Gateway gateway(Networks trusted) throws IOException {
    return gateway(trusted, MaildropRules.DEFAULTS);
  }

  /// The port of one that has its own way with maildrops.
  private int other(Duration hold, Duration loginDelay, boolean refuseUtf8) throws IOException {
    Pop3Gateway gateway = gateway(LOOPBACK, new MaildropRules(true, hold, loginDelay, refuseUtf8));
    others.add(gateway);
    return gateway.port("pop3");
  }

  private Pop3Gateway gateway(Networks trusted, MaildropRules maildrops) throws IOException {
    List<ListenerConfig> listeners =
        List.of(
            new ListenerConfig("pop3", "127.0.0.1", 0, Encryption.STARTTLS, false),
            new ListenerConfig("pop3s", "127.0.0.1", 0, Encryption.IMPLICIT, false));
    Pop3Config defaults = Pop3Config.defaults(listeners, ConnectionConfig.defaults(trusted));
    SessionLimits limits =
        new SessionLimits(
            Duration.ofMinutes(1), Duration.ofMinutes(1), 100_000, 3, 100_000, Duration.ZERO);
    return Pop3Gateway.start(
        new Pop3Config(
            listeners,
            defaults.connections(),
            limits,
            defaults.mechanisms(),
            maildrops,
            defaults.bodyCache()),
        client,
        Optional.of(TestTls.shared().material()),
        new Metrics());
  }

  /// RFC 1939, 2449, 2595, 3206, 5034: one file for each thing shown.
  @TestFactory
  Stream<DynamicTest> transcripts() throws IOException {
    return Transcript.tests(
        Path.of("src/test/transcripts"),
        new Transcript.Setting(
            Map.of(
                "pop3", trusting.port("pop3"),
                "pop3s", trusting.port("pop3s"),
                "strict", strict.port("pop3"),
                "strict-s", strict.port("pop3s"),
                "several", other(Duration.ZERO, Duration.ZERO, false),
                "brief", other(Duration.ofSeconds(6), Duration.ZERO, false),
                "delayed", other(Duration.ofMinutes(1), Duration.ofHours(1), false),
                "ascii", other(Duration.ofMinutes(1), Duration.ZERO, true)),
            TestTls.shared().clientContext(),
            Map.of(),
            Map.of(
                // A fresh account; the variable `user` is its address.
                "user",
                (arguments, variables) -> variables.put("user", user()),
                "deliver",
                (arguments, variables) ->
                    store.deliver(
                        value(variables, "user"),
                        value(variables, arguments.getFirst())
                            .getBytes(StandardCharsets.ISO_8859_1)),
                "home-site",
                (arguments, variables) ->
                    store
                        .directory()
                        .updateUser(
                            UpdateUserRequest.newBuilder()
                                .setAddress(value(variables, "user"))
                                .setHomeSite(arguments.getFirst())
                                .build()),
                "wait",
                (arguments, variables) -> Thread.sleep(Long.parseLong(arguments.getFirst())),
                "password",
                (arguments, variables) ->
                    store.setPassword(value(variables, "user"), arguments.getFirst()))));
  }

  private static String value(Map<String, String> variables, String name) {
    return Objects.requireNonNull(variables.get(name), name);
  }

  private String user() {
    return store.addUser("user" + users.incrementAndGet()).getAddress();
  }

  private static String message(int number, int lines) {
    StringBuilder text = new StringBuilder("Subject: message ").append(number).append("\r\n\r\n");
    for (int i = 0; i < lines; i++) {
      text.append("line ").append(i).append(" of message ").append(number).append("\r\n");
    }
    return text.toString();
  }

  private TranscriptClient login(String user) throws IOException {
    TranscriptClient pop3 = TranscriptClient.connect(trusting.port("pop3"));
    pop3.send("USER " + user + "\r\nPASS wing\r\n");
    assertThat(pop3.line()).startsWith("+OK");
    assertThat(pop3.line()).startsWith("+OK");
    assertThat(pop3.line()).startsWith("+OK");
    return pop3;
  }

  @Test
  void pipelinedRetrievalsAnswerInOrderWithExactOctets() throws IOException {
    String user = user();
    List<String> messages = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      // Some larger than what is read ahead whole.
      String message = message(i, i % 20 == 0 ? 20_000 : 3 + i);
      messages.add(message);
      store.deliver(user, message.getBytes(StandardCharsets.ISO_8859_1));
    }
    try (TranscriptClient pop3 = login(user)) {
      StringBuilder commands = new StringBuilder();
      for (int i = 1; i <= 40; i++) {
        commands.append("RETR ").append(i).append("\r\n");
      }
      commands.append("RETR 41\r\nRETR 7\r\nTOP 40 1\r\nQUIT\r\n");
      pop3.send(commands.toString());
      for (int i = 1; i <= 40; i++) {
        assertThat(pop3.line()).isEqualTo("+OK " + messages.get(i - 1).length() + " octets");
        assertThat(pop3.multiline()).isEqualTo(messages.get(i - 1));
      }
      assertThat(pop3.line()).startsWith("-ERR");
      assertThat(pop3.line()).startsWith("+OK");
      assertThat(pop3.multiline()).isEqualTo(messages.get(6));
      assertThat(pop3.line()).startsWith("+OK");
      assertThat(pop3.multiline()).isEqualTo(message(40, 1));
      assertThat(pop3.line()).startsWith("+OK");
      pop3.expectEnd();
    }
  }

  @Test
  void everyMalformedLineIsRefusedInEveryState() throws IOException {
    String user = user();
    store.deliver(user, message(1, 1).getBytes(StandardCharsets.ISO_8859_1));
    List<String> bad = new ArrayList<>();
    for (String keyword :
        "USER PASS AUTH STLS CAPA QUIT STAT LIST UIDL RETR DELE TOP NOOP RSET LAST APOP X"
            .split(" ", -1)) {
      for (String argument :
          List.of(
              "\u0000",
              "-1",
              "1 2 3",
              "99999999999999999999999",
              "\u00ff\u00fe",
              "1\r2",
              "x y z")) {
        if (!keyword.equals("PASS")
            && !(keyword.equals("USER")
                && !argument.matches("\\A[\u0000-\u001f\u00ff\u00fe1\r2]+\\z"))) {
          bad.add(keyword + " " + argument);
        }
      }
    }
    bad.removeIf(line -> line.equals("USER -1") || line.equals("AUTH -1"));
    Random random = new Random(20260101);
    for (int i = 0; i < 300; i++) {
      StringBuilder noise = new StringBuilder("~");
      for (int j = random.nextInt(60); j > 0; j--) {
        char c = (char) random.nextInt(256);
        noise.append(c == '\n' ? ' ' : c);
      }
      bad.add(noise.toString().replaceAll("\r$", ""));
    }
    bad.add("X".repeat(10_000));
    for (boolean loggedIn : new boolean[] {false, true}) {
      try (TranscriptClient pop3 =
          loggedIn ? login(user) : TranscriptClient.connect(trusting.port("pop3"))) {
        if (!loggedIn) {
          pop3.line();
        }
        for (String line : bad) {
          pop3.send(line + "\r\n");
          assertThat(pop3.line()).as("%s", line).startsWith("-ERR");
        }
        pop3.send("CAPA\r\n");
        assertThat(pop3.line()).startsWith("+OK");
        assertThat(pop3.multiline()).contains("UIDL");
        if (loggedIn) {
          pop3.send("STAT\r\n");
          assertThat(pop3.line()).startsWith("+OK 1 ");
        }
      }
    }
  }

  @Test
  void endlessLineEndsTheSession() throws IOException {
    try (TranscriptClient pop3 = TranscriptClient.connect(trusting.port("pop3"))) {
      pop3.line();
      pop3.send("X".repeat(70_000));
      assertThat(pop3.line()).startsWith("-ERR");
      pop3.expectEnd();
    }
  }
}
