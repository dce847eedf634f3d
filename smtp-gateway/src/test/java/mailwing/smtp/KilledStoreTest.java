package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.embedded.Ports;
import mailwing.service.Secret;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The store as a process of its own, killed while it takes mail for others and has it sent: what
/// was acknowledged leaves, and twice only where an answer came that nobody could record (RFC
/// 1047).
final class KilledStoreTest {
  private static final int SENDERS = 3;
  private static final int EACH = 25;
  private static final int PER_DESTINATION = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private EmbeddedPostgres.Database database;
  private int port;
  private Process store;
  private ManagedChannel channel;
  private GatewayFixture gateway;
  private Sink sink;

  @BeforeEach
  void start() throws IOException {
    database = EmbeddedPostgres.shared().newDatabase();
    port = Ports.free();
    sink = new Sink("mx.elsewhere.test", "127.0.0.1", 0);
    sink.manners.pause = Duration.ofMillis(10);
    store = store();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + TestStore.Role.ADMIN.credential());
    DirectoryGrpc.DirectoryBlockingStub directory =
        DirectoryGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .withWaitForReady()
            .withDeadlineAfter(3, TimeUnit.MINUTES);
    directory.addDomain(AddDomainRequest.newBuilder().setName("example.test").build());
    directory.addUser(
        AddUserRequest.newBuilder()
            .setAddress("alice@example.test")
            .setPassword(ByteString.copyFromUtf8("wing"))
            .build());
    gateway =
        new GatewayFixture(
            channel,
            Secret.of(TestStore.Role.SMTP.credential()),
            GatewayFixture.LIMITS,
            GatewayFixture.SESSION,
            true,
            Optional.of(TestTls.shared().material()),
            new OutboundConfig(
                true,
                25,
                false,
                Map.of(
                    "elsewhere.test",
                    new OutboundConfig.Hop("127.0.0.1", sink.port(), OutboundConfig.Tls.NONE)),
                Optional.empty(),
                20,
                PER_DESTINATION,
                0,
                100,
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                ClientTimes.all(Duration.ofSeconds(20)),
                new TlsRules(false, Optional.empty(), 443, Optional.empty())));
  }

  @AfterEach
  void stop() throws IOException {
    try {
      gateway.close();
    } finally {
      store.destroyForcibly();
      channel.shutdownNow();
      sink.close();
    }
  }

  private Process store() throws IOException {
    Path config = directory.resolve("store.yaml");
    Files.writeString(
        config,
        """
        database: {url: "%s", user: "%s", password: "%s"}
        grpc: {address: 127.0.0.1, port: %d}
        http: {port: -1}
        credentials: {smtp: %s, pop3: %s, imap: %s, admin: %s}
        """
            .formatted(
                database.jdbcUrl(),
                database.user(),
                database.password(),
                port,
                TestStore.Role.SMTP.credential(),
                TestStore.Role.POP3.credential(),
                TestStore.Role.IMAP.credential(),
                TestStore.Role.ADMIN.credential()));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djdk.virtualThreadScheduler.parallelism=32",
            "-cp",
            System.getProperty("java.class.path"),
            "mailwing.store.StoreService",
            "--config",
            config.toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("store.log").toFile()))
        .start();
  }

  /// Submits its messages; one that is not acknowledged is left, and the next one tried after a
  /// moment.
  private void submit(int sender) {
    for (int i = 0; i < EACH; i++) {
      String recipient = "r" + sender + "-" + i + "@elsewhere.test";
      try (SmtpClient client = gateway.submission()) {
        client.command("EHLO client.test");
        client.command(SmtpClient.plain("alice@example.test"));
        client.command("MAIL FROM:<alice@example.test>");
        String taken = client.command("RCPT TO:<" + recipient + ">");
        if (taken.startsWith("250 ") && client.command("DATA").startsWith("354 ")) {
          client.send("From: alice@example.test\r\n\r\nText.\r\n.\r\n");
          if (client.reply().startsWith("250 ")) {
            acknowledged.add("RCPT TO:<" + recipient + ">");
            continue;
          }
        }
        Thread.sleep(Duration.ofMillis(300));
      } catch (IOException e) {
        throw new AssertionError(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private Map<String, Long> copies() {
    return sink.taken.stream()
        .flatMap(mail -> mail.rcpts().stream())
        .collect(Collectors.groupingBy(rcpt -> rcpt, Collectors.counting()));
  }

  @Test
  void whatWasAcknowledgedLeavesAlthoughTheStoreWasKilled() throws Exception {
    List<Thread> senders =
        IntStream.range(0, SENDERS)
            .mapToObj(sender -> Thread.ofVirtual().start(() -> submit(sender)))
            .toList();
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> acknowledged.size() > 12 && sink.taken.size() > 4);
    store.destroyForcibly().waitFor();
    store = store();
    for (Thread sender : senders) {
      sender.join();
    }
    assertThat(acknowledged).hasSizeGreaterThan(12);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(copies().keySet()).containsAll(acknowledged));
    // Beyond what was acknowledged may be there what was stored while its answer was lost.
    Set<String> more = new HashSet<>(copies().keySet());
    more.removeAll(acknowledged);
    assertThat(more).hasSizeLessThanOrEqualTo(SENDERS);
    assertThat(sink.taken.size() - copies().size()).isLessThanOrEqualTo(PER_DESTINATION);
    assertThat(sink.violations).isEmpty();
  }
}
