package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mailwing.acceptance.ServerContainers.Server;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.testcontainers.DockerClientFactory;

/// The store's and the gateways' own tests, on the public images of PostgreSQL and Kafka instead of
/// the embedded servers.
///
/// The store's run on the oldest PostgreSQL that is supported and on the newest; the gateways' on
/// the newest. What reads and writes neither (parsers, grammar) runs once, in its module.
class ContainersTest {
  private static final String OLDEST = "postgres:15";
  private static final String NEWEST = "postgres:18";
  private static final String KAFKA = "apache/kafka:4.3.1";

  /// @param module a directory below the repository
  private record Suite(String module, List<String> classes) {}

  private static final Suite STORE =
      new Suite(
          "store-service",
          List.of(
              "mailwing.store.grpc.DeliveryTest",
              "mailwing.store.grpc.DirectoryServiceTest",
              "mailwing.store.grpc.MailModelTest",
              "mailwing.store.grpc.MailboxesTest",
              "mailwing.store.grpc.MessagesTest",
              "mailwing.store.grpc.PermissionsTest",
              "mailwing.store.accounts.LoginsTest",
              "mailwing.store.events.OutboxRelayTest"));
  private static final List<Suite> GATEWAYS =
      List.of(
          new Suite("smtp-gateway", List.of("mailwing.smtp.RealStoreTest")),
          new Suite("pop3-gateway", List.of("mailwing.pop3.Pop3GatewayTest")),
          new Suite(
              "imap-gateway",
              List.of(
                  "mailwing.imap.ImapTranscriptTest",
                  "mailwing.imap.ManySessionsModelTest",
                  "mailwing.imap.PollingTest")));

  @TestFactory
  Stream<DynamicNode> theStoreOnTheOldestPostgres() throws Exception {
    return on(OLDEST, List.of(STORE));
  }

  @TestFactory
  Stream<DynamicNode> theStoreAndTheGatewaysOnTheNewestPostgres() throws Exception {
    return on(NEWEST, Stream.concat(Stream.of(STORE), GATEWAYS.stream()).toList());
  }

  private static Stream<DynamicNode> on(String postgresImage, List<Suite> suites) throws Exception {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      String line =
          "SKIPPED: tests on " + postgresImage + " and " + KAFKA + ": no Docker engine answers";
      System.out.println(line);
      Assumptions.abort(line);
    }
    try (Server postgres = ServerContainers.postgres(postgresImage);
        Server kafka = ServerContainers.kafka(KAFKA)) {
      Map<String, String> servers = new HashMap<>(postgres.properties());
      servers.putAll(kafka.properties());
      Stream.Builder<DynamicNode> nodes = Stream.builder();
      for (Suite suite : suites) {
        nodes.add(
            DynamicContainer.dynamicContainer(
                suite.module() + " on " + postgresImage,
                TestRun.run(Path.of("../..", suite.module()), servers, suite.classes()).stream()
                    .map(ContainersTest::told)));
      }
      return nodes.build();
    }
  }

  private static DynamicTest told(TestRun.Outcome outcome) {
    return DynamicTest.dynamicTest(
        outcome.name(), () -> assertThat(outcome.failure()).as(outcome.name()).isEmpty());
  }
}
