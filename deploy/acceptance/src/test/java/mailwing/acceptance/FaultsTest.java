package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import mailwing.cli.AdminClient;
import mailwing.embedded.KafkaConfig;
import mailwing.embedded.KafkaServer;
import mailwing.embedded.Ports;
import mailwing.embedded.PostgresServer;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreClientConfig;
import mailwing.imap.ImapConfig;
import mailwing.service.Secret;
import mailwing.store.StoreConfig;
import mailwing.store.StoreService;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is said to be stored is there exactly once, and clients are told, whatever stops.
class FaultsTest {
  private static final String USER = "user@example.test";
  private static final int SENDERS = 4;
  private static final int EACH = 60;

  @TempDir private Path directory;
  private PostgresServer postgres;
  private KafkaServer kafka;
  private StoreService store;
  private Gateways gateways;
  private int grpcPort;
  private int kafkaPort;

  @BeforeEach
  void start() throws Exception {
    postgres = PostgresServer.start(directory.resolve("postgres"));
    postgres.createDatabase("mailwing");
    kafkaPort = Ports.free();
    kafka = startKafka();
    grpcPort = Ports.free();
    store = startStore();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
    try (AdminClient admin = AdminClient.over(channel, "the store", credential("ADMIN"))) {
      admin.call(
          "domain",
          stub -> stub.addDomain(AddDomainRequest.newBuilder().setName("example.test").build()));
      admin.call(
          "user",
          stub ->
              stub.addUser(
                  AddUserRequest.newBuilder()
                      .setAddress(USER)
                      .setPassword(ByteString.copyFromUtf8("wing"))
                      .build()));
    }
    gateways =
        new Gateways(
            this::client,
            ImapConfig.EventsConfig.kafka(kafka.bootstrapServers()),
            Gateways.LOOPBACK);
  }

  @AfterEach
  void stop() {
    gateways.close();
    store.close();
    kafka.close();
    postgres.close();
  }

  private static String credential(String role) {
    return (role.equals("ADMIN") ? "mwa_" : "mws_") + role + "-0123456789abcdef0123456789abcdef";
  }

  private StoreClient client(TestStore.Role role) {
    StoreClientConfig defaults = StoreClientConfig.defaults(Secret.of(credential(role.name())));
    return StoreClient.connect(
        new StoreClientConfig(
            "dns:///127.0.0.1:" + grpcPort,
            defaults.credential(),
            Optional.empty(),
            defaults.callTime(),
            defaults.streamTime(),
            defaults.retryTime()));
  }

  private StoreService startStore() {
    return StoreService.start(
        new StoreConfig(
            StoreConfig.Database.of(
                postgres.jdbcUrl("mailwing"), postgres.user(), postgres.password()),
            StoreConfig.Grpc.onPort(grpcPort),
            new StoreConfig.Http("127.0.0.1", -1),
            StoreConfig.Credentials.of(
                credential("SMTP"), credential("POP3"), credential("IMAP"), credential("ADMIN")),
            StoreConfig.Logins.defaults(),
            StoreConfig.Addresses.defaults(),
            StoreConfig.Kafka.at(kafka.bootstrapServers())));
  }

  private KafkaServer startKafka() {
    return KafkaServer.start(
        new KafkaConfig(directory.resolve("kafka"), kafkaPort, null, Map.of()));
  }

  /// Something that is stopped and comes back.
  private interface Fault {
    void happen() throws Exception;
  }

  /// Mail flows in over several connections while the fault happens; then what was acknowledged is
  /// there once, and what was not at most once.
  private void deliverDuring(Fault fault) throws Exception {
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    Set<String> sent = ConcurrentHashMap.newKeySet();
    List<Future<?>> senders = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < SENDERS; n++) {
        int number = n;
        senders.add(
            threads.submit(
                () -> {
                  try (TranscriptClient smtp = Dialogs.smtpSession(gateways, "smtp")) {
                    for (int i = 0; i < EACH; i++) {
                      String id = number + "-" + i;
                      sent.add("<" + id + "@example.org>");
                      String reply = Dialogs.mail(smtp, "", USER, Dialogs.message(id));
                      assertThat(reply).matches("(250|45[0-9]) .*");
                      if (reply.startsWith("250")) {
                        acknowledged.add("<" + id + "@example.org>");
                      }
                    }
                  }
                  return null;
                }));
      }
      awaitAcknowledged(acknowledged, 30);
      fault.happen();
      for (Future<?> sender : senders) {
        sender.get();
      }
    }
    assertThat(acknowledged.size()).isGreaterThan(SENDERS * EACH / 2);
    try (TranscriptClient imap = Dialogs.inbox(gateways, "imap", USER)) {
      Map<String, Long> stored =
          Dialogs.messageIds(imap).stream()
              .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
      assertThat(stored.values()).allMatch(copies -> copies == 1);
      assertThat(stored.keySet()).containsAll(acknowledged);
      assertThat(sent).containsAll(stored.keySet());
    }
  }

  private static void awaitAcknowledged(Set<String> acknowledged, int count) {
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> acknowledged.size() >= count);
  }

  @Test
  void postgresKilledDuringDeliveryLosesAndDoublesNothing() throws Exception {
    deliverDuring(
        () ->
            assertThat(ProcessHandle.of(postgres.pid()).orElseThrow().destroyForcibly()).isTrue());
  }

  @Test
  void theStoreRestartedUnderLoadLosesNothingAndImapSessionsGoOn() throws Exception {
    try (TranscriptClient idler = Dialogs.inbox(gateways, "imap-2", USER)) {
      idler.send("i IDLE\r\n");
      assertThat(idler.line()).startsWith("+ ");
      deliverDuring(
          () -> {
            store.close();
            store = startStore();
          });
      assertLives(idler, SENDERS * EACH);
    }
  }

  /// The session tells its messages in the end, or has said BYE.
  private static void assertLives(TranscriptClient idler, int most) throws IOException {
    idler.send("DONE\r\nn NOOP\r\n");
    String line = idler.line();
    int told = 0;
    while (!line.startsWith("n ") && !line.startsWith("* BYE")) {
      if (line.endsWith(" EXISTS")) {
        told = Integer.parseInt(line.split(" ", -1)[1]);
      }
      line = idler.line();
    }
    if (line.startsWith("n ")) {
      assertThat(line).startsWith("n OK");
      assertThat(told).isPositive().isLessThanOrEqualTo(most);
    }
  }

  @Test
  void whileKafkaIsAwayMailFlowsAndNothingIsMissedAfter() throws Exception {
    try (TranscriptClient idler = Dialogs.inbox(gateways, "imap", USER);
        TranscriptClient sender = Dialogs.smtpSession(gateways, "smtp")) {
      idler.send("i IDLE\r\n");
      assertThat(idler.line()).startsWith("+ ");
      assertThat(Dialogs.mail(sender, "", USER, Dialogs.message("before"))).startsWith("250");
      awaitExists(idler, 1);
      kafka.close();
      for (int i = 2; i <= 4; i++) {
        assertThat(Dialogs.mail(sender, "", USER, Dialogs.message("away" + i))).startsWith("250");
      }
      awaitExists(idler, 4);
      kafka = startKafka();
      assertThat(Dialogs.mail(sender, "", USER, Dialogs.message("after"))).startsWith("250");
      awaitExists(idler, 5);
    }
  }

  private static void awaitExists(TranscriptClient idler, int count) throws IOException {
    String line = idler.line();
    while (!line.equals("* " + count + " EXISTS")) {
      assertThat(line).matches("\\* (\\d+ (EXISTS|RECENT)|OK .*)");
      line = idler.line();
    }
  }
}
