package mailwing.imap.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StringsTest {
  /// Strings are copied eight octets at a time: any octet at any place of one, with others behind
  /// it in the array or none.
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 8})
  void eachOctetIsSeenWhereverItStands(int behind) {
    int before = 2;
    for (int length = 0; length <= 27; length++) {
      for (int place = 0; place < Math.max(1, length); place++) {
        for (int octet = 0; octet < 256; octet++) {
          byte[] octets = new byte[before + length + behind];
          Arrays.fill(octets, (byte) '"');
          Arrays.fill(octets, before, before + length, (byte) 'x');
          if (length > 0) {
            octets[before + place] = (byte) octet;
          }
          String text = new String(octets, before, length, ISO_8859_1);
          assertThat(written(octets, before, before + length)).isEqualTo(expected(text));
        }
      }
    }
  }

  private static String written(byte[] octets, int start, int end) {
    byte[] to = new byte[1 + 2 * (end - start) + Strings.BESIDE];
    to[0] = '-';
    int reached = Strings.put(octets, start, end, false, to, 1);
    assertThat(to[0]).isEqualTo((byte) '-');
    return new String(to, 1, reached - 1, ISO_8859_1);
  }

  private static String expected(String text) {
    String its = text.replace("\0", "");
    boolean quoted = its.chars().allMatch(c -> (c >= 0x20 && c < 0x7f) || c == '\t');
    return quoted
        ? '"' + its.replace("\\", "\\\\").replace("\"", "\\\"") + '"'
        : "{" + its.length() + "}\r\n" + its;
  }
}
