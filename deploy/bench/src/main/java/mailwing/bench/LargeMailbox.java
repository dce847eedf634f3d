package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/// Makes the mailbox that `large` measures, in an account of its own: one for each number of
/// messages. One that is there already is filled up and used again. Nothing but its bodies is ever
/// read; what is measured for the first time is measured on a copy that nobody has opened.
final class LargeMailbox {
  static final String MOVED = "Large-moved";

  /// Copies, each for one command that looks into every message for the first time.
  static final String OVERVIEW = "Large-overview";

  static final String SEARCHED = "Large-searched";
  static final String SORTED = "Large-sorted";
  static final String THREADED = "Large-threaded";
  static final List<String> FOLDERS = List.of(OVERVIEW, SEARCHED, SORTED, THREADED, MOVED);

  /// Messages of one APPEND where the server takes several.
  private static final int BATCH = 50;

  private LargeMailbox() {}

  static String name(LargeMessages messages) {
    return "Mail-" + messages.count();
  }

  static ImapClient open(Target target) throws IOException {
    ImapClient client = Mailboxes.open(target, target.large());
    client.waitLong();
    return client;
  }

  /// What the server announces after login, in upper case.
  static List<String> capabilities(ImapClient client) throws IOException {
    List<String> capabilities = new ArrayList<>();
    client.command(
        "CAPABILITY",
        line -> {
          if (line.startsWith("* CAPABILITY ")) {
            capabilities.addAll(List.of(line.toString().toUpperCase(Locale.ROOT).split(" ")));
          }
        });
    return capabilities;
  }

  /// Appends what is not there yet, on several connections; the number of messages appended.
  static int fill(Target target, LargeMessages messages, int connections)
      throws IOException, InterruptedException {
    int there;
    boolean several;
    boolean atOnce;
    try (ImapClient client = open(target)) {
      List<String> capabilities = capabilities(client);
      several = capabilities.contains("MULTIAPPEND");
      atOnce = capabilities.contains("LITERAL+");
      Mailboxes.unlessRefused(client, "CREATE " + name(messages));
      there = Mailboxes.count(client, name(messages));
    }
    int batch = several ? BATCH : 1;
    AtomicInteger next = new AtomicInteger(there);
    Together.run(
        connections,
        index -> {
          try (ImapClient client = open(target)) {
            for (int from = next.getAndAdd(batch);
                from < messages.count();
                from = next.getAndAdd(batch)) {
              int to = Math.min(from + batch, messages.count());
              append(client, messages, from, to, target.recipientOf(target.large()), atOnce);
            }
          }
        });
    return Math.max(0, messages.count() - there);
  }

  private static void append(
      ImapClient client, LargeMessages messages, int from, int to, String recipient, boolean atOnce)
      throws IOException {
    List<ImapClient.Appended> appended = new ArrayList<>();
    for (int number = from; number < to; number++) {
      appended.add(
          new ImapClient.Appended(
              messages.flags(number) + " \"" + messages.internalDate(number) + "\"",
              messages.octets(number, recipient)));
    }
    client.append(name(messages), appended, atOnce);
  }
}
