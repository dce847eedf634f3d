package mailwing.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// What the messages at the beginning of an INBOX are, so that answers can be compared with it
/// while time counts. Making it reads each of them once and compares body, header fields, envelope
/// and size with each other and with what was sent.
final class KnownMessages {
  private final int[] octets;
  private final long[] headerOctetsUpTo;

  /// Of the accounts that the connections read, in their order.
  static List<KnownMessages> of(Target target, Options options)
      throws IOException, InterruptedException {
    KnownMessages[] known = new KnownMessages[options.connections()];
    Together.run(
        known.length,
        index -> {
          try (ImapClient client = Mailboxes.open(target, target.reader(index))) {
            client.command("EXAMINE INBOX");
            known[index] = new KnownMessages(client, options.seeded());
          }
        });
    return Stream.of(known).toList();
  }

  private KnownMessages(ImapClient client, int count) throws IOException {
    String[] ids = new String[count];
    octets = new int[count + 1];
    client.read(
        "FETCH 1:" + count + " (BODY.PEEK[])",
        (line, message) -> {
          int number = number(line);
          SampleCheck.check(message);
          ids[number - 1] = SampleCheck.messageId(message);
          octets[number] = message.length;
        });
    long[] headers = new long[count + 1];
    client.read(
        "FETCH 1:" + count + " (" + ImapWorkloads.FIELDS + ")",
        (line, fields) -> {
          int number = number(line);
          if (!SampleCheck.messageId(fields).equals(ids[number - 1])) {
            throw new IOException("header fields of another message: " + line);
          }
          headers[number] = fields.length;
        });
    boolean[] told = new boolean[count + 1];
    client.command(
        "FETCH 1:" + count + " " + ImapWorkloads.METADATA,
        line -> {
          if (line.contains(" FETCH (")) {
            int number = number(line);
            told[number] =
                line.contains('"' + ids[number - 1] + '"')
                    && line.contains("RFC822.SIZE " + octets[number])
                    && line.contains("INTERNALDATE \"");
          }
        });
    for (int number = 1; number <= count; number++) {
      if (octets[number] == 0 || headers[number] == 0 || !told[number]) {
        throw new IOException("message " + number + " is not told, or differently each time");
      }
    }
    Arrays.parallelPrefix(headers, Long::sum);
    headerOctetsUpTo = headers;
  }

  /// Of a whole message.
  int octets(int number) {
    return octets[number];
  }

  /// Of the header fields of a range of messages.
  long headerOctets(int first, int last) {
    return headerOctetsUpTo[last] - headerOctetsUpTo[first - 1];
  }

  /// `* 23 FETCH ...`
  private static int number(CharSequence line) {
    int end = 2;
    while (line.charAt(end) != ' ') {
      end++;
    }
    return Integer.parseInt(line, 2, end, 10);
  }
}
