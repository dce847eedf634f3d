package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import mailwing.imap.protocol.RealMessages;
import mailwing.testkit.TestStore;
import mailwing.testkit.imap.ImapResponse;
import mailwing.testkit.imap.ImapResponseReader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Real messages through gateway and store: APPEND, then all octets as they were, ENVELOPE and
/// BODYSTRUCTURE by a strict reader, each part by BODY and by BINARY (RFC 9051 §6.3.12, §6.4.5, RFC
/// 3516).
///
/// A sample by seed; all of them with `-Dmailwing.corpus.all=true`. Runs where there is a folder of
/// messages, see [RealMessages].
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealMessagesSessionTest {
  private static final int SAMPLE = 200;
  private static final long SEED = 20261121;

  private @Nullable ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    if (RealMessages.folder() != null) {
      fixture = ImapFixture.startPolling(Duration.ofSeconds(3));
    }
  }

  @AfterAll
  void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void whatIsAppendedIsReadBackWithSeed20261121() throws IOException {
    ImapFixture gateways = fixture;
    assumeTrue(gateways != null, "no folder of messages: set -Dmailwing.corpus=DIR");
    if (gateways == null) {
      return;
    }
    List<Path> files = new ArrayList<>(RealMessages.files());
    if (!Boolean.getBoolean("mailwing.corpus.all")) {
      Collections.shuffle(files, new Random(SEED));
      files = files.subList(0, Math.min(SAMPLE, files.size()));
    }
    gateways.store().addUser("real");
    try (Client client = new Client(gateways.port("imap"));
        Client plain = new Client(gateways.port("imap"))) {
      client.login("real");
      client.done("ENABLE UTF8=ACCEPT");
      client.in.utf8(true);
      client.done("SELECT INBOX");
      plain.login("real");
      plain.done("SELECT INBOX");
      int uid = 0;
      for (Path file : files) {
        byte[] octets = crlf(Files.readAllBytes(file));
        if (octets.length > 0) {
          uid++;
          check(client, file, uid, octets);
          // Without UTF8=ACCEPT the same is told in another grammar.
          plain.done("NOOP");
          plain.fetch(uid, "(ENVELOPE BODY BODYSTRUCTURE)");
        }
      }
      assertThat(uid).isPositive();
    }
  }

  private static void check(Client client, Path file, int uid, byte[] octets) throws IOException {
    ByteString message = ByteString.copyFrom(octets);
    boolean nul = !message.equals(substituted(octets));
    client.send("APPEND INBOX " + (nul ? "~" : "") + "{" + octets.length + "+}\r\n");
    client.send(octets);
    client.send("\r\n");
    assertThat(client.answer()).as("APPEND %s", file).isEqualTo("OK");
    Map<String, @Nullable Object> items =
        client.fetch(uid, "(RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[] BINARY.PEEK[])");
    assertThat(items.get("RFC822.SIZE")).as("size of %s", file).isEqualTo((long) octets.length);
    assertThat(items.get("BINARY[]")).as("BINARY[] of %s", file).isEqualTo(message);
    assertThat(items.get("BODY[]")).as("BODY[] of %s", file).isEqualTo(substituted(octets));
    for (String part : parts((List<?>) Objects.requireNonNull(items.get("BODYSTRUCTURE")))) {
      Map<String, @Nullable Object> told =
          client.fetch(uid, "(BODY.PEEK[" + part + "] BODY.PEEK[" + part + ".MIME])");
      assertThat(told.get("BODY[" + part + "]")).as("%s of %s", part, file).isNotNull();
      assertThat(told.get("BODY[" + part + ".MIME]")).as("%s of %s", part, file).isNotNull();
      client.binary(uid, part, file);
    }
  }

  /// The numbers of all parts, as BODYSTRUCTURE tells them.
  private static List<String> parts(List<?> structure) {
    List<String> parts = new ArrayList<>();
    if (structure.getFirst() instanceof List<?>) {
      children(structure, "", parts);
    } else {
      part(structure, "1", parts);
    }
    return parts;
  }

  private static void children(List<?> multipart, String prefix, List<String> to) {
    for (int i = 0; i < multipart.size() && multipart.get(i) instanceof List<?> child; i++) {
      part(child, prefix + (i + 1), to);
    }
  }

  private static void part(List<?> part, String number, List<String> to) {
    to.add(number);
    if (part.getFirst() instanceof List<?>) {
      children(part, number + ".", to);
    } else if (isMessage(part) && part.get(8) instanceof List<?> within) {
      if (within.getFirst() instanceof List<?>) {
        children(within, number + ".", to);
      } else {
        part(within, number + ".1", to);
      }
    }
  }

  private static boolean isMessage(List<?> part) {
    return text(part.get(0)).equalsIgnoreCase("message")
        && (text(part.get(1)).equalsIgnoreCase("rfc822")
            || text(part.get(1)).equalsIgnoreCase("global"))
        && part.size() > 8;
  }

  private static String text(@Nullable Object string) {
    return string instanceof ByteString octets
        ? octets.toString(StandardCharsets.ISO_8859_1)
        : String.valueOf(string);
  }

  private static ByteString substituted(byte[] octets) {
    byte[] copy = octets.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = copy[i] == 0 ? (byte) 0x80 : copy[i];
    }
    return ByteString.copyFrom(copy);
  }

  private static byte[] crlf(byte[] octets) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (int i = 0; i < octets.length; i++) {
      if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r')) {
        lines.write('\r');
      }
      lines.write(octets[i]);
    }
    return lines.toByteArray();
  }

  /// A client that reads strictly.
  private static final class Client implements AutoCloseable {
    private final Socket socket;
    private final OutputStream out;
    private final ImapResponseReader in;

    Client(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(60_000);
      socket.setTcpNoDelay(true);
      out = socket.getOutputStream();
      in = new ImapResponseReader(new BufferedInputStream(socket.getInputStream()));
      assertThat(next().name()).isEqualTo("OK");
    }

    void send(String command) throws IOException {
      send((command.startsWith("\r") ? command : "a " + command).getBytes(StandardCharsets.UTF_8));
    }

    void send(byte[] octets) throws IOException {
      out.write(octets);
    }

    void login(String user) throws IOException {
      done("LOGIN " + user + "@" + TestStore.DOMAIN + " wing");
    }

    void done(String command) throws IOException {
      send(command + "\r\n");
      assertThat(answer()).as(command).isEqualTo("OK");
    }

    private ImapResponse next() {
      ImapResponse response = in.next();
      if (response == null) {
        throw new AssertionError("the server ended the stream");
      }
      return response;
    }

    /// The tagged response's name; with its code for NO.
    String answer() {
      ImapResponse response = next();
      while (!response.tag().equals("a")) {
        response = next();
      }
      return response.name().equals("OK") ? "OK" : response.name() + " " + response.code();
    }

    Map<String, @Nullable Object> fetch(int uid, String items) throws IOException {
      send("UID FETCH " + uid + " " + items + "\r\n");
      ImapResponse response = next();
      while (!response.name().equals("FETCH")) {
        response = next();
      }
      assertThat(answer()).as(items).isEqualTo("OK");
      return response.items();
    }

    /// BINARY gives octets, as many as BINARY.SIZE says, or the encoding is not known.
    void binary(int uid, String part, Path file) throws IOException {
      String binary = "BINARY[" + part + "]";
      send("UID FETCH " + uid + " (BINARY.PEEK[" + part + "] BINARY.SIZE[" + part + "])\r\n");
      ImapResponse response = next();
      while (!response.name().equals("FETCH")) {
        response = next();
      }
      String answer = answer();
      if (answer.startsWith("NO")) {
        assertThat(answer).as("%s of %s", binary, file).isEqualTo("NO UNKNOWN-CTE");
        return;
      }
      ByteString octets = (ByteString) response.items().get(binary);
      assertThat(octets).as("%s of %s", binary, file).isNotNull();
      assertThat(response.items().get("BINARY.SIZE[" + part + "]"))
          .as("size of %s of %s", binary, file)
          .isEqualTo(octets == null ? -1L : (long) octets.size());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
