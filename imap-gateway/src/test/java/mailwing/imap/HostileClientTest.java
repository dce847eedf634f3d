package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.testkit.imap.ImapResponse;
import mailwing.testkit.imap.ImapResponseReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands whole and broken, and octets of all kinds, in every state of a session: each response
/// is in the grammar, each session ends, and none takes the gateway along (RFC 9051 §7, §9).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileClientTest {
  private static final int ROUNDS = 110;
  private static final int TLS_ALERT = 21;
  private static final String LOGIN = "a LOGIN hostile@example.test wing\r\n";

  /// What brings a session into each of its states.
  private static final List<String> STATES =
      List.of(
          "",
          "a AUTHENTICATE PLAIN\r\n",
          "a AUTHENTICATE SCRAM-SHA-256\r\n",
          LOGIN,
          LOGIN + "b SELECT INBOX\r\n",
          LOGIN + "b EXAMINE INBOX\r\n",
          LOGIN + "b SELECT INBOX\r\nc IDLE\r\n",
          LOGIN + "b IDLE\r\n",
          LOGIN + "b SELECT INBOX\r\nc CLOSE\r\n",
          LOGIN + "b APPEND INBOX {2000+}\r\nSubject: x\r\n\r\n",
          LOGIN + "b APPEND INBOX (\\Seen) {3}\r\n");

  /// Commands of every family, as a client may send them in a wrong state or with a wrong end.
  private static final List<String> PIECES =
      List.of(
          "CAPABILITY",
          "NOOP",
          "LOGOUT",
          "STARTTLS",
          "LOGIN ",
          "AUTHENTICATE PLAIN ",
          "ENABLE CONDSTORE",
          "SELECT ",
          "EXAMINE ",
          "CREATE ",
          "DELETE ",
          "RENAME ",
          "SUBSCRIBE ",
          "UNSUBSCRIBE ",
          "LIST \"\" ",
          "LSUB \"\" ",
          "NAMESPACE",
          "STATUS ",
          "APPEND ",
          "IDLE",
          "DONE",
          "CHECK",
          "CLOSE",
          "UNSELECT",
          "EXPUNGE",
          "SEARCH ",
          "FETCH ",
          "STORE ",
          "COPY ",
          "MOVE ",
          "UID ",
          "ID ",
          "ID NIL",
          "GETQUOTAROOT ",
          "1:*",
          "1:4294967295",
          "4294967296",
          "0",
          "*",
          "1,2,3,5:7",
          "$",
          "INBOX",
          "Trash",
          "\"a b\"",
          "&Jjo-",
          "(FLAGS UID)",
          "(ENVELOPE BODYSTRUCTURE)",
          "BODY[]",
          "BODY.PEEK[HEADER.FIELDS (TO FROM)]",
          "BODY[1.2.MIME]",
          "BODY[TEXT]<0.4294967295>",
          "RFC822.SIZE",
          "ALL",
          "FULL",
          "+FLAGS ",
          "-FLAGS.SILENT ",
          "(\\Seen $Forwarded)",
          "(\\Recent)",
          "NOT ",
          "OR ",
          "TEXT \"x\"",
          "BODY {1}\r\nx",
          "SINCE 1-Jan-2026",
          "BEFORE 31-Feb-2026",
          "HEADER Subject \"\"",
          "CHARSET UTF-8 ",
          "CHARSET X-NONE ",
          "KEYWORD x",
          "(MESSAGES UIDNEXT)",
          "(UNKNOWN)",
          "{10}\r\n",
          "{10+}\r\n0123456789",
          "{99999999999999999999}\r\n",
          "{4294967296+}\r\n",
          "~{3+}\r\na\0b",
          "\"unfinished",
          "(",
          ")",
          "((((((((((((((((((((((((((((((((",
          " ",
          " ",
          " ",
          "\r\n",
          "\r\n",
          "\r\n",
          "\r\n",
          "\r\nx ",
          "\r\nx ",
          "\r\nx ",
          "\r\ny UID ",
          "\n",
          "\r",
          "\0",
          "é",
          "%",
          "\\",
          "[",
          "]",
          "*");

  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.startPolling(Duration.ofSeconds(3));
    fixture.store().addUser("hostile");
    for (int i = 0; i < 5; i++) {
      fixture.deliver("hostile", "message" + i);
    }
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 8, 12})
  void everyResponseIsInTheGrammarAndEverySessionEndsForSeed(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      converse(attack(STATES.get(round % STATES.size()), random));
    }
    List<String> ended =
        converse((LOGIN + "z SELECT INBOX\r\ny LOGOUT\r\n").getBytes(StandardCharsets.US_ASCII));
    assertThat(ended).contains("a OK", "z OK", "y OK");
  }

  /// Sends everything, ends the sending side, and reads to the end; the tags and names of all
  /// responses.
  private List<String> converse(byte[] octets) throws IOException {
    List<String> names = new ArrayList<>();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.port("imap"))) {
      socket.setSoTimeout(20_000);
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                try {
                  socket.getOutputStream().write(octets);
                  socket.shutdownOutput();
                } catch (IOException e) {
                  // The server has ended the session and said so; what it said is still read.
                }
              });
      ImapResponseReader reader = new ImapResponseReader(socket.getInputStream());
      for (ImapResponse response = reader.next(); response != null; response = reader.next()) {
        names.add(response.tag() + " " + response.name());
        if (response.text().equals("Begin TLS negotiation now")) {
          // No handshake comes: TLS says so, and no command sent in clear is answered.
          assertThat(socket.getInputStream().read()).isIn(TLS_ALERT, -1);
          break;
        }
      }
      sender.interrupt();
    }
    assertThat(names).isNotEmpty();
    return names;
  }

  private static byte[] attack(String state, Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(state.getBytes(StandardCharsets.US_ASCII));
    for (int i = random.nextInt(60); i >= 0; i--) {
      switch (random.nextInt(16)) {
        case 0 -> {
          byte[] noise = new byte[random.nextInt(200)];
          random.nextBytes(noise);
          out.writeBytes(noise);
        }
        case 1 ->
            out.writeBytes("x".repeat(random.nextInt(90_000)).getBytes(StandardCharsets.US_ASCII));
        default ->
            out.writeBytes(
                PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }
}
