package mailwing.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Scanner;
import java.util.zip.CRC32;

/// Tells whether a message came back as it was sent, from what its own header says of its body: a
/// field that no server changes, whatever it puts before.
final class SampleCheck {
  private static final String NAME = "X-Bench-Body: ";

  /// About what the field takes.
  static final int FIELD_OCTETS = 40;

  private SampleCheck() {}

  /// The field for a body, with its line end.
  static String field(byte[] body) {
    int end = end(body, 0);
    return String.format(Locale.ROOT, "%s%d %08x\r\n", NAME, end, crc(body, 0, end));
  }

  /// Throws if the body is not what the header says.
  static void check(byte[] message) throws IOException {
    String text = new String(message, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    int field = text.indexOf(NAME);
    if (end < 0 || field < 0 || field > end) {
      throw new IOException("a message without the field " + NAME + "came");
    }
    try (Scanner values = new Scanner(text.substring(field + NAME.length(), end + 2))) {
      int octets = values.nextInt();
      int body = end + 4;
      int length = end(message, body) - body;
      if (length != octets || crc(message, body, length) != values.nextLong(16)) {
        throw new IOException(
            "a body of " + octets + " octets came back as other " + length + " octets");
      }
    }
  }

  /// The value of Message-ID, which must be there.
  static String messageId(byte[] message) throws IOException {
    String text = new String(message, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("Message-ID: <");
    int end = text.indexOf('>', at);
    if (at < 0 || end < 0) {
      throw new IOException("a message without Message-ID came");
    }
    return text.substring(at + 12, end + 1);
  }

  /// Where the body ends, its last line end left out: there are servers that take it for SMTP's.
  private static int end(byte[] octets, int from) {
    int end = octets.length;
    return end - from >= 2 && octets[end - 1] == '\n' && octets[end - 2] == '\r' ? end - 2 : end;
  }

  private static long crc(byte[] octets, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(octets, from, length);
    return crc.getValue();
  }
}
