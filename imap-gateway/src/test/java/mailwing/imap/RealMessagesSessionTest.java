package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.LongStream;
import mailwing.testkit.RealMessages;
import mailwing.testkit.imap.ImapClient;
import mailwing.testkit.imap.ImapResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Real messages through gateway and store: APPEND, then all octets as they were, ENVELOPE and
/// BODYSTRUCTURE by a strict reader, each part by BODY and by BINARY (RFC 9051 §6.3.12, §6.4.5, RFC
/// 3516), then SEARCH, SORT and THREAD over all (RFC 9051 §6.4.4, RFC 5256).
///
/// A sample by seed, or all, where there is a folder of messages: see [RealMessages].
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealMessagesSessionTest {
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
    gateways.store().addUser("real");
    try (ImapClient client = ImapClient.connect(gateways.port("imap"));
        ImapClient plain = ImapClient.connect(gateways.port("imap"))) {
      client.login("real");
      client.enableUtf8();
      client.done("SELECT INBOX");
      plain.login("real");
      plain.done("SELECT INBOX");
      int uid = 0;
      for (Path file : RealMessages.sample(200, SEED)) {
        byte[] octets = RealMessages.crlf(file);
        if (octets.length > 0) {
          uid++;
          check(client, file, uid, octets);
          // Without UTF8=ACCEPT the same is told in another grammar.
          plain.done("NOOP");
          plain.fetch(uid, "(ENVELOPE BODY BODYSTRUCTURE)");
        }
      }
      assertThat(uid).isPositive();
      searches(plain, uid);
      sorts(plain, uid);
      threads(plain, uid);
    }
  }

  private static void check(ImapClient client, Path file, int uid, byte[] octets)
      throws IOException {
    ByteString message = ByteString.copyFrom(octets);
    ByteString told = RealMessages.withoutNul(octets);
    assertThat(client.append(octets, !told.equals(message))).as("APPEND %s", file).isEqualTo("OK");
    Map<String, @Nullable Object> items =
        client.fetch(uid, "(RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[] BINARY.PEEK[])");
    assertThat(items.get("RFC822.SIZE")).as("size of %s", file).isEqualTo((long) octets.length);
    assertThat(items.get("BINARY[]")).as("BINARY[] of %s", file).isEqualTo(message);
    assertThat(items.get("BODY[]")).as("BODY[] of %s", file).isEqualTo(told);
    for (String part : parts((List<?>) Objects.requireNonNull(items.get("BODYSTRUCTURE")))) {
      Map<String, @Nullable Object> fetched =
          client.fetch(uid, "(BODY.PEEK[" + part + "] BODY.PEEK[" + part + ".MIME])");
      assertThat(fetched.get("BODY[" + part + "]")).as("%s of %s", part, file).isNotNull();
      assertThat(fetched.get("BODY[" + part + ".MIME]")).as("%s of %s", part, file).isNotNull();
      binary(client, uid, part, file);
    }
  }

  /// BINARY gives octets, as many as BINARY.SIZE says, or the encoding is not known.
  private static void binary(ImapClient client, int uid, String part, Path file)
      throws IOException {
    String binary = "BINARY[" + part + "]";
    client.send("UID FETCH " + uid + " (BINARY.PEEK[" + part + "] BINARY.SIZE[" + part + "])\r\n");
    ImapResponse response = client.next();
    while (!response.name().equals("FETCH")) {
      response = client.next();
    }
    String answer = client.answer();
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

  /// What a key finds and what its contrary finds are all messages, each once.
  private static void searches(ImapClient client, int messages) throws IOException {
    for (String key :
        List.of(
            "SUBJECT re",
            "FROM com",
            "TO \"@\"",
            "CC e",
            "BCC e",
            "BODY the",
            "BODY \"of the\"",
            "TEXT received",
            "TEXT \"\"",
            "HEADER Message-ID \"\"",
            "HEADER Content-Type multipart",
            "LARGER 2726",
            "SENTBEFORE 1-Jan-2005",
            "SENTSINCE 1-Jan-2000",
            "SINCE 1-Jan-2000",
            "UNSEEN",
            "OR BODY spam SUBJECT test")) {
      Collection<Object> found = numbers(client, "SEARCH " + key);
      Collection<Object> rest = numbers(client, "SEARCH NOT (" + key + ")");
      assertThat(found.size() + rest.size()).as(key).isEqualTo(messages);
      TreeSet<Object> both = new TreeSet<>(found);
      both.addAll(rest);
      assertThat(both).as(key).hasSize(messages);
    }
    for (String word : List.of("für", "привет", "日本", "é")) {
      byte[] utf8 = word.getBytes(StandardCharsets.UTF_8);
      client.send("SEARCH CHARSET UTF-8 OR SUBJECT {" + utf8.length + "+}\r\n");
      client.send(utf8);
      client.send((" BODY {" + utf8.length + "+}\r\n").getBytes(StandardCharsets.US_ASCII));
      client.send(utf8);
      client.send("\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(client.answer()).as(word).isEqualTo("OK");
    }
  }

  private static void sorts(ImapClient client, int messages) throws IOException {
    List<Object> all = new ArrayList<>();
    LongStream.rangeClosed(1, messages).forEach(all::add);
    for (String criteria :
        List.of(
            "ARRIVAL",
            "CC",
            "DATE",
            "REVERSE DATE",
            "FROM SUBJECT",
            "SIZE",
            "SUBJECT REVERSE SIZE",
            "TO",
            "DISPLAYFROM",
            "DISPLAYTO ARRIVAL")) {
      assertThat(numbers(client, "SORT (" + criteria + ") UTF-8 ALL"))
          .as(criteria)
          .containsExactlyInAnyOrderElementsOf(all);
    }
  }

  private static void threads(ImapClient client, int messages) throws IOException {
    for (String algorithm : List.of("ORDEREDSUBJECT", "REFERENCES", "REFS")) {
      List<Object> told = new ArrayList<>();
      for (ImapResponse response : client.done("THREAD " + algorithm + " UTF-8 ALL")) {
        response.data().stream().filter(Long.class::isInstance).forEach(told::add);
      }
      assertThat(told).as(algorithm).hasSize(messages).doesNotHaveDuplicates();
    }
  }

  private static Collection<Object> numbers(ImapClient client, String command) throws IOException {
    List<Object> numbers = new ArrayList<>();
    for (ImapResponse response : client.done(command)) {
      if (response.name().equals("SEARCH") || response.name().equals("SORT")) {
        numbers.addAll(response.data());
      }
    }
    return numbers;
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
}
