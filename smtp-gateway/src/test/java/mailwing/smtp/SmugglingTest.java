package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.SessionLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Every sequence of CR, LF, dot and a letter, up to a length: the message ends where RFC 5321
/// §4.1.1.4 says and nowhere else, what is taken is exact, and no octet of it is run as a command.
final class SmugglingTest {
  private static final char[] ALPHABET = {'\r', '\n', '.', 'a'};

  /// Six take a minute more.
  private static final int LONGEST = Integer.getInteger("mailwing.smuggling", 5);

  private static final SessionLimits PATIENT =
      new SessionLimits(
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          1_000_000,
          5,
          1_000_000,
          Duration.ofMillis(1));

  private FaultyStore store;
  private GatewayFixture strict;

  @BeforeEach
  void start() throws IOException {
    store = new FaultyStore();
    strict = GatewayFixture.over(store, GatewayFixture.LIMITS, PATIENT, true);
  }

  @AfterEach
  void stop() {
    strict.close();
    store.close();
  }

  private static List<String> sequences(int longest) {
    List<String> all = new ArrayList<>();
    all.add("");
    for (int from = 0; from < all.size() && all.get(from).length() < longest; from++) {
      for (char c : ALPHABET) {
        all.add(all.get(from) + c);
      }
    }
    return all;
  }

  /// Where `<CRLF>.<CRLF>` is complete, the octets beginning after a CRLF; -1 where it is not.
  private static int end(String octets) {
    int at = ("\r\n" + octets).indexOf("\r\n.\r\n");
    return at < 0 ? -1 : at + 3;
  }

  private static boolean hasBareLineEnd(String octets) {
    String rest = octets.replace("\r\n", "");
    return rest.indexOf('\r') >= 0 || rest.indexOf('\n') >= 0;
  }

  /// What the octets before the final dot stand for: a dot that begins a line, and is not alone in
  /// it, is dropped.
  private static String unstuffed(String octets) {
    return ("\r\n" + octets).replace("\r\n.", "\r\n").substring(2);
  }

  private String lastBody() {
    String whole = store.stored.getLast().data().toString(StandardCharsets.ISO_8859_1);
    int end = 0;
    do {
      end = whole.indexOf("\r\n", end) + 2;
    } while (whole.startsWith("\t", end));
    return whole.substring(end);
  }

  private static void envelope(SmtpClient client, String parameters, String then)
      throws IOException {
    client.send("MAIL FROM:<a@b.test>" + parameters + "\r\nRCPT TO:<bob@example.test>\r\n" + then);
    assertThat(client.reply()).startsWith("250 2.1.0 ");
    assertThat(client.reply()).startsWith("250 2.1.5 ");
  }

  private void accepted(String reply, String wanted, Optional<String> text, int stored) {
    if (text.isEmpty()) {
      assertThat(reply).as(wanted).startsWith("550 5.6.0 ");
      assertThat(store.stored).hasSize(stored);
    } else {
      assertThat(reply).as(wanted).startsWith("250 2.0.0 ");
      assertThat(store.stored).hasSize(stored + 1);
      assertThat(lastBody()).isEqualTo(text.get());
    }
  }

  private static String readable(String octets) {
    return octets.replace("\r", "\\r").replace("\n", "\\n");
  }

  @Test
  void dataEndsAtTheOneDotForAllSequences() throws IOException {
    int tried = 0;
    for (String listener : List.of("smtp", "lmtp")) {
      try (SmtpClient client = SmtpClient.greeted(strict.port(listener))) {
        client.command(listener.equals("lmtp") ? "LHLO c" : "EHLO c");
        for (String sequence : sequences(listener.equals("lmtp") ? 4 : LONGEST)) {
          String whole = sequence + "\r\n.\r\n";
          if (end(whole) != whole.length()) {
            continue;
          }
          tried++;
          String text = whole.substring(0, whole.length() - 3);
          int stored = store.stored.size();
          envelope(client, "", "DATA\r\n" + whole);
          assertThat(client.reply()).startsWith("354 ");
          Optional<String> kept =
              hasBareLineEnd(text) ? Optional.empty() : Optional.of(unstuffed(text));
          accepted(client.reply(), readable(whole), kept, stored);
        }
        assertThat(client.command("NOOP")).startsWith("250 ");
      }
    }
    assertThat(tried).isGreaterThan(1000);
  }

  @Test
  void chunksAreTakenByCountForAllSequencesAndSplits() throws IOException {
    try (SmtpClient client = strict.mx()) {
      client.command("EHLO c");
      for (String sequence : sequences(4)) {
        for (int split = 0; split <= sequence.length(); split++) {
          String first = sequence.substring(0, split);
          String rest = sequence.substring(split);
          String chunks =
              ("BDAT " + first.length() + "\r\n" + first)
                  + ("BDAT " + rest.length() + " LAST\r\n" + rest);
          envelope(client, "", chunks);
          assertThat(client.reply()).startsWith("250 ");
          assertThat(client.reply())
              .as(readable(sequence))
              .startsWith(hasBareLineEnd(sequence) ? "550 5.6.0 " : "250 2.0.0 ");
          if (!hasBareLineEnd(sequence)) {
            assertThat(lastBody()).isEqualTo(sequence);
          }

          envelope(client, " BODY=BINARYMIME", chunks);
          assertThat(client.reply()).startsWith("250 ");
          assertThat(client.reply()).as(readable(sequence)).startsWith("250 ");
          assertThat(lastBody()).isEqualTo(sequence);
        }
      }
      assertThat(client.command("NOOP")).startsWith("250 ");
    }
  }
}
