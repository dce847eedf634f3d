package mailwing.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/// Makes messages of a given size that look like mail: the usual header, text in lines, no two
/// alike.
final class SampleMessages {
  private static final String WORDS =
      "meeting report invoice project release review summer garden letter answer question ticket"
          + " travel budget schedule update customer order delivery music window river";

  private final int octets;
  private final Random random;
  private final String[] words = WORDS.split(" ");

  SampleMessages(int octets, long seed) {
    this.octets = octets;
    this.random = new Random(seed);
  }

  /// A message of about the size asked for, CRLF line ends, no line that starts with a dot. Its
  /// header tells what its body must be ([SampleCheck]).
  byte[] next(String from, String to) {
    StringBuilder head = new StringBuilder(512);
    head.append("From: Bench Sender <").append(from).append(">\r\n");
    head.append("To: <").append(to).append(">\r\n");
    head.append("Subject: ")
        .append(word())
        .append(' ')
        .append(word())
        .append(' ')
        .append(random.nextInt(100_000));
    head.append("\r\nDate: Sat, 21 Nov 2026 20:")
        .append(10 + random.nextInt(50))
        .append(":00 +0000\r\n");
    head.append("Message-ID: <")
        .append(Long.toHexString(random.nextLong()))
        .append("@bench.test>\r\n");
    head.append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    head.append("Content-Transfer-Encoding: 7bit\r\nX-Mailer: bench\r\n");
    byte[] body = body(octets - head.length() - SampleCheck.FIELD_OCTETS);
    head.append(SampleCheck.field(body)).append("\r\n");
    byte[] header = head.toString().getBytes(StandardCharsets.US_ASCII);
    byte[] message = Arrays.copyOf(header, header.length + body.length);
    System.arraycopy(body, 0, message, header.length, body.length);
    return message;
  }

  private byte[] body(int octets) {
    StringBuilder text = new StringBuilder(octets + 128);
    int column = 0;
    while (text.length() < octets - 2) {
      String word = word();
      text.append(word);
      column += word.length() + 1;
      if (column > 66) {
        text.append("\r\n");
        column = 0;
      } else {
        text.append(' ');
      }
    }
    return text.toString().strip().concat("\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  private String word() {
    return words[random.nextInt(words.length)];
  }
}
