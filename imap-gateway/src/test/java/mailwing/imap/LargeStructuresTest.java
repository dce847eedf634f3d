package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import mailwing.store.v1.MessagesGrpc;
import mailwing.testkit.imap.ImapClient;
import mailwing.testkit.imap.ImapResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A FETCH of messages of which more is known than a gateway holds at a time: it asks for some of
/// them and writes those, and so on; a client cannot tell.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeStructuresTest {
  private static final int MESSAGES = 45;
  private static final int PARTS = 3000;

  private CountedGateway gateway;

  @BeforeAll
  void start() throws IOException {
    gateway = new CountedGateway(MessagesGrpc.getFetchMessagesMethod());
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  /// A third of the messages are ordinary ones.
  private static int parts(long uid) {
    return uid % 3 == 0 ? 2 : (int) (PARTS + uid);
  }

  private static byte[] message(long uid, int parts) {
    return ("Subject: message "
            + uid
            + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + "--b\n\n\n".repeat(parts)
            + "--b--\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private ImapClient filled(String user) throws IOException {
    gateway.store.addUser(user);
    ImapClient session = gateway.login(user);
    for (long uid = 1; uid <= MESSAGES; uid++) {
      assertThat(session.append(message(uid, parts(uid)), false)).isEqualTo("OK");
    }
    return session;
  }

  private static List<ImapResponse> fetched(ImapClient session, String command) throws IOException {
    return session.done(command).stream().filter(r -> r.name().equals("FETCH")).toList();
  }

  private static List<Long> uids(List<ImapResponse> fetched) {
    return fetched.stream().map(r -> (Long) Objects.requireNonNull(r.items().get("UID"))).toList();
  }

  private static List<Long> upTo(long last, long but) {
    return LongStream.rangeClosed(1, last).filter(uid -> uid != but).boxed().toList();
  }

  private static void assertStructures(List<ImapResponse> fetched) {
    for (ImapResponse response : fetched) {
      long uid = (Long) Objects.requireNonNull(response.items().get("UID"));
      List<@Nullable Object> structure = structure(response);
      assertThat(structure.stream().filter(field -> field instanceof List).count())
          .as("parts of %s, and the parameters", uid)
          .isEqualTo(parts(uid) + 1L);
    }
  }

  @SuppressWarnings("unchecked")
  private static List<@Nullable Object> structure(ImapResponse response) {
    return (List<@Nullable Object>)
        Objects.requireNonNull(response.items().get("BODYSTRUCTURE"), "BODYSTRUCTURE");
  }

  @Test
  void structuresThatAreMoreThanIsHeldComeWholeAndInOrder() throws IOException {
    try (ImapClient session = filled("whole")) {
      gateway.calls.reset();
      List<ImapResponse> fetched = fetched(session, "UID FETCH 1:* (BODYSTRUCTURE)");
      assertThat(uids(fetched)).isEqualTo(upTo(MESSAGES, 0));
      assertStructures(fetched);
      assertThat(gateway.calls.calls()).isBetween(3, 10);
      // Some of it the cache knows.
      fetched = fetched(session, "UID FETCH 1:* (BODYSTRUCTURE)");
      assertThat(uids(fetched)).isEqualTo(upTo(MESSAGES, 0));
      assertStructures(fetched);
    }
  }

  @Test
  void whatIsGoneIsPassedOverAndWhatIsSeenIsSetOnce() throws IOException {
    try (ImapClient session = filled("gone");
        ImapClient other = gateway.login("gone")) {
      other.done("UID STORE 20 +FLAGS (\\Deleted)");
      other.done("UID EXPUNGE 20");
      List<ImapResponse> fetched = fetched(session, "UID FETCH 1:* (BODYSTRUCTURE BODY[1])");
      List<ImapResponse> told =
          fetched.stream().filter(r -> r.items().containsKey("BODYSTRUCTURE")).toList();
      assertThat(uids(told)).isEqualTo(upTo(MESSAGES, 20));
      assertStructures(told);
      assertThat(told)
          .allSatisfy(
              r ->
                  assertThat((List<?>) Objects.requireNonNull(r.items().get("FLAGS"), "FLAGS"))
                      .asString()
                      .contains("Seen"));
      assertThat(fetched(session, "UID SEARCH UNSEEN")).isEmpty();
    }
  }

  @Test
  void ordinaryOnesAreAskedForByOneCall() throws IOException {
    gateway.store.addUser("little");
    try (ImapClient session = gateway.login("little")) {
      for (long uid = 1; uid <= MESSAGES; uid++) {
        assertThat(session.append(message(uid, 2), false)).isEqualTo("OK");
      }
      gateway.calls.reset();
      assertThat(uids(fetched(session, "UID FETCH 1:* (BODYSTRUCTURE)")))
          .isEqualTo(upTo(MESSAGES, 0));
      assertThat(gateway.calls.calls()).isEqualTo(1);
    }
  }

  /// RFC 5465 §5.2.
  @Test
  void newMessagesAreToldOfWhole() throws IOException {
    gateway.store.addUser("new");
    List<Long> told = new ArrayList<>();
    try (ImapClient session = gateway.login("new");
        ImapClient other = gateway.login("new")) {
      session.done("NOTIFY SET (SELECTED (MessageNew (UID BODYSTRUCTURE) MessageExpunge))");
      for (long uid = 1; uid <= MESSAGES; uid++) {
        assertThat(other.append(message(uid, parts(uid)), false)).isEqualTo("OK");
      }
      while (told.size() < MESSAGES) {
        List<ImapResponse> fetched = fetched(session, "NOOP");
        assertStructures(fetched);
        told.addAll(uids(fetched));
      }
    }
    assertThat(told).isEqualTo(upTo(MESSAGES, 0));
  }
}
