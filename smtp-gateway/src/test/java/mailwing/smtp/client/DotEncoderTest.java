package mailwing.smtp.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import mailwing.smtp.data.DotDecoder;
import org.junit.jupiter.api.Test;

/// What goes out as DATA ends where the message does, whatever is in it.
final class DotEncoderTest {
  private static String encoded(byte[] message, Random split) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DotEncoder encoder = new DotEncoder(out);
    for (int at = 0; at < message.length; ) {
      int part = Math.min(1 + split.nextInt(7), message.length - at);
      encoder.write(message, at, part);
      at += part;
    }
    encoder.end();
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static String encoded(String message) throws IOException {
    return encoded(message.getBytes(StandardCharsets.ISO_8859_1), new Random(1));
  }

  @Test
  void dotsAreDoubledAtTheBeginningOfLinesAlone() throws IOException {
    assertThat(encoded(".a\r\n..b\r\nc.\r\n")).isEqualTo("..a\r\n...b\r\nc.\r\n.\r\n");
    assertThat(encoded("no end of line")).isEqualTo("no end of line\r\n.\r\n");
    assertThat(encoded("")).isEqualTo(".\r\n");
  }

  @Test
  void bareLineEndsBecomeWholeOnes() throws IOException {
    assertThat(encoded("a\n.\nb\r.\rc\r\r\n.\r\n"))
        .isEqualTo("a\r\n..\r\nb\r\n..\r\nc\r\n\r\n..\r\n.\r\n");
  }

  @Test
  void whateverIsSentEndsOnceForEveryReader() throws IOException {
    Random random = new Random(20261122);
    char[] alphabet = {'.', '\r', '\n', 'a', '.', '\r', '\n'};
    for (int round = 0; round < 20_000; round++) {
      StringBuilder message = new StringBuilder();
      for (int i = random.nextInt(14); i > 0; i--) {
        message.append(alphabet[random.nextInt(alphabet.length)]);
      }
      String sent = encoded(message.toString().getBytes(StandardCharsets.ISO_8859_1), random);
      // Neither CR nor LF alone, and the end once: so a reader that takes one for a line end, or
      // LF.LF for the end, sees the same.
      assertThat(sent.replace("\r\n", "")).as("%s", message).doesNotContain("\r", "\n");
      assertThat(("\r\n" + sent).indexOf("\r\n.\r\n")).isEqualTo(sent.length() - 3);
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      DotDecoder decoder = new DotDecoder(read::write);
      byte[] octets = sent.getBytes(StandardCharsets.ISO_8859_1);
      assertThat(decoder.decode(octets, 0, octets.length)).isEqualTo(octets.length);
      assertThat(decoder.ended()).isTrue();
    }
  }
}
