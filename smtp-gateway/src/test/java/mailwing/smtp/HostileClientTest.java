package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import mailwing.smtp.session.SmtpLimits;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Octets of all kinds in every state of a session: each reply is in the grammar, each session
/// ends, and none takes the gateway along (RFC 5321 §4.2, §7.8).
final class HostileClientTest {
  /// A hundred thousand take about an hour.
  private static final int ROUNDS = Integer.getInteger("mailwing.hostile", 300);

  /// XCLIENT is answered by 220 too, with another greeting.
  private static final String TLS_READY = "220 2.0.0 ";

  private static final int TLS_ALERT = 21;

  /// What brings a session into each of its states.
  private static final List<String> STATES =
      List.of(
          "",
          "HELO c\r\n",
          "EHLO c\r\n",
          "LHLO c\r\n",
          "EHLO c\r\nMAIL FROM:<>\r\n",
          "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\n",
          "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<eve@example.test>\r\n",
          "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n",
          "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nBDAT 3\r\na\r\n",
          "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nBDAT 1\r\n\0",
          "EHLO c\r\nMAIL FROM:<>\r\nBDAT 1\r\nx",
          "EHLO c\r\nXCLIENT NAME=a.test ADDR=192.0.2.1\r\nEHLO c\r\nMAIL FROM:<>\r\n",
          "EHLO c\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@example.test>\r\nBDAT 2\r\n\0\n",
          "EHLO c\r\nAUTH PLAIN\r\n",
          "EHLO c\r\nAUTH LOGIN\r\nYQ==\r\n",
          "EHLO c\r\nAUTH PLAIN AGFsaWNlAHdpbmc=\r\n",
          "EHLO c\r\nAUTH PLAIN AGFsaWNlAHdpbmc=\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n");

  private static final List<String> PIECES =
      List.of(
          "EHLO ",
          "MAIL FROM:",
          "RCPT TO:",
          "DATA",
          "BDAT ",
          " LAST",
          "RSET",
          "NOOP",
          "QUIT",
          "VRFY ",
          "AUTH ",
          "PLAIN",
          "LOGIN ",
          "STARTTLS",
          "SIZE=",
          "BODY=8BITMIME",
          " BODY=BINARYMIME",
          "XCLIENT ADDR=192.0.2.1 ",
          "HELO=a+2E",
          "SMTPUTF8",
          "<>",
          "<bob@example.test>",
          "<\"",
          "\\",
          "\"",
          "@[IPv6:",
          "]",
          "<",
          ">",
          "=",
          "*",
          "1",
          "99999999999999999999",
          "70000",
          "\r\n",
          "\r\n",
          "\r\n",
          "\r\n",
          "\r",
          "\n",
          "\0",
          ".",
          "\r\n.\r\n",
          "\n.\n",
          "é",
          "\u00ff",
          " ");

  @ParameterizedTest
  @CsvSource({"smtp, 1", "submission, 2", "lmtp, 3"})
  void everyReplyIsInTheGrammarAndEverySessionEndsForSeed(String listener, long seed)
      throws IOException {
    SmtpLimits small =
        new SmtpLimits(
            100_000, 100, 2048, 12_288, 50, false, Duration.ofSeconds(20), Duration.ofSeconds(20));
    Random random = new Random(seed);
    try (FaultyStore store = new FaultyStore();
        GatewayFixture gateway = GatewayFixture.over(store, small, GatewayFixture.SESSION, true)) {
      for (int round = 0; round < ROUNDS; round++) {
        String state = STATES.get(round % STATES.size());
        try (SmtpClient client = SmtpClient.greeted(gateway.port(listener))) {
          client.send(attack(state, random));
          client.endOutput();
          int replies = 0;
          while (replies < 5000) {
            if (client.reply().startsWith(TLS_READY)) {
              // No handshake comes: TLS says so, and no command sent in clear is answered.
              assertThat(client.octet()).isIn(TLS_ALERT, -1);
              break;
            }
            replies++;
          }
          assertThat(replies).isLessThan(5000);
        } catch (EOFException e) {
          assertThat(e.getMessage()).isEqualTo("stream ended after: ");
        } catch (SocketException e) {
          // Closed after 421 or QUIT while there was more to read.
        }
      }
      // No thread and no connection is left, and the next client is served.
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(gateway.metrics.exposition()).contains("mail_connections 0"));
      try (SmtpClient client = SmtpClient.greeted(gateway.port(listener))) {
        assertThat(client.command("NOOP")).startsWith("250 ");
      }
    }
  }

  /// It reads late, and through a narrow window: what waits here must not be lost by a reset.
  @Test
  void theFarewellReachesAClientThatGoesOnSending() throws Exception {
    try (FaultyStore store = new FaultyStore();
        GatewayFixture gateway = GatewayFixture.over(store);
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(2048);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port("smtp")));
      socket.setSoTimeout(20_000);
      byte[] octets =
          ("HELP\r\n".repeat(300) + "what is this\r\n".repeat(20_000))
              .getBytes(StandardCharsets.US_ASCII);
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                try {
                  socket.getOutputStream().write(octets);
                } catch (IOException e) {
                  // The connection is closed by then.
                  return;
                }
              });
      Thread.sleep(Duration.ofMillis(300));
      String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(all).endsWith("\r\n421 4.7.0 Too many errors, closing connection\r\n");
      sender.join();
    }
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
            out.writeBytes("x".repeat(random.nextInt(20_000)).getBytes(StandardCharsets.US_ASCII));
        default ->
            out.writeBytes(
                PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }
}
