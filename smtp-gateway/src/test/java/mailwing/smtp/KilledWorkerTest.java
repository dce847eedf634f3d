package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mailwing.testkit.TestStore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Gateways as processes of their own, killed while they send: another one takes over when their
/// leases end, no message is lost, and one arrives twice only where its end was sent and the answer
/// was not recorded (RFC 1047).
final class KilledWorkerTest {
  private static final int MESSAGES = 60;
  private static final int PER_DESTINATION = 4;
  private static final int KILLS = 3;

  @TempDir private Path directory;
  private final List<Process> gateways = new ArrayList<>();
  private TestStore store;
  private Sink sink;

  @BeforeEach
  void start() throws IOException {
    store = TestStore.startOnTcp();
    store.addUser("alice");
    sink = new Sink("mx.elsewhere.test", "127.0.0.1", 0);
  }

  @AfterEach
  void stop() throws IOException {
    gateways.forEach(Process::destroyForcibly);
    sink.close();
    store.close();
  }

  private Process gateway() throws IOException {
    Path config = directory.resolve("gateway" + gateways.size() + ".yaml");
    Files.writeString(
        config,
        """
        host-name: mail.example.test
        http: {address: 127.0.0.1, port: 0}
        listeners:
          smtp: {address: 127.0.0.1, port: 0}
          submission: {port: -1}
          submissions: {port: -1}
        store:
          target: dns:///127.0.0.1:%d
          credential: %s
        outbound:
          enabled: true
          transports: ["elsewhere.test=127.0.0.1:%d"]
          per-destination: %d
          lease: 3s
        """
            .formatted(
                store.grpcPort(), TestStore.Role.SMTP.credential(), sink.port(), PER_DESTINATION));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djdk.virtualThreadScheduler.parallelism=32",
                "-cp",
                System.getProperty("java.class.path"),
                "mailwing.smtp.SmtpGateway",
                "--config",
                config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("gateway" + gateways.size() + ".log").toFile())
            .start();
    gateways.add(process);
    return process;
  }

  private void await(int taken, Process running) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> sink.taken.size() >= taken || !running.isAlive());
    assertThat(running.isAlive()).as("the gateway runs").isTrue();
  }

  @Test
  void whatAKilledGatewayWasSendingIsSentByAnother() throws IOException, InterruptedException {
    sink.manners.pause = Duration.ofMillis(15);
    for (int i = 0; i < MESSAGES; i++) {
      store.submit("alice@example.test", "Q" + i, "r" + i + "@elsewhere.test");
    }
    for (int kill = 1; kill <= KILLS; kill++) {
      Process one = gateway();
      await(sink.taken.size() + 8, one);
      one.destroyForcibly().waitFor();
    }
    Process last = gateway();
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(() -> assertThat(copies()).hasSize(MESSAGES));
    assertThat(last.isAlive()).isTrue();
    int copies = sink.taken.size();
    assertThat(copies - MESSAGES).isLessThanOrEqualTo(KILLS * PER_DESTINATION);
    // Nothing is due any more: it is not sent again when a lease ends.
    Thread.sleep(Duration.ofSeconds(4));
    assertThat(sink.taken).hasSize(copies);
    assertThat(sink.violations).isEmpty();
  }

  private Map<String, Long> copies() {
    return sink.taken.stream()
        .flatMap(mail -> mail.rcpts().stream())
        .collect(Collectors.groupingBy(rcpt -> rcpt, TreeMap::new, Collectors.counting()));
  }

  /// Two at once share the work, and neither sends what the other has.
  @Test
  void twoGatewaysShareTheQueue() throws IOException {
    for (int i = 0; i < MESSAGES; i++) {
      store.submit("alice@example.test", "Q" + i, "r" + i + "@elsewhere.test");
    }
    List<Process> both = List.of(gateway(), gateway());
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(() -> assertThat(copies()).hasSize(MESSAGES));
    assertThat(both).allMatch(Process::isAlive);
    assertThat(copies().values()).allMatch(count -> count == 1);
    assertThat(IntStream.range(0, MESSAGES).mapToObj(i -> "RCPT TO:<r" + i + "@elsewhere.test>"))
        .allMatch(copies()::containsKey);
  }
}
