package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mailwing.gateway.ConnectionEndedException.Reason;
import mailwing.service.ConfigException;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.testkit.TestTls;
import mailwing.testkit.TranscriptClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenerTest {
  private static final Networks LOOPBACK = Networks.parse(List.of("127.0.0.0/8"));
  private static final ListenerConfig CLEAR =
      new ListenerConfig("clear", "127.0.0.1", 0, Encryption.STARTTLS, false);
  private static final ListenerConfig PROXIED =
      new ListenerConfig("proxied", "127.0.0.1", 0, Encryption.STARTTLS, true);

  /// Answers each line with `got LINE`; knows STARTTLS, WHO, BIG and QUIT.
  private static final class Echo implements SessionProtocol {
    final BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
    Duration idle = Duration.ofMinutes(1);
    @Nullable Duration deadline;

    @Override
    public void serve(Connection connection) throws IOException {
      connection.readTimeout(idle);
      if (deadline != null) {
        connection.deadline(deadline);
      }
      connections.add(connection);
      OctetWriter out = connection.out();
      out.ascii("hello\r\n");
      try {
        while (true) {
          byte[] line = connection.readCommand(1000);
          if (line == null) {
            return;
          }
          String text = new String(line, StandardCharsets.ISO_8859_1);
          switch (text) {
            case "STARTTLS" -> {
              out.ascii("go\r\n");
              connection.startTls();
            }
            case "WHO" ->
                out.ascii(connection.remoteIp().getHostAddress())
                    .ascii(connection.trusted() ? " trusted" : " stranger")
                    .ascii(connection.tls().isPresent() ? " tls" : " clear")
                    .crlf();
            case "BIG" -> {
              byte[] block = new byte[64 * 1024];
              for (int i = 0; i < 1000; i++) {
                out.write(block);
              }
            }
            case "QUIT" -> {
              out.ascii("bye\r\n");
              return;
            }
            default -> out.ascii("got ").ascii(text).crlf();
          }
        }
      } catch (ConnectionEndedException e) {
        out.ascii("ended ").ascii(e.reason().name()).crlf();
      }
    }

    @Override
    public String refusal(Refusal reason) {
      return "no " + reason + "\r\n";
    }
  }

  private final Echo echo = new Echo();
  private @Nullable ListenerGroup group;

  @AfterEach
  void stop() {
    if (group != null) {
      group.drain(Duration.ofMillis(200));
      group.close();
    }
  }

  private static ConnectionConfig config(
      int max, int perAddress, Networks trusted, Networks proxies, Duration write) {
    return new ConnectionConfig(
        max, perAddress, trusted, proxies, Duration.ofSeconds(4), write, Duration.ofSeconds(1), 50);
  }

  private static ConnectionConfig relaxed() {
    return config(100, 100, LOOPBACK, LOOPBACK, Duration.ofSeconds(30));
  }

  private int listen(ListenerConfig listener, ConnectionConfig config) throws IOException {
    ListenerGroup fresh =
        new ListenerGroup(config, Optional.of(TestTls.shared().material()), new Metrics());
    group = fresh;
    fresh.listen(listener, echo);
    return fresh.port(listener.name());
  }

  @Test
  void pipelinedLinesAreAnsweredInOrder() throws IOException {
    try (TranscriptClient client = TranscriptClient.connect(listen(CLEAR, relaxed()))) {
      client.send("a\r\nb\r\nWHO\r\nQUIT\r\nlost\r\n");
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.line()).isEqualTo("got a");
      assertThat(client.line()).isEqualTo("got b");
      assertThat(client.line()).isEqualTo("127.0.0.1 trusted clear");
      assertThat(client.line()).isEqualTo("bye");
      client.expectEnd();
    }
  }

  @Test
  void startTlsForgetsWhatCameBeforeTheHandshake() throws IOException {
    try (TranscriptClient client = TranscriptClient.connect(listen(CLEAR, relaxed()))) {
      client.send("STARTTLS\r\ninjected\r\n");
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.line()).isEqualTo("go");
      client.startTls(TestTls.shared().clientContext());
      client.send("WHO\r\n");
      assertThat(client.line()).isEqualTo("127.0.0.1 trusted tls");
      Connection connection = echo.connections.remove();
      assertThat(connection.canStartTls()).isFalse();
      assertThat(connection.tls().orElseThrow().protocol()).isEqualTo("TLSv1.3");
      assertThat(connection.tls().orElseThrow().channelBindings())
          .containsOnlyKeys("tls-exporter", "tls-server-end-point");
      client.send("QUIT\r\n");
      assertThat(client.line()).isEqualTo("bye");
      client.expectEnd();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anotherThreadPushesWhileTheSessionWaits(boolean tls) throws Exception {
    ListenerConfig listener =
        tls ? new ListenerConfig("tls", "127.0.0.1", 0, Encryption.IMPLICIT, false) : CLEAR;
    try (TranscriptClient client = TranscriptClient.connect(listen(listener, relaxed()))) {
      if (tls) {
        client.startTls(TestTls.shared().clientContext());
      }
      assertThat(client.line()).isEqualTo("hello");
      Connection connection = echo.connections.remove();
      for (int i = 0; i < 200; i++) {
        String text = "push " + i;
        assertThat(connection.push(out -> out.ascii(text).crlf())).isTrue();
        client.send("c" + i + "\r\n");
        assertThat(client.line()).isEqualTo(text);
        assertThat(client.line()).isEqualTo("got c" + i);
      }
      client.send("QUIT\r\n");
      assertThat(client.line()).isEqualTo("bye");
      client.expectEnd();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void idleSessionIsWokenAndSaysFarewell(boolean tls) throws IOException {
    echo.idle = Duration.ofMillis(300);
    ListenerConfig listener =
        tls ? new ListenerConfig("tls", "127.0.0.1", 0, Encryption.IMPLICIT, false) : CLEAR;
    try (TranscriptClient client = TranscriptClient.connect(listen(listener, relaxed()))) {
      if (tls) {
        client.startTls(TestTls.shared().clientContext());
      }
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.line()).isEqualTo("ended IDLE");
      client.expectEnd();
    }
  }

  @Test
  void deadlineEndsASessionThatKeepsTalking() throws Exception {
    echo.deadline = Duration.ofMillis(500);
    try (TranscriptClient client = TranscriptClient.connect(listen(CLEAR, relaxed()))) {
      assertThat(client.line()).isEqualTo("hello");
      String line = "";
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (!line.startsWith("ended") && System.nanoTime() < until) {
        client.send("x\r\n");
        line = client.line();
      }
      assertThat(line).isEqualTo("ended DEADLINE");
    }
  }

  @Test
  void drainingTellsWaitingSessionsAndRefusesNewOnes() throws Exception {
    int port = listen(CLEAR, relaxed());
    ListenerGroup draining = java.util.Objects.requireNonNull(group);
    try (TranscriptClient client = TranscriptClient.connect(port)) {
      assertThat(client.line()).isEqualTo("hello");
      client.send("a\r\n");
      assertThat(client.line()).isEqualTo("got a");
      Thread drain = Thread.startVirtualThread(() -> draining.drain(Duration.ofSeconds(10)));
      assertThat(client.line()).isEqualTo("ended " + Reason.DRAINING);
      client.expectEnd();
      assertThat(drain.join(Duration.ofSeconds(5))).isTrue();
      assertThatThrownBy(() -> TranscriptClient.connect(port)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void clientThatDoesNotReadIsCut() throws Exception {
    int port = listen(CLEAR, config(9, 9, LOOPBACK, LOOPBACK, Duration.ofMillis(500)));
    try (TranscriptClient client = TranscriptClient.connect(port)) {
      assertThat(client.line()).isEqualTo("hello");
      client.send("BIG\r\n");
      Connection connection = echo.connections.remove();
      org.assertj.core.api.Assertions.assertThatCode(
              () -> {
                long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
                while (!connection.isClosed() && System.nanoTime() < until) {
                  Thread.onSpinWait();
                }
              })
          .doesNotThrowAnyException();
      assertThat(connection.isClosed()).isTrue();
    }
  }

  @Test
  void strangersAreLimitedByAddressAndTrustedOnesAreNot() throws IOException {
    int port = listen(CLEAR, config(100, 2, Networks.none(), LOOPBACK, Duration.ofSeconds(9)));
    List<TranscriptClient> clients = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      TranscriptClient client = TranscriptClient.connect(port);
      clients.add(client);
      assertThat(client.line()).isEqualTo("hello");
    }
    try (TranscriptClient third = TranscriptClient.connect(port)) {
      assertThat(third.line()).isEqualTo("no TOO_MANY_FROM_ADDRESS");
      third.expectEnd();
    }
    for (TranscriptClient client : clients) {
      client.send("QUIT\r\n");
      assertThat(client.line()).isEqualTo("bye");
      client.expectEnd();
      client.close();
    }
    stop();
    int trusting = listen(CLEAR, config(100, 2, LOOPBACK, LOOPBACK, Duration.ofSeconds(9)));
    for (int i = 0; i < 5; i++) {
      TranscriptClient client = TranscriptClient.connect(trusting);
      clients.add(client);
      assertThat(client.line()).isEqualTo("hello");
    }
    for (TranscriptClient client : clients) {
      client.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000 110\r\n",
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u0000\f\u00c0\u0000\u0002\u0007\u00c0\u0000\u0002\u0001\u0013\u0088\u0000n"
      })
  void proxyHeaderGivesTheClientsAddress(String header) throws IOException {
    try (TranscriptClient client = TranscriptClient.connect(listen(PROXIED, relaxed()))) {
      client.send(header + "WHO\r\n");
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.line()).isEqualTo("192.0.2.7 stranger clear");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WHO\r\nWHO\r\nWHO\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000 70000\r\n",
        "PROXY TCP4 2001:db8::1 192.0.2.1 5000 110\r\n",
        "PROXY TCP4 localhost 192.0.2.1 5000 110\r\n",
        "PROXY TCP6 192.0.2.7 ::1 5000 110\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000 110 and much more that goes on beyond what a header may have, on and on",
        "\r\n\r\n\u0000\r\nQUIT\n\u0011\u0011\u0000\f\u00c0\u0000\u0002\u0007\u00c0\u0000\u0002\u0001\u0013\u0088\u0000n",
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u0000\u0004\u00c0\u0000\u0002\u0007",
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u00ff\u00ff",
        // Nothing more comes: timed.
        "PROXY TCP4",
        ""
      })
  void badProxyHeaderIsCutWithoutAWord(String header) throws IOException {
    try (TranscriptClient client = TranscriptClient.connect(listen(PROXIED, relaxed()))) {
      client.send(header);
      client.expectEnd();
    }
  }

  @Test
  void proxyHeaderIsTakenFromConfiguredAddressesOnly() throws IOException {
    ConnectionConfig config =
        config(9, 9, LOOPBACK, Networks.parse(List.of("192.0.2.0/24")), Duration.ofSeconds(9));
    try (TranscriptClient client = TranscriptClient.connect(listen(PROXIED, config))) {
      client.send("PROXY TCP4 192.0.2.7 192.0.2.1 5000 110\r\n");
      client.expectEnd();
    }
    stop();
    ConnectionConfig none = config(9, 9, LOOPBACK, Networks.none(), Duration.ofSeconds(9));
    assertThatThrownBy(() -> listen(PROXIED, none)).isInstanceOf(ConfigException.class);
  }

  @Test
  void handshakeThatDoesNotComeIsCut() throws IOException {
    ListenerConfig listener = new ListenerConfig("tls", "127.0.0.1", 0, Encryption.IMPLICIT, false);
    int port = listen(listener, relaxed());
    try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
      silent.setSoTimeout(30_000);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
    try (Socket noise = new Socket(InetAddress.getLoopbackAddress(), port)) {
      noise.setSoTimeout(10_000);
      noise.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(noise.getInputStream().readAllBytes().length).isLessThan(100);
    }
  }

  @Test
  void portInUseIsSaidClearly() throws IOException {
    int port = listen(CLEAR, relaxed());
    ListenerGroup second = java.util.Objects.requireNonNull(group);
    ListenerConfig same =
        new ListenerConfig("second", "127.0.0.1", port, Encryption.STARTTLS, false);
    assertThatThrownBy(() -> second.listen(same, echo))
        .hasMessageContaining("second: cannot listen on 127.0.0.1:" + port);
  }
}
