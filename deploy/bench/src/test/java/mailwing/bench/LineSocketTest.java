package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is read is what was sent, wherever it was cut on its way.
class LineSocketTest {
  private static final long SEED = 20261122;

  @Test
  void linesOfAnyLengthCutAnywhereAreReadAsTheyWereSent() throws Exception {
    Random random = new Random(SEED);
    StringBuilder sent = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      sent.append("* ").append(i).append(" FETCH ").repeat("x", random.nextInt(200)).append("\r\n");
    }
    sent.append("long ").repeat("y", 300_000).append('\n').append("\r\n").append("the end\r\n");
    try (Sending server = new Sending(sent.toString(), random);
        LineSocket socket = server.connect()) {
      List<String> lines = sent.toString().lines().toList();
      for (String line : lines) {
        assertThat(socket.readLine()).isEqualTo(line);
      }
      assertThatThrownBy(socket::readLine).isInstanceOf(EOFException.class);
      assertThat(socket.octetsRead()).isEqualTo(sent.length());
    }
  }

  @Test
  void aMultiLineAnswerEndsAtItsDotAndLiteralsAreCounted() throws Exception {
    String message = "Subject: x\r\n\r\n.. two dots\r\na . b\r\n";
    String sent =
        message + ".\r\n* 1 FETCH (BODY[] {5}\r\nab\r\nc)\r\n* 2 FETCH (BODY[] {4}\r\nlost";
    try (Sending server = new Sending(sent, new Random(SEED));
        LineSocket socket = server.connect()) {
      assertThat(socket.skipToDotLine()).isEqualTo(message.length());
      Line line = socket.nextLine();
      assertThat(line.startsWith("* 1 FETCH")).isTrue();
      assertThat(line.endsWith("{5}")).isTrue();
      assertThat(line.contains("BODY[]")).isTrue();
      assertThat(line.contains("BODY[1]")).isFalse();
      assertThat(line.lastIndexOf('{')).isEqualTo(18);
      assertThat(socket.read(5)).asString(StandardCharsets.US_ASCII).isEqualTo("ab\r\nc");
      assertThat(socket.readLine()).isEqualTo(")");
      socket.nextLine();
      socket.skip(4);
      assertThatThrownBy(() -> socket.skip(1)).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void theFirstLineFeedIsFoundAmongSimilarOctets() {
    Random random = new Random(SEED);
    byte[] octets = new byte[64];
    for (int round = 0; round < 20_000; round++) {
      for (int i = 0; i < octets.length; i++) {
        octets[i] = (byte) (random.nextInt(40) == 0 ? '\n' : random.nextBoolean() ? 0x0B : 0x8A);
      }
      int from = random.nextInt(octets.length);
      int to = from + random.nextInt(octets.length - from + 1);
      int expected = from;
      while (expected < to && octets[expected] != '\n') {
        expected++;
      }
      assertThat(Line.feed(octets, from, to)).isEqualTo(expected == to ? -1 : expected);
    }
  }

  /// Sends a text in pieces of any size to the first who connects, and ends the connection.
  private static final class Sending implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final Thread thread;

    Sending(String text, Random random) throws IOException {
      byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
      thread = Thread.ofVirtual().start(() -> send(octets, random));
    }

    private void send(byte[] octets, Random random) {
      try (Socket socket = listening.accept();
          OutputStream out = socket.getOutputStream()) {
        for (int at = 0; at < octets.length; ) {
          int piece = Math.min(octets.length - at, 1 + random.nextInt(at < 5000 ? 20 : 20_000));
          out.write(octets, at, piece);
          at += piece;
        }
      } catch (IOException e) {
        // the test has ended before
      }
    }

    LineSocket connect() throws IOException {
      return LineSocket.untimed("127.0.0.1", listening.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      listening.close();
      thread.interrupt();
    }
  }
}
