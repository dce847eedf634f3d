package mailwing.pop3;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import mailwing.gateway.OctetWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DotStuffingTest {
  private static String stuffed(String message, int lines, int piece) throws IOException {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    OctetWriter out = new OctetWriter(sink);
    DotStuffing stuffing = lines < 0 ? DotStuffing.whole(out) : DotStuffing.top(out, lines);
    for (int from = 0; from < message.length() && !stuffing.full(); from += piece) {
      String part = message.substring(from, Math.min(message.length(), from + piece));
      stuffing.write(ByteString.copyFrom(part, StandardCharsets.ISO_8859_1));
    }
    stuffing.end();
    out.flush();
    return sink.toString(StandardCharsets.ISO_8859_1);
  }

  /// In the table ; is CRLF, n is LF and r is CR.
  private static String octets(String text) {
    return text.replace(";", "\r\n").replace('n', '\n').replace('r', '\r');
  }

  @ParameterizedTest
  @CsvSource({
    "a;b;, a;b;.;",
    "a;b, a;b;.;",
    "'', .;",
    ".;, ..;.;",
    "., ..;.;",
    "..a;, ...a;.;",
    "a;.;b;, a;..;b;.;",
    "a;.b, a;..b;.;",
    // Bare LF and CR are octets like others.
    "an.b;, an.b;.;",
    "an..b;, an..b;.;",
    "ar.b;, ar.b;.;",
    "an, an;.;",
    "ar, ar;.;",
    "arr;.;, arr;..;.;",
    // But nothing that a client could take for the end.
    "an.;b;, an..;b;.;",
    "an.nb;, an..nb;.;",
    "an., an..;.;",
    "an.r, an..r;.;",
    "an.rb;, an.rb;.;",
    "n.n.n.;, n..n..n..;.;",
  })
  void responseIsExact(String message, String response) throws IOException {
    for (int piece = 1; piece < 8; piece++) {
      assertThat(stuffed(octets(message), -1, piece)).isEqualTo(octets(response));
    }
  }

  @Test
  void topCountsBodyLines() throws IOException {
    String head = "A: 1\r\nB: 2\r\n\r\n";
    String message = head + "one\r\n.two\r\nthree";
    for (int piece = 1; piece < 12; piece++) {
      assertThat(stuffed(message, 0, piece)).isEqualTo(head + ".\r\n");
      assertThat(stuffed(message, 1, piece)).isEqualTo(head + "one\r\n.\r\n");
      assertThat(stuffed(message, 2, piece)).isEqualTo(head + "one\r\n..two\r\n.\r\n");
      assertThat(stuffed(message, 9, piece)).isEqualTo(head + "one\r\n..two\r\nthree\r\n.\r\n");
      assertThat(stuffed("\r\nbody\r\n", 0, piece)).isEqualTo("\r\n.\r\n");
      assertThat(stuffed("A: no body\r\n", 5, piece)).isEqualTo("A: no body\r\n.\r\n");
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void randomMessagesComeBackUnlessBareLfStandsBeforeADot(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < 1000; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(30);
      for (int i = 0; i < length; i++) {
        text.append(".\r\na".charAt(random.nextInt(4)));
      }
      String message = text.toString().replaceAll("(?<!\r)\n\\.", "\na");
      String response = stuffed(message, -1, 1 + random.nextInt(9));
      String body = response.substring(0, response.length() - 3);
      String back = ("\r\n" + body).replace("\r\n.", "\r\n").substring(2);
      assertThat(response).endsWith(".\r\n");
      assertThat(back)
          .isEqualTo(message.endsWith("\r\n") || message.isEmpty() ? message : message + "\r\n");
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {11, 12, 13, 14})
  void noLineIsALoneDotHoweverLinesAreSplit(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < 1000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(".\r\na".charAt(random.nextInt(4)));
      }
      String response = stuffed(text.toString(), -1, 1 + random.nextInt(9));
      String body = "\n" + response.substring(0, response.length() - 3);
      assertThat(body).doesNotContain("\n.\n").doesNotContain("\n.\r\n");
    }
  }
}
