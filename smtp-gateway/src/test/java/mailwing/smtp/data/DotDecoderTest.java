package mailwing.smtp.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 5321 §4.5.2 and §2.3.8: transparency and the only end of DATA.
final class DotDecoderTest {
  private static final String[] PIECES = {
    "\r", "\n", "\r\n", ".", "..", "a", "\0", "\r\n.", "\n.", "\r."
  };

  private record Decoded(String message, int consumed, boolean ended, boolean bare, boolean nul) {}

  @Test
  void onlyCrlfDotCrlfEndsAMessage() {
    assertThat(decode("a\r\n.\r\nX")).isEqualTo(new Decoded("a\r\n", 6, true, false, false));
    assertThat(decode(".\r\nX")).isEqualTo(new Decoded("", 3, true, false, false));
    for (String before : List.of("\r", "\n", "\r\n")) {
      for (String after : List.of("\r", "\n", "\r\n")) {
        Decoded decoded = decode("a" + before + "." + after + "b\r\n.\r\n");
        if (before.equals("\r\n") && after.equals("\r\n")) {
          assertThat(decoded.message).isEqualTo("a\r\n");
        } else {
          String dot = before.equals("\r\n") ? "" : ".";
          assertThat(decoded.message).isEqualTo("a" + before + dot + after + "b\r\n");
          assertThat(decoded.bare).isTrue();
        }
        assertThat(decoded.ended).isTrue();
      }
    }
  }

  @Test
  void dotStuffingIsRemovedExactly() {
    assertThat(decode("..\r\n.a\r\n...\r\n.\r\n").message).isEqualTo(".\r\na\r\n..\r\n");
    assertThat(decode("a.\r\n..\r\nb..\r\n.\r\n").message).isEqualTo("a.\r\n.\r\nb..\r\n");
  }

  @Test
  void everySequenceOfFourPiecesDecodesAsTheGrammarSays() {
    int combinations = (int) Math.pow(PIECES.length, 4);
    for (int n = 0; n < combinations; n++) {
      StringBuilder text = new StringBuilder();
      for (int rest = n, i = 0; i < 4; i++, rest /= PIECES.length) {
        text.append(PIECES[rest % PIECES.length]);
      }
      String stream = text + "\r\n.\r\n";
      assertThat(decode(stream)).as(() -> quote(stream)).isEqualTo(reference(stream));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void anySplitGivesTheSameOctetsForSeed(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(30); i >= 0; i--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      String stream = text + "\r\n.\r\nQUIT\r\n";
      List<Integer> splits = new ArrayList<>();
      for (int i = random.nextInt(8); i > 0; i--) {
        splits.add(random.nextInt(stream.length()));
      }
      assertThat(decode(stream, splits)).as(() -> quote(stream)).isEqualTo(reference(stream));
    }
  }

  private static Decoded decode(String stream) {
    return decode(stream, List.of());
  }

  private static Decoded decode(String stream, List<Integer> splits) {
    byte[] octets = stream.getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    OctetAudit audit = new OctetAudit();
    DotDecoder decoder =
        new DotDecoder(
            (bytes, offset, length) -> {
              audit.look(bytes, offset, length);
              out.write(bytes, offset, length);
            });
    List<Integer> ends = new ArrayList<>(splits);
    ends.add(octets.length);
    int at = 0;
    for (int end : ends.stream().sorted().toList()) {
      while (at < end && !decoder.ended()) {
        // A fresh array each time: nothing may be read again after the call.
        byte[] part = new byte[octets.length];
        System.arraycopy(octets, at, part, at, end - at);
        at = decoder.decode(part, at, end);
      }
    }
    return new Decoded(
        out.toString(StandardCharsets.ISO_8859_1),
        at,
        decoder.ended(),
        audit.bareLineEnd(),
        audit.nul());
  }

  /// The same in the plainest way: whole lines, split at CRLF.
  private static Decoded reference(String stream) {
    StringBuilder message = new StringBuilder();
    int at = 0;
    while (true) {
      int end = stream.indexOf("\r\n", at) + 2;
      String line = stream.substring(at, end);
      at = end;
      if (line.equals(".\r\n")) {
        break;
      }
      message.append(line.startsWith(".") ? line.substring(1) : line);
    }
    String text = message.toString();
    String withoutLineEnds = text.replace("\r\n", "");
    // A CR before CRLF, or LF after it, is bare; replace() pairs each LF with the CR right before
    // it, as it should.
    boolean bare = withoutLineEnds.contains("\r") || withoutLineEnds.contains("\n");
    return new Decoded(text, at, true, bare, text.contains("\0"));
  }

  private static String quote(String text) {
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }
}
