package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;

/// Looks into accounts, and fills them, before something is measured.
final class Mailboxes {
  private static final int BATCH = 50;

  /// Accounts that are filled at the same time: a first login takes a server's processor.
  private static final int AT_ONCE = 4;

  private static final int BATCH_OCTETS = 4_000_000;

  private static final String MESSAGES = "MESSAGES";
  private static final String UIDNEXT = "UIDNEXT";

  private Mailboxes() {}

  /// A session of an account.
  static ImapClient open(Target target, int user) throws IOException {
    return login(new ImapClient(target.host(), target.imapPort()), target, user);
  }

  /// The same for a loop, which watches that it does not wait for ever.
  static ImapClient openUntimed(Target target, int user) throws IOException {
    LineSocket socket = LineSocket.untimed(target.host(), target.imapPort());
    return login(new ImapClient(socket), target, user);
  }

  private static ImapClient login(ImapClient client, Target target, int user) throws IOException {
    client.login(target.loginOf(user), target.password());
    return client;
  }

  static int count(ImapClient client, String mailbox) throws IOException {
    askCount(client, mailbox);
    return toldCount(client);
  }

  /// Asks how many messages there are; [#toldCount] waits for the answer.
  static void askCount(ImapClient client, String mailbox) throws IOException {
    client.begin("STATUS " + mailbox + " (" + MESSAGES + ")");
  }

  static int toldCount(ImapClient client) throws IOException {
    return Math.toIntExact(told(client, MESSAGES));
  }

  /// The UID that the next message gets.
  static long uidNext(ImapClient client, String mailbox) throws IOException {
    client.begin("STATUS " + mailbox + " (" + UIDNEXT + ")");
    return told(client, UIDNEXT);
  }

  private static long told(ImapClient client, String item) throws IOException {
    long[] value = {-1};
    client.end(
        line -> {
          int at = line.indexOf(item + " ");
          if (line.startsWith("* STATUS") && at >= 0) {
            int from = at + item.length() + 1;
            int to = from;
            while (to < line.length() && Character.isDigit(line.charAt(to))) {
              to++;
            }
            value[0] = Long.parseLong(line, from, to, 10);
          }
        });
    if (value[0] < 0) {
      throw new IOException("STATUS was OK and told no " + item);
    }
    return value[0];
  }

  /// Appends to a mailbox of each of the accounts, some at the same time, until it holds as many
  /// messages; one that is not there is made.
  ///
  /// @param users which account connection 0, 1, ... fills
  static void fill(
      Target target, int connections, IntUnaryOperator users, String mailbox, int count, int octets)
      throws IOException, InterruptedException {
    AtomicInteger next = new AtomicInteger();
    Together.run(
        Math.min(AT_ONCE, connections),
        worker -> {
          for (int index = next.getAndIncrement();
              index < connections;
              index = next.getAndIncrement()) {
            int user = users.applyAsInt(index);
            try (ImapClient client = open(target, user)) {
              client.waitLong();
              fill(client, target.recipientOf(user), mailbox, count, octets, user);
            }
          }
        });
  }

  /// Appends until the mailbox holds `count` messages, and answers how large the new ones are.
  static List<Integer> fill(
      ImapClient client, String recipient, String mailbox, int count, int octets, long seed)
      throws IOException {
    if (!mailbox.equals("INBOX")) {
      unlessRefused(client, "CREATE " + mailbox);
    }
    List<String> can = LargeMailbox.capabilities(client);
    boolean several = can.contains("MULTIAPPEND");
    int batch = several ? Math.clamp(BATCH_OCTETS / octets, 1, BATCH) : 1;
    SampleMessages samples = new SampleMessages(octets, seed);
    List<Integer> sizes = new ArrayList<>();
    for (int there = count(client, mailbox); there < count; there += batch) {
      List<ImapClient.Appended> messages = new ArrayList<>();
      for (int i = there; i < Math.min(count, there + batch); i++) {
        byte[] message = samples.next("sender@bench.test", recipient);
        sizes.add(message.length);
        messages.add(new ImapClient.Appended("", message));
      }
      client.append(mailbox, messages, can.contains("LITERAL+"));
    }
    return sizes;
  }

  /// Sends a command that may be refused.
  static void unlessRefused(ImapClient client, String command) throws IOException {
    try {
      client.command(command);
    } catch (ImapClient.Refused refused) {
      // There already, or not there.
    }
  }
}
