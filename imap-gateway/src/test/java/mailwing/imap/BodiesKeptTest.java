package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import mailwing.store.v1.MessagesGrpc;
import mailwing.testkit.imap.ImapClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What a gateway asks the store for when bodies are read again, or one after the other, and that
/// each body is what was stored.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BodiesKeptTest {
  private static final int MESSAGES = 120;

  private final Random random = new Random(20261122);
  private CountedGateway gateway;

  @BeforeAll
  void start() throws IOException {
    gateway =
        new CountedGateway(MessagesGrpc.getFetchMessagesMethod(), MessagesGrpc.getReadBodyMethod());
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  private ByteString message(int octets, boolean nul) {
    byte[] message = new byte[octets];
    for (int i = 0; i < octets; i++) {
      message[i] = (byte) (i % 70 == 68 ? '\r' : i % 70 == 69 ? '\n' : 'a' + random.nextInt(26));
    }
    byte[] header = "Subject: some\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(header, 0, message, 0, header.length);
    if (nul) {
      message[octets - 10] = 0;
    }
    return ByteString.copyFrom(message);
  }

  private List<ByteString> append(String user, int count, int octets) throws IOException {
    gateway.store.addUser(user);
    List<ByteString> messages = new ArrayList<>();
    try (ImapClient session = gateway.login(user)) {
      for (int i = 0; i < count; i++) {
        ByteString message = message(octets + random.nextInt(500), false);
        messages.add(message);
        assertThat(session.append(message.toByteArray(), false)).isEqualTo("OK");
      }
    }
    return messages;
  }

  private static ByteString body(ImapClient session, int uid) throws IOException {
    return (ByteString)
        Objects.requireNonNull(session.fetch(uid, "BODY.PEEK[]").get("BODY[]"), "BODY[]");
  }

  @Test
  void bodiesThatAreReadOneByOneComeInFewCallsUpwardsAndDownwards() throws IOException {
    List<ByteString> messages = append("upwards", MESSAGES, 2000);
    try (ImapClient session = gateway.login("upwards")) {
      gateway.calls.reset();
      for (int uid = 1; uid <= MESSAGES; uid++) {
        assertThat(body(session, uid)).as("body %s", uid).isEqualTo(messages.get(uid - 1));
      }
      assertThat(gateway.calls.calls()).isBetween(1, 10);
    }
    messages = append("downwards", MESSAGES, 2000);
    try (ImapClient session = gateway.login("downwards")) {
      gateway.calls.reset();
      for (int uid = MESSAGES; uid >= 1; uid--) {
        assertThat(body(session, uid)).as("body %s", uid).isEqualTo(messages.get(uid - 1));
      }
      assertThat(gateway.calls.calls()).isBetween(1, 10);
    }
  }

  @Test
  void bodiesThatAreReadAnyhowAreNotReadAhead() throws IOException {
    List<ByteString> messages = append("anyhow", MESSAGES, 2000);
    try (ImapClient session = gateway.login("anyhow")) {
      gateway.calls.reset();
      for (int uid = 1; uid <= MESSAGES; uid += 3) {
        assertThat(body(session, uid)).isEqualTo(messages.get(uid - 1));
      }
      assertThat(gateway.calls.calls()).isEqualTo((MESSAGES + 2) / 3);
    }
  }

  @Test
  void whatIsExpungedWithinARunIsPassedOver() throws IOException {
    List<ByteString> messages = append("holes", MESSAGES, 2000);
    try (ImapClient session = gateway.login("holes");
        ImapClient other = gateway.login("holes")) {
      for (int uid = 1; uid <= 20; uid++) {
        assertThat(body(session, uid)).isEqualTo(messages.get(uid - 1));
      }
      other.done("UID STORE 60:80 +FLAGS (\\Deleted)");
      other.done("UID EXPUNGE 60:80");
      session.done("NOOP");
      for (int uid = 21; uid <= MESSAGES; uid++) {
        if (uid < 60 || uid > 80) {
          assertThat(body(session, uid)).isEqualTo(messages.get(uid - 1));
        }
      }
    }
  }

  @Test
  void largeBodiesAreAskedForOnceAndPartsOfThemAreCutFromWhatIsKept() throws IOException {
    List<ByteString> messages = append("large", 3, 700_000);
    try (ImapClient session = gateway.login("large");
        ImapClient other = gateway.login("large")) {
      for (int uid = 1; uid <= 3; uid++) {
        assertThat(body(session, uid)).isEqualTo(messages.get(uid - 1));
      }
      gateway.calls.reset();
      for (int uid = 1; uid <= 3; uid++) {
        ByteString message = messages.get(uid - 1);
        assertThat(body(other, uid)).isEqualTo(message);
        for (int offset : new int[] {0, 131_071, 131_072, 262_144, 650_000}) {
          String item = "BODY.PEEK[]<" + offset + ".140000>";
          assertThat(other.fetch(uid, item))
              .containsEntry(
                  "BODY[]<" + offset + ">",
                  message.substring(offset, Math.min(message.size(), offset + 140_000)));
        }
      }
      assertThat(gateway.calls.calls()).isZero();
    }
  }

  @Test
  void anotherAccountsBodiesAreItsOwn() throws IOException {
    List<ByteString> first = append("own-a", 2, 300_000);
    List<ByteString> second = append("own-b", 2, 300_000);
    try (ImapClient a = gateway.login("own-a");
        ImapClient b = gateway.login("own-b")) {
      for (int uid = 1; uid <= 2; uid++) {
        assertThat(body(a, uid)).isEqualTo(first.get(uid - 1));
        assertThat(body(b, uid)).isEqualTo(second.get(uid - 1));
        assertThat(body(a, uid)).isEqualTo(first.get(uid - 1));
      }
    }
  }

  @Test
  void aNulInALargeBodyIsToldAsEachItemHasTo() throws IOException {
    gateway.store.addUser("nul");
    ByteString message = message(400_000, true);
    byte[] told = message.toByteArray();
    told[told.length - 10] = (byte) 0x80;
    try (ImapClient session = gateway.login("nul")) {
      assertThat(session.append(message.toByteArray(), true)).isEqualTo("OK");
      for (int i = 0; i < 2; i++) {
        assertThat(session.fetch(1, "(BODY.PEEK[] BINARY.PEEK[])"))
            .containsEntry("BODY[]", ByteString.copyFrom(told))
            .containsEntry("BINARY[]", message);
      }
    }
  }
}
