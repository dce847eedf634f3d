package mailwing.embedded;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A real Kafka broker (KRaft, one node) in a JVM of its own, kept running until closed.
///
/// It listens on 127.0.0.1 alone. An orphan of an earlier run is ended first.
///
/// The directory holds `logs/`, `broker.properties`, `broker.pid` and `broker.log`.
public final class KafkaServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaServer.class);
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(15);

  /// The cache is written while the broker ends.
  private static final Duration TRAINED_STOP = Duration.ofMinutes(3);

  private static final long LOG_LIMIT = 8L << 20;

  private final KafkaConfig config;
  private final DirectoryLock lock;
  private final int port;
  private final Supervisor supervisor;
  private volatile boolean abandoned;

  private KafkaServer(KafkaConfig config, DirectoryLock lock) throws IOException {
    this.config = config;
    this.lock = lock;
    endOrphan();
    this.port = config.port() == 0 ? Ports.free() : config.port();
    this.supervisor = Supervisor.start("kafka", this::launch);
  }

  /// Starts a broker on a free port with the default settings.
  public static KafkaServer start(Path directory) {
    return start(KafkaConfig.in(directory));
  }

  /// Starts a broker, or throws with one line that says what to do.
  public static KafkaServer start(KafkaConfig config) {
    try {
      Directories.createPrivate(config.directory());
      var lock = DirectoryLock.take(config.directory());
      try {
        return new KafkaServer(config, lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "cannot start Kafka in " + config.directory() + ": " + e, e);
    }
  }

  /// The TCP port on 127.0.0.1 for clients; it stays the same over restarts.
  public int port() {
    return port;
  }

  /// What a client's `bootstrap.servers` is set to.
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /// The broker's process number.
  public long pid() {
    return supervisor.pid();
  }

  /// Ends the broker in order.
  @Override
  public void close() {
    end(config.train() ? TRAINED_STOP : STOP, "TERM", "KILL");
  }

  /// Ends the broker at once: for data that are thrown away.
  void discard() {
    end(STOP, "KILL");
  }

  private void end(Duration patience, String... signals) {
    if (abandoned) {
      return;
    }
    supervisor.stop(patience, signals);
    try {
      Files.deleteIfExists(pidFile());
      lock.close();
    } catch (IOException e) {
      LOG.warn("event=unlock-failed reason={}", e.getMessage());
    }
  }

  /// For tests: lets go of the directory as a killed JVM would, with the broker still running.
  void abandon() throws IOException {
    supervisor.abandon();
    lock.close();
    abandoned = true;
  }

  private Process launch() throws IOException, InterruptedException {
    var properties = writeProperties(config, port);
    Files.deleteIfExists(pidFile());
    rotateLog();
    var command = new ArrayList<>(java(config.directory()));
    var cache = config.aotCache();
    if (cache != null && config.train()) {
      command.add("-XX:AOTCacheOutput=" + cache);
    } else if (cache != null && Files.isReadable(cache)) {
      command.add("-XX:AOTCache=" + cache);
    }
    command.addAll(List.of(KafkaBroker.class.getName(), properties.toString()));
    var process =
        new ProcessBuilder(Launch.command(null, null, "TERM", command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    var deadline = System.nanoTime() + START.toNanos();
    while (process.isAlive()) {
      if (isReady()) {
        return process;
      }
      if (System.nanoTime() > deadline) {
        Supervisor.end(process.toHandle(), STOP, "KILL");
        throw new EmbeddedServerException(
            "Kafka was not ready after " + START.toSeconds() + " s: see " + log());
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    throw new EmbeddedServerException("Kafka did not start: see the end of " + log());
  }

  private static List<String> java(Path directory) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx160m",
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseCompactObjectHeaders",
        "-XX:ReservedCodeCacheSize=40m",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Xlog:disable",
        // A cache that no longer fits is no error: it is not used.
        "-Xlog:all=error,aot*=off,cds*=off:stderr",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dlogback.configurationFile=mailwing/embedded/kafka-logback.xml",
        marker(directory),
        "-cp",
        System.getProperty("java.class.path"));
  }

  private static Path writeProperties(KafkaConfig config, int port) throws IOException {
    var controllerPort = Ports.free();
    var p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", "1");
    p.setProperty("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    p.setProperty(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    p.setProperty("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    p.setProperty("log.dirs", config.directory().resolve("logs").toString());
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("transaction.state.log.num.partitions", "1");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.num.partitions", "1");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    p.setProperty("num.network.threads", "2");
    p.setProperty("num.io.threads", "2");
    p.setProperty("background.threads", "2");
    p.setProperty("num.recovery.threads.per.data.dir", "1");
    p.setProperty("log.cleaner.dedupe.buffer.size", "4194304");
    p.setProperty("log.cleaner.io.buffer.size", "65536");
    // Events are hints: a day of them is plenty.
    p.setProperty("log.retention.hours", "24");
    p.setProperty("log.retention.bytes", "67108864");
    p.setProperty("log.segment.bytes", "16777216");
    p.setProperty("log.index.size.max.bytes", "1048576");
    config.settings().forEach(p::setProperty);
    var text = new StringWriter();
    p.store(text, "Written anew at each start");
    var file = config.directory().resolve("broker.properties");
    Files.writeString(file, text.toString(), StandardCharsets.UTF_8);
    return file;
  }

  private void endOrphan() {
    broker()
        .ifPresent(
            orphan -> {
              LOG.info("event=orphan-found child=kafka pid={} action=end", orphan.pid());
              Supervisor.end(orphan, STOP, "TERM", "KILL");
            });
  }

  /// Tells our broker from another process.
  private static String marker(Path directory) {
    return "-Dmailwing.kafka.directory=" + directory;
  }

  private Optional<ProcessHandle> broker() {
    try {
      var lines = Files.readAllLines(pidFile());
      return lines.isEmpty()
          ? Optional.empty()
          : Launch.running(Long.parseLong(lines.getFirst().trim()), marker(config.directory()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private boolean isReady() {
    try {
      var lines = Files.readAllLines(pidFile());
      return lines.size() > 1 && lines.get(1).equals("ready");
    } catch (IOException e) {
      return false;
    }
  }

  private Path pidFile() {
    return config.directory().resolve("broker.pid");
  }

  private Path log() {
    return config.directory().resolve("broker.log");
  }

  private void rotateLog() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > LOG_LIMIT) {
      Files.move(log(), log().resolveSibling("broker.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
