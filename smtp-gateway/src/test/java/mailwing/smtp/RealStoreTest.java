package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import mailwing.gateway.StoreClient;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.Inbox;
import mailwing.testkit.RealMessages;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Sessions over real sockets, against a real store on a real PostgreSQL.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealStoreTest {
  private final TestStore store = TestStore.start();
  private final StoreClient reader = store.client(TestStore.Role.IMAP);
  private GatewayFixture gateway;
  private GatewayFixture untrusting;
  private GatewayFixture sending;

  @BeforeAll
  void start() throws IOException {
    gateway = fixture(true);
    untrusting = fixture(false);
    sending = fixture(true, GatewayFixture.sending(25));
    for (String user :
        List.of("alice", "bob", "carol", "many", "corpus", "large", "gone", "octets", "xclient")) {
      store.addUser(user);
    }
    store.addAlias("info@example.test", "alice@example.test");
    store.addAlias("both@example.test", "alice@example.test", "bob@example.test");
    store.addAlias("postmaster@example.test", "carol@example.test");
    store.setEnabled("gone@example.test", false);
  }

  @AfterAll
  void stop() {
    gateway.close();
    untrusting.close();
    sending.close();
    reader.close();
    store.close();
  }

  private GatewayFixture fixture(boolean trusted) throws IOException {
    return fixture(trusted, OutboundConfig.off());
  }

  private GatewayFixture fixture(boolean trusted, OutboundConfig outbound) throws IOException {
    return new GatewayFixture(
        store.channel(),
        store.clientConfig(TestStore.Role.SMTP).credential(),
        GatewayFixture.LIMITS,
        GatewayFixture.SESSION,
        trusted,
        Optional.of(TestTls.shared().material()),
        outbound);
  }

  @TestFactory
  Stream<DynamicTest> transcripts() throws IOException {
    return Transcript.tests(
        Path.of("src/test/transcripts"),
        new Transcript.Setting(
            Map.of(
                "smtp", gateway.port("smtp"),
                "submission", gateway.port("submission"),
                "lmtp", gateway.port("lmtp"),
                "public-smtp", untrusting.port("smtp"),
                "public-submission", untrusting.port("submission"),
                "public-submissions", untrusting.port("submissions"),
                "sending-smtp", sending.port("smtp"),
                "sending-submission", sending.port("submission"),
                "sending-lmtp", sending.port("lmtp")),
            TestTls.shared().clientContext(),
            Map.of(),
            Map.of(
                "home-site",
                (arguments, variables) -> homeSite(arguments),
                "inbox",
                this::readInbox,
                "ends-with",
                RealStoreTest::endsWith,
                "received",
                this::received)));
  }

  /// `@do home-site USER SITE`: a new user that lives there.
  private void homeSite(List<String> arguments) {
    store.addUser(arguments.getFirst());
    store
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(arguments.getFirst() + "@example.test")
                .setHomeSite(arguments.get(1))
                .build());
  }

  /// `@do inbox USER N` sets the variable `message` to the octets of the Nth message.
  private void readInbox(List<String> arguments, Map<String, String> variables) {
    try (Inbox inbox = new Inbox(reader, arguments.get(0) + "@example.test")) {
      byte[] octets = inbox.read(Integer.parseInt(arguments.get(1)));
      variables.put("message", new String(octets, StandardCharsets.ISO_8859_1));
    }
  }

  /// `@do ends-with NAME`: the stored message is two prefix fields, Received, and then the
  /// variable's octets.
  private static void endsWith(List<String> arguments, Map<String, String> variables) {
    assertThat(variables.get("message"))
        .startsWith(
            "Return-Path: <\"a b\"@b.test>\r\nDelivered-To: octets@example.test\r\nReceived: from ")
        .endsWith("+0000\r\n" + variables.get(arguments.getFirst()));
  }

  /// `@do received USER WORDS`: the user's last message was received from these words.
  private void received(List<String> arguments, Map<String, String> variables) {
    try (Inbox inbox = new Inbox(reader, arguments.getFirst() + "@example.test")) {
      assertThat(new String(inbox.read(inbox.uids(1).getLast()), StandardCharsets.ISO_8859_1))
          .contains(
              "\r\nReceived: from " + String.join(" ", arguments.subList(1, arguments.size())));
    }
  }

  private static void envelope(SmtpClient client, String user) throws IOException {
    client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<" + user + "@example.test>\r\nDATA\r\n");
    assertThat(client.reply()).startsWith("250 ");
    assertThat(client.reply()).startsWith("250 ");
    assertThat(client.reply()).startsWith("354 ");
  }

  @Test
  void twelveHundredMessagesOverEightConnectionsAreTwelveHundredMessages() throws Exception {
    List<Future<Integer>> clients = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < 8; n++) {
        int number = n;
        clients.add(
            executor.submit(
                () -> {
                  int accepted = 0;
                  try (SmtpClient client = gateway.mx()) {
                    client.command("EHLO c" + number);
                    for (int i = 0; i < 150; i++) {
                      envelope(client, "many");
                      client.send("Subject: " + number + "-" + i + "\r\n\r\nx\r\n.\r\n");
                      accepted += client.reply().startsWith("250 ") ? 1 : 0;
                    }
                  }
                  return accepted;
                }));
      }
      for (Future<Integer> client : clients) {
        assertThat(client.get()).isEqualTo(150);
      }
    }
    try (Inbox inbox = new Inbox(reader, "many@example.test")) {
      assertThat(inbox.count()).isEqualTo(1200);
      assertThat(inbox.uids(1)).isEqualTo(IntStream.rangeClosed(1, 1200).boxed().toList());
    }
  }

  @Test
  void thirtyMebioctetsFlowThroughASmallHeap() throws IOException {
    byte[] line = ("z".repeat(1022) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    int lines = 30 * 1024;
    Runtime runtime = Runtime.getRuntime();
    long peak = 0;
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO c");
      envelope(client, "large");
      byte[] block = new byte[line.length * 64];
      for (int i = 0; i < 64; i++) {
        System.arraycopy(line, 0, block, i * line.length, line.length);
      }
      System.gc();
      long before = runtime.totalMemory() - runtime.freeMemory();
      for (int i = 0; i < lines / 64; i++) {
        client.send(block);
        if (i == lines / 64 - 1) {
          System.gc();
          peak = runtime.totalMemory() - runtime.freeMemory() - before;
        }
      }
      client.send(".\r\n");
      assertThat(client.reply()).startsWith("250 ");
    }
    // Gateway and store are both in this heap; neither may hold the message.
    assertThat(peak).isLessThan(16 << 20);
    try (Inbox inbox = new Inbox(reader, "large@example.test")) {
      byte[] read = inbox.read(1);
      assertThat(read.length)
          .isGreaterThan(lines * line.length)
          .isLessThan(lines * line.length + 1000);
      assertThat(
              Arrays.equals(line, Arrays.copyOfRange(read, read.length - line.length, read.length)))
          .isTrue();
    }
  }

  /// With each line end as CRLF, and one at the end: what SMTP can carry.
  private static byte[] canonical(byte[] octets) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(octets.length + 512);
    for (int i = 0; i < octets.length; i++) {
      if (octets[i] == '\r' || octets[i] == '\n') {
        out.write('\r');
        out.write('\n');
        if (octets[i] == '\r' && i + 1 < octets.length && octets[i + 1] == '\n') {
          i++;
        }
      } else {
        out.write(octets[i]);
      }
    }
    byte[] result = out.toByteArray();
    if (result.length > 0 && result[result.length - 1] != '\n') {
      out.write('\r');
      out.write('\n');
    }
    return out.toByteArray();
  }

  private static byte[] stuffed(byte[] octets) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(octets.length + 512);
    boolean lineStart = true;
    for (byte b : octets) {
      if (lineStart && b == '.') {
        out.write('.');
      }
      out.write(b);
      lineStart = b == '\n';
    }
    out.writeBytes(".\r\n".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  @Test
  void realMessagesAreReadBackOctetByOctet() throws IOException {
    List<Path> all = RealMessages.files();
    assumeFalse(all.isEmpty(), "no corpus");
    // Every fourth keeps the test short and takes some from each source.
    List<Path> files =
        IntStream.range(0, all.size()).filter(i -> i % 4 == 0).mapToObj(all::get).toList();
    List<byte[]> sent = new ArrayList<>();
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO c");
      for (Path file : files) {
        byte[] message = canonical(Files.readAllBytes(file));
        envelope(client, "corpus");
        client.send(stuffed(message));
        String reply = client.reply();
        if (new String(message, StandardCharsets.ISO_8859_1).indexOf('\0') >= 0) {
          assertThat(reply).startsWith("550 5.6.0 ");
        } else if (reply.startsWith("554 5.4.6 ")) {
          assertThat(new String(message, StandardCharsets.ISO_8859_1)).contains("Received:");
        } else {
          assertThat(reply).as(file::toString).startsWith("250 ");
          sent.add(message);
        }
      }
    }
    try (Inbox inbox = new Inbox(reader, "corpus@example.test")) {
      assertThat(inbox.count()).isEqualTo(sent.size());
      for (int i = 0; i < sent.size(); i++) {
        byte[] read = inbox.read(i + 1);
        byte[] wanted = sent.get(i);
        int trace = read.length - wanted.length;
        assertThat(trace).isPositive();
        assertThat(Arrays.equals(read, trace, read.length, wanted, 0, wanted.length))
            .as("message %d", i)
            .isTrue();
      }
    }
  }

  @Test
  void acceptedMessagesASecond() throws Exception {
    // Not a benchmark, a floor: a session that formats or copies too much shows here.
    long start = System.nanoTime();
    String message = "Subject: x\r\n\r\n" + ("y".repeat(78) + "\r\n").repeat(62) + ".\r\n";
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> clients = new ArrayList<>();
      for (int n = 0; n < 20; n++) {
        clients.add(
            executor.submit(
                () -> {
                  try (SmtpClient client = gateway.mx()) {
                    client.command("EHLO c");
                    for (int i = 0; i < 50; i++) {
                      envelope(client, "carol");
                      client.send(message);
                      if (!client.reply().startsWith("250 ")) {
                        return false;
                      }
                    }
                    return true;
                  }
                }));
      }
      for (Future<Boolean> client : clients) {
        assertThat(client.get()).isTrue();
      }
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertThat(took).isLessThan(Duration.ofSeconds(20));
  }
}
