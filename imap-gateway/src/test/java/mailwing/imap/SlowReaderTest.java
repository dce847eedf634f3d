package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.StoreClient;
import mailwing.imap.ImapConfig.EventsConfig;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.testkit.StoreCalls;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.imap.ImapClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Large bodies, whole and in pieces, to clients that read slowly: the stream is intact, and the
/// gateway takes of the store no more than the client does and its buffers hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowReaderTest {
  private static final int LARGE = 16 * 1024 * 1024;

  /// What a socket's buffers may hold (Linux lets the sender's grow to 4 MiB), and some pieces of a
  /// message on their way through the gateway, compressed or not. Nearer to it is chance: how full
  /// the kernel fills its buffers differs from day to day.
  private static final long BUFFERS = 6 * 1024 * 1024;

  private static final Duration STALL = Duration.ofMillis(700);
  private static final long SEED = 20261122;

  private final StoreCalls taken = new StoreCalls();
  private final LargeMessage message = new LargeMessage(new Random(SEED));
  private TestStore store;
  private StoreClient client;
  private ImapGateway gateway;
  private ImapGateway keeping;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    client = taken.client(store, TestStore.Role.IMAP);
    gateway = gateway(0);
    keeping = gateway(8 << 20);
    store.addUser("slow");
    store.deliver("slow@" + TestStore.DOMAIN, message.octets.toByteArray());
  }

  private ImapGateway gateway(long bodyCache) throws IOException {
    return ImapGateway.start(
        ImapConfig.defaults(
                List.of(
                    new ListenerConfig("imap", "127.0.0.1", 0, Encryption.STARTTLS, false),
                    new ListenerConfig("imaps", "127.0.0.1", 0, Encryption.IMPLICIT, false)),
                ConnectionConfig.defaults(Networks.parse(List.of("127.0.0.0/8"))),
                EventsConfig.polling(Duration.ofSeconds(3)))
            .withBodyCache(bodyCache),
        Optional.of(TestTls.shared().material()),
        client,
        new Metrics());
  }

  private ImapClient reader(boolean kept) throws IOException {
    ImapClient reader = ImapClient.connect((kept ? keeping : gateway).port("imap"));
    reader.login("slow");
    reader.done("SELECT INBOX");
    return reader;
  }

  @AfterAll
  void stop() {
    gateway.close();
    keeping.close();
    client.close();
    store.close();
  }

  @ParameterizedTest(name = "{0} compress={1}")
  @CsvSource({"imap, false", "imap, true", "imaps, false", "imaps, true"})
  void slowReaderGetsAllOctetsAndTheGatewayWaitsForIt(String listener, boolean compress)
      throws Exception {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(32 * 1024);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port(listener)));
    if (listener.equals("imaps")) {
      socket =
          TestTls.shared()
              .clientContext()
              .getSocketFactory()
              .createSocket(socket, "localhost", gateway.port(listener), true);
    }
    SlowInput slow = new SlowInput(socket.getInputStream());
    try (ImapClient reader = new ImapClient(socket, slow)) {
      reader.login("slow");
      reader.done("SELECT INBOX");
      if (compress) {
        reader.compress();
      }
      reader.fetch(1, "(UID RFC822.SIZE)");
      slow.begin();
      reader.send("UID FETCH 1 BODY.PEEK[]\r\n");
      slow.awaitStall();
      assertThat(slow.ahead()).isBetween(1L, BUFFERS);
      Map<String, @Nullable Object> items = reader.next().items();
      slow.end();
      assertThat(reader.answer()).isEqualTo("OK");
      assertThat(Objects.equals(items.get("BODY[]"), message.octets)).isTrue();
      assertThat(slow.most).isBetween(1L, BUFFERS);
    }
  }

  @ParameterizedTest(name = "kept={0}")
  @ValueSource(booleans = {false, true})
  void pieceByPieceItIsTheSame(boolean kept) throws IOException {
    Random random = new Random(SEED);
    int size = message.octets.size();
    try (ImapClient reader = reader(kept)) {
      ByteString whole = ByteString.EMPTY;
      while (whole.size() < size) {
        int length = 1 + random.nextInt(3_000_000);
        whole = whole.concat(piece(reader, "", whole.size(), length));
      }
      assertThat(whole.equals(message.octets)).isTrue();
      for (int border :
          new int[] {
            0, 1, 65535, 131_071, 131_072, 131_073, 262143, 262144, 524288, size - 1, size
          }) {
        for (int length : new int[] {1, 2, 65535, 131_072, 131_073, 262_145, 1_500_000}) {
          ByteString expected =
              message.octets.substring(border, (int) Math.min(size, border + (long) length));
          assertThat(piece(reader, "", border, length).equals(expected))
              .as("<%s.%s>", border, length)
              .isTrue();
        }
      }
      assertThat(piece(reader, "", size + 1, 10)).isEqualTo(ByteString.EMPTY);
      assertThat(piece(reader, "1.2.TEXT", 70_000, 40_000))
          .isEqualTo(message.innerText.substring(70_000, 110_000));
      assertThat(piece(reader, "1.2.HEADER", 5, 7)).isEqualTo(message.innerHeader.substring(5, 12));
    }
  }

  private static ByteString piece(ImapClient reader, String section, long offset, long length)
      throws IOException {
    Object octets =
        reader
            .fetch(1, "BODY.PEEK[" + section + "]<" + offset + "." + length + ">")
            .get("BODY[" + section + "]<" + offset + ">");
    return (ByteString) Objects.requireNonNull(octets);
  }

  /// RFC 9051 §6.4.5.1.
  @ParameterizedTest(name = "kept={0}")
  @ValueSource(booleans = {false, true})
  void partsOfPartsAreWhatTheyAreMadeOf(boolean kept) throws IOException {
    Map<String, ByteString> expected =
        Map.ofEntries(
            Map.entry("HEADER", message.header),
            Map.entry("1.MIME", message.firstMime),
            Map.entry("1.1", message.note),
            Map.entry("1.2.MIME", message.innerMime),
            Map.entry("1.2", message.innerHeader.concat(message.innerText)),
            Map.entry("1.2.HEADER", message.innerHeader),
            Map.entry("1.2.TEXT", message.innerText),
            Map.entry("1.2.1", message.innerText),
            Map.entry(
                "1.2.HEADER.FIELDS (SUBJECT X-NONE)",
                ByteString.copyFromUtf8("Subject: inner\r\n\r\n")),
            Map.entry(
                "1.2.HEADER.FIELDS.NOT (SUBJECT TO)",
                ByteString.copyFromUtf8("From: b@example.org\r\n\r\n")),
            Map.entry("2", message.eightBit),
            Map.entry("3", message.encoded));
    try (ImapClient reader = reader(kept)) {
      StringBuilder items = new StringBuilder();
      for (String section : expected.keySet()) {
        items.append(" BODY.PEEK[").append(section).append(']');
      }
      Map<String, @Nullable Object> told =
          reader.fetch(
              1, "(BINARY.SIZE[3] BINARY.PEEK[3] BINARY.PEEK[3]<300000.70000>" + items + ")");
      expected.forEach(
          (section, octets) ->
              assertThat(octets.equals(told.get("BODY[" + section + "]"))).as(section).isTrue());
      assertThat(told.get("BINARY.SIZE[3]")).isEqualTo((long) message.decoded.size());
      assertThat(message.decoded.equals(told.get("BINARY[3]"))).isTrue();
      assertThat(told.get("BINARY[3]<300000>"))
          .isEqualTo(message.decoded.substring(300_000, 370_000));
      for (String section : List.of("1.HEADER", "1.1.HEADER", "1.2.2", "1.2.1.TEXT", "4")) {
        assertThat(reader.fetch(1, "BODY.PEEK[" + section + "]"))
            .as(section)
            .containsEntry("BODY[" + section + "]", null);
      }
    }
  }

  /// multipart/mixed of a multipart/mixed (a note and a message), large 8-bit octets, and base64.
  private static final class LargeMessage {
    final ByteString header =
        ascii(
            """
            From: a@example.org
            Subject: large
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=outer

            """);
    final ByteString firstMime = ascii("Content-Type: multipart/mixed; boundary=within\n\n");
    final ByteString note = ascii("A note.\n");
    final ByteString innerMime = ascii("Content-Type: message/rfc822\nX-Part: 1.2\n\n");
    final ByteString innerHeader =
        ascii("From: b@example.org\nSubject: inner\nTo: c@example.org\n\n");
    final ByteString innerText = ascii("Words of the inner message.\n".repeat(5000));
    final ByteString eightBit;
    final ByteString decoded;
    final ByteString encoded;
    final ByteString octets;

    LargeMessage(Random random) {
      eightBit = octets(random, LARGE);
      decoded = octets(random, 1_000_000);
      encoded = ByteString.copyFrom(Base64.getMimeEncoder().encode(decoded.toByteArray()));
      octets =
          header
              .concat(ascii("--outer\n"))
              .concat(firstMime)
              .concat(ascii("--within\n\n"))
              .concat(note)
              .concat(ascii("\n--within\n"))
              .concat(innerMime)
              .concat(innerHeader)
              .concat(innerText)
              .concat(ascii("\n--within--\n\n--outer\n"))
              .concat(ascii("Content-Type: application/octet-stream\n"))
              .concat(ascii("Content-Transfer-Encoding: 8bit\n\n"))
              .concat(eightBit)
              .concat(ascii("\n--outer\nContent-Type: application/octet-stream\n"))
              .concat(ascii("Content-Transfer-Encoding: base64\n\n"))
              .concat(encoded)
              .concat(ascii("\n--outer--\n"));
    }

    private static ByteString ascii(String lines) {
      return ByteString.copyFrom(lines.replace("\n", "\r\n"), StandardCharsets.US_ASCII);
    }

    /// Lines that no deflater makes shorter.
    private static ByteString octets(Random random, int length) {
      ByteArrayOutputStream lines = new ByteArrayOutputStream(length + 1000);
      byte[] line = new byte[900];
      while (lines.size() < length) {
        random.nextBytes(line);
        for (int i = 0; i < line.length; i++) {
          if (line[i] == 0 || line[i] == '\r' || line[i] == '\n') {
            line[i] = 'x';
          }
        }
        lines.writeBytes(line);
        lines.write('\r');
        lines.write('\n');
      }
      return ByteString.copyFrom(lines.toByteArray());
    }
  }

  /// Gives a little at a time, and compares what was received with what was taken of the store.
  private final class SlowInput extends FilterInputStream {
    private static final int PIECE = 64 * 1024;

    private boolean slow;
    private long received;
    private long most;

    SlowInput(InputStream in) {
      super(in);
    }

    void begin() {
      slow = true;
      received = 0;
      taken.reset();
    }

    void end() {
      slow = false;
    }

    /// Reads nothing until the gateway takes no more.
    void awaitStall() throws InterruptedException {
      long before = -1;
      while (before != taken.octets() || before == 0) {
        before = taken.octets();
        Thread.sleep(STALL);
      }
    }

    /// Octets that the gateway has taken and the client has not got.
    long ahead() {
      return taken.octets() - received;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (!slow) {
        return in.read(to, offset, length);
      }
      if (received % (16 * PIECE) < PIECE) {
        pause();
      }
      int count = in.read(to, offset, Math.min(length, PIECE));
      received += Math.max(0, count);
      most = Math.max(most, ahead());
      return count;
    }

    private static void pause() throws IOException {
      try {
        Thread.sleep(2);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }
}
