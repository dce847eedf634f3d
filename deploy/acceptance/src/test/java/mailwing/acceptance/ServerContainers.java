package mailwing.acceptance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.IsRunningStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;

/// PostgreSQL and Kafka from their public images, for tests that run elsewhere on this machine.
final class ServerContainers {
  private static final Duration START = Duration.ofMinutes(2);
  private static final String PASSWORD = "in-a-container";

  private ServerContainers() {}

  /// A container that is removed when it is closed, and the properties that make tests use it.
  record Server(GenericContainer<?> container, Map<String, String> properties)
      implements AutoCloseable {
    @Override
    public void close() {
      container.close();
    }
  }

  static Server postgres(String image) {
    GenericContainer<?> container =
        new GenericContainer<>(image)
            .withEnv("POSTGRES_PASSWORD", PASSWORD)
            .withEnv(
                "POSTGRES_INITDB_ARGS",
                "--data-checksums --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8")
            .withCommand("postgres", "-c", "max_connections=300")
            .withSharedMemorySize(256L << 20)
            .withExposedPorts(5432);
    start(container);
    String url =
        "jdbc:postgresql://" + container.getHost() + ":" + container.getMappedPort(5432) + "/";
    answers(container, () -> connects(url + "postgres"));
    return new Server(
        container,
        Map.of("mailwing.test.postgres", url, "mailwing.test.postgres.password", PASSWORD));
  }

  static Server kafka(String image) throws IOException {
    // A broker tells its clients where it is, so that has to be known before it starts.
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    GenericContainer<?> container = new GenericContainer<>(image);
    container.setPortBindings(List.of(port + ":9092"));
    container
        .withEnv("KAFKA_NODE_ID", "1")
        .withEnv("KAFKA_PROCESS_ROLES", "broker,controller")
        .withEnv("KAFKA_LISTENERS", "CLIENT://:9092,CONTROLLER://127.0.0.1:9093")
        .withEnv("KAFKA_ADVERTISED_LISTENERS", "CLIENT://" + container.getHost() + ":" + port)
        .withEnv("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .withEnv("KAFKA_INTER_BROKER_LISTENER_NAME", "CLIENT")
        .withEnv("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT")
        .withEnv("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@127.0.0.1:9093")
        .withEnv("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
    start(container);
    String address = container.getHost() + ":" + port;
    answers(
        container,
        () -> {
          try (Socket socket = new Socket(container.getHost(), port)) {
            return socket.isConnected()
                && container.getLogs().toLowerCase(Locale.ROOT).contains("kafka server started");
          } catch (IOException e) {
            return false;
          }
        });
    return new Server(container, Map.of("mailwing.test.kafka", address));
  }

  private static void start(GenericContainer<?> container) {
    container.withStartupCheckStrategy(new IsRunningStartupCheckStrategy());
    container.setWaitStrategy(Wait.forSuccessfulCommand("true"));
    container.start();
  }

  private static void answers(GenericContainer<?> container, Callable<Boolean> answer) {
    try {
      Awaitility.await(container.getDockerImageName())
          .atMost(START)
          .pollInterval(Duration.ofMillis(200))
          .until(answer);
    } catch (RuntimeException e) {
      String logs = container.getLogs();
      container.close();
      throw new IllegalStateException("it does not answer:\n" + logs, e);
    }
  }

  private static boolean connects(String url) {
    try (var connection = DriverManager.getConnection(url, "postgres", PASSWORD)) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }
}
