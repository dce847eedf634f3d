package mailwing.pop3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Octets of all kinds in every state of a session: each status line is in the grammar, each
/// session ends, and none takes the gateway along (RFC 1939 §3).
final class HostilePop3ClientTest {
  private static final long SEED = 6;

  /// Thirty thousand take about an hour.
  private static final int ROUNDS = Integer.getInteger("mailwing.hostile", 150);

  private static final String LOGIN = "USER eve@example.test\r\nPASS wing\r\n";
  private static final List<String> STATES =
      List.of(
          "",
          "USER eve@example.test\r\n",
          "AUTH PLAIN\r\n",
          "AUTH LOGIN\r\nYQ==\r\n",
          "AUTH SCRAM-SHA-256 biwsbj1ldmVAZXhhbXBsZS50ZXN0LHI9YWJj\r\n",
          LOGIN,
          LOGIN + "DELE 1\r\n",
          LOGIN + "RETR 1\r\nTOP 1 0\r\n",
          LOGIN + "LIST\r\nUIDL\r\nRSET\r\n");
  private static final List<String> PIECES =
      List.of(
          "USER ",
          "PASS ",
          "AUTH ",
          "PLAIN",
          "STLS",
          "CAPA",
          "LANG ",
          "QUIT",
          "STAT",
          "LIST ",
          "UIDL ",
          "RETR ",
          "TOP ",
          "DELE ",
          "NOOP",
          "RSET",
          "LAST",
          "APOP x y",
          "1",
          "0",
          "-1",
          "99999999999999999999",
          " ",
          " ",
          "*",
          "=",
          "en",
          "eve@example.test",
          "\r\n",
          "\r\n",
          "\r\n",
          "\n",
          "\r",
          "\0",
          ".",
          "é",
          "\u00ff");

  @Test
  void everySessionEndsAndTheGatewayLives() throws IOException {
    Random random = new Random(SEED);
    Metrics metrics = new Metrics();
    try (TestStore store = TestStore.start();
        StoreClient client = store.client(TestStore.Role.POP3);
        Pop3Gateway gateway = gateway(client, metrics)) {
      store.addUser("eve");
      store.deliver(
          "eve@example.test",
          "Subject: x\r\n\r\n.\r\n..\n.\r\nx".getBytes(StandardCharsets.US_ASCII));
      for (int round = 0; round < ROUNDS; round++) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port("pop3"))) {
          socket.setSoTimeout(20_000);
          socket.getOutputStream().write(attack(STATES.get(round % STATES.size()), random));
          socket.shutdownOutput();
          String all =
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
          assertThat(all).as("round %s", round).startsWith("+OK ");
          assertThat(unframed(all)).as("round %s", round).isEmpty();
        } catch (SocketException e) {
          // Closed after QUIT or too many errors while there was more to read.
        }
      }
      Awaitility.await()
          .untilAsserted(() -> assertThat(metrics.exposition()).contains("mail_connections 0"));
    }
  }

  /// What is not a status line, a challenge, or within a multi-line response; nothing after a
  /// handshake began.
  private static String unframed(String all) {
    String rest = all;
    while (!rest.isEmpty()) {
      int end = rest.indexOf("\r\n");
      if (end < 0 || end > 510) {
        return rest;
      }
      String line = rest.substring(0, end);
      rest = rest.substring(end + 2);
      if (line.startsWith("+OK Begin TLS")) {
        return "";
      }
      if (line.matches("-ERR.*|\\+ [A-Za-z0-9+/=]*|\\+OK [0-9]+ [0-9]+(?:\\.[0-9]+)?|\\+OK")
          && !isMultiLine(line, rest)) {
        continue;
      }
      if (!line.startsWith("+OK")) {
        return line;
      }
      if (isMultiLine(line, rest)) {
        int dot = rest.startsWith(".\r\n") ? 0 : rest.indexOf("\r\n.\r\n") + 2;
        if (dot == 1) {
          return rest;
        }
        rest = rest.substring(dot + 3);
      }
    }
    return "";
  }

  private static boolean isMultiLine(String line, String rest) {
    return line.startsWith("+OK Capabilities")
        || line.startsWith("+OK Languages")
        || line.matches("\\+OK [0-9]+ messages \\(.*|\\+OK [0-9]+ octets|\\+OK Top.*")
        // UIDL and AUTH say nothing more.
        || (line.equals("+OK") && !rest.matches("(?s)[+-].*|"));
  }

  private static Pop3Gateway gateway(StoreClient client, Metrics metrics) throws IOException {
    List<ListenerConfig> listeners =
        List.of(new ListenerConfig("pop3", "127.0.0.1", 0, Encryption.STARTTLS, false));
    Pop3Config defaults =
        Pop3Config.defaults(
            listeners, ConnectionConfig.defaults(Networks.parse(List.of("127.0.0.0/8"))));
    return Pop3Gateway.start(
        new Pop3Config(
            listeners,
            defaults.connections(),
            new SessionLimits(
                Duration.ofSeconds(20), Duration.ofSeconds(20), 50, 5, 1000, Duration.ZERO),
            defaults.mechanisms(),
            new MaildropRules(true, Duration.ZERO, Duration.ZERO, false),
            defaults.bodyCache()),
        client,
        Optional.of(TestTls.shared().material()),
        metrics);
  }

  private static byte[] attack(String state, Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(state.getBytes(StandardCharsets.ISO_8859_1));
    for (int i = random.nextInt(60); i >= 0; i--) {
      switch (random.nextInt(12)) {
        case 0 -> {
          byte[] noise = new byte[random.nextInt(300)];
          random.nextBytes(noise);
          out.writeBytes(noise);
        }
        case 1 ->
            out.writeBytes("x".repeat(random.nextInt(9000)).getBytes(StandardCharsets.US_ASCII));
        default ->
            out.writeBytes(
                PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }
}
