package mailwing.bench;

import java.io.IOException;
import java.util.Scanner;

/// Looks into accounts, and fills them, before something is measured.
final class Mailboxes {
  private Mailboxes() {}

  static int count(Target target, int user) throws IOException {
    try (ImapClient client = new ImapClient(target.host(), target.imapPort())) {
      client.login(target.loginOf(user), target.password());
      return count(client, "INBOX");
    }
  }

  /// Appends until each account's INBOX holds `options.seeded()` messages.
  static void fill(Target target, Options options) throws IOException {
    for (int user = 1; user <= target.users(); user++) {
      try (ImapClient client = new ImapClient(target.host(), target.imapPort())) {
        client.login(target.loginOf(user), target.password());
        SampleMessages samples = new SampleMessages(options.messageOctets(), user);
        for (int i = count(client, "INBOX"); i < options.seeded(); i++) {
          client.append("INBOX", samples.next("sender@bench.test", target.recipientOf(user)));
        }
      }
    }
  }

  static int count(ImapClient client, String mailbox) throws IOException {
    return Math.toIntExact(status(client, mailbox, "MESSAGES"));
  }

  /// The UID that the next message gets.
  static long uidNext(ImapClient client, String mailbox) throws IOException {
    return status(client, mailbox, "UIDNEXT");
  }

  private static long status(ImapClient client, String mailbox, String item) throws IOException {
    long[] value = new long[1];
    client.command(
        "STATUS " + mailbox + " (" + item + ")",
        line -> {
          int at = line.indexOf(item + " ");
          if (line.startsWith("* STATUS") && at >= 0) {
            String rest = line.substring(at + item.length() + 1);
            value[0] = new Scanner(rest).useDelimiter("[ )]").nextLong();
          }
        });
    return value[0];
  }
}
