package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// Makes the mailbox that `large` measures, in the first account: one for each number of messages.
/// One that is there already is filled up and used again.
final class LargeMailbox {
  static final String COPY = "Large-copy";
  static final String MOVED = "Large-moved";

  /// Messages of one APPEND where the server takes several.
  private static final int BATCH = 50;

  private LargeMailbox() {}

  static String name(LargeMessages messages) {
    return "Large-" + messages.count();
  }

  static ImapClient open(Target target) throws IOException {
    ImapClient client = new ImapClient(target.host(), target.imapPort());
    client.waitLong();
    client.login(target.loginOf(1), target.password());
    return client;
  }

  /// What the server announces after login, in upper case.
  static List<String> capabilities(ImapClient client) throws IOException {
    List<String> capabilities = new ArrayList<>();
    client.command(
        "CAPABILITY",
        line -> {
          if (line.startsWith("* CAPABILITY ")) {
            capabilities.addAll(List.of(line.toUpperCase(Locale.ROOT).split(" ")));
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
      try {
        client.command("CREATE " + name(messages));
      } catch (ImapClient.Refused refused) {
        // There already, or STATUS says what is wrong.
      }
      there = Mailboxes.count(client, name(messages));
    }
    int batch = several ? BATCH : 1;
    AtomicInteger next = new AtomicInteger(there);
    AtomicReference<IOException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (ImapClient client = open(target)) {
                      for (int from = next.getAndAdd(batch);
                          from < messages.count() && failure.get() == null;
                          from = next.getAndAdd(batch)) {
                        int to = Math.min(from + batch, messages.count());
                        append(client, messages, from, to, target.recipientOf(1), atOnce);
                      }
                    } catch (IOException e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
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
