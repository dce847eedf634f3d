package mailwing.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mailwing.quickstart.PortPlan.Role;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `mailwing up` as a process of its own, as people run it.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class UpTest {
  private static final long PATIENCE_MINUTES = 5;
  private static final int SMTP_PORT = 2525;

  @TempDir Path directory;

  private final List<Process> started = new ArrayList<>();
  private PortPlan plan;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void choosePorts() {
    plan = Rehearsal.freePorts();
  }

  @AfterEach
  void endAll() throws InterruptedException {
    for (var process : started) {
      process.destroy();
      if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void mailFlowsOutlivesAKillAndADrainEndsWithZero() throws Exception {
    var first = up("--demo");
    awaitReady(first);
    Rehearsal.run(plan, data());
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(data().resolve("run.json"))))
        .isEqualTo("rw-------");
    assertThat(finished(up()))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "mailwing: "
                    + data()
                    + " is in use by another Mailwing: stop that one, or name another"
                    + " directory\n"));
    assertThat(metricSeries()).contains("mail_imap_sessions").doesNotHaveDuplicates();

    first.destroyForcibly().waitFor();
    var second = up("--demo");
    awaitReady(second);
    // The welcome message is there still, and once: what comes next is the second.
    Rehearsal.run(plan, data());

    second.destroy();
    assertThat(second.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
    assertThat(second.exitValue()).isZero();
    assertThat(data().resolve("run.json")).doesNotExist();
    assertThat(lines(second)).last().isEqualTo("mailwing ready");
  }

  @Test
  void whatCannotStartSaysWhyInOneLine() throws Exception {
    assertThat(finished(up("--demo", "--bind", "0.0.0.0")))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "mailwing: --demo passwords are known to everyone and --bind lets everyone in: use"
                    + " one of them\n"));
    try (var taken =
        new ServerSocket(plan.port(Role.LMTP).port(), 1, InetAddress.getLoopbackAddress())) {
      assertThat(finished(up()))
          .isEqualTo(
              new Outcome(
                  1,
                  "",
                  "mailwing: port "
                      + taken.getLocalPort()
                      + " (LMTP) is in use: stop what listens there, or move all ports with"
                      + " --port-offset N\n"));
    }
    Files.writeString(data().resolve("format"), "2\n");
    assertThat(finished(up()))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "mailwing: "
                    + data()
                    + " was written by a newer Mailwing (format 2, this one knows 1): start that"
                    + " one, or name a new directory with --data DIR\n"));
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Process up(String... options) throws IOException {
    var number = started.size();
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djdk.virtualThreadScheduler.parallelism=32",
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Up.class.getName(),
                "--data",
                data().toString(),
                "--port-offset",
                Integer.toString(plan.port(Role.SMTP).port() - SMTP_PORT)));
    command.addAll(List.of(options));
    var process =
        new ProcessBuilder(command)
            .redirectOutput(directory.resolve(number + ".out").toFile())
            .redirectError(directory.resolve(number + ".err").toFile())
            .start();
    started.add(process);
    return process;
  }

  private List<String> lines(Process process) throws IOException {
    return Files.readAllLines(directory.resolve(started.indexOf(process) + ".out"));
  }

  private void awaitReady(Process process) {
    await()
        .atMost(Duration.ofMinutes(PATIENCE_MINUTES))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !process.isAlive() || lines(process).contains("mailwing ready"));
    assertThat(process.isAlive()).as("it ended, see its .err").isTrue();
  }

  private Outcome finished(Process process) throws Exception {
    assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
    var number = started.indexOf(process);
    return new Outcome(
        process.exitValue(),
        Files.readString(directory.resolve(number + ".out")),
        Files.readString(directory.resolve(number + ".err")));
  }

  private List<String> metricSeries() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + plan.port(Role.HTTP).port() + "/metrics"))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.substring(0, line.lastIndexOf(' ')))
          .toList();
    }
  }
}
