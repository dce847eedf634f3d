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
    int[] messages = new int[1];
    client.command(
        "STATUS " + mailbox + " (MESSAGES)",
        line -> {
          int at = line.indexOf("MESSAGES ");
          if (line.startsWith("* STATUS") && at >= 0) {
            messages[0] = new Scanner(line.substring(at + 9)).useDelimiter("[ )]").nextInt();
          }
        });
    return messages[0];
  }
}
