package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/// What one command costs in a mailbox of a thousand messages, of ten thousand, and so on: whatever
/// looks at one message should cost the same in each, whatever looks at all of them ten times as
/// much.
///
/// The messages are those of [LargeMailbox], and beyond 100,000 copies of them: rows of the mailbox
/// of their own, with the text they are copied from.
final class GrowthWorkload {
  static final String NAME = "growth";

  private static final int SMALLEST = 1000;
  private static final int STEP = 10;

  /// Messages with a text of their own, at most.
  private static final int OWN = 100_000;

  /// How often what looks at one message is done, each time another message.
  private static final int TIMES = 20;

  private static final int SCREEN = 50;
  private static final String FOLDER = "Grown";

  private final Target target;
  private final LargeMessages messages;
  private final Steps steps;

  private GrowthWorkload(Target target, LargeMessages messages, Steps steps) {
    this.target = target;
    this.messages = messages;
    this.steps = steps;
  }

  /// @param most messages of the largest mailbox
  static void run(
      Target target,
      Options options,
      int most,
      ServerProcesses processes,
      Report report,
      PrintWriter out)
      throws IOException, InterruptedException {
    LargeMessages messages = new LargeMessages(Math.min(most, OWN), options.messageOctets());
    try (ProcessMemory memory = new ProcessMemory(processes)) {
      memory.enter("fill");
      LargeMailbox.fill(target, messages, options.connections());
      GrowthWorkload workload =
          new GrowthWorkload(
              target, messages, new Steps(NAME, memory, options.clock(), report, out));
      for (long count = SMALLEST; count <= most; count *= STEP) {
        workload.measure((int) count);
      }
      out.println();
      out.print(memory.table());
    }
  }

  private void measure(int count) throws IOException {
    String at = count + "-";
    try (ImapClient client = LargeMailbox.open(target);
        ImapClient other = LargeMailbox.open(target)) {
      Mailboxes.unlessRefused(client, "DELETE " + FOLDER);
      client.command("CREATE " + FOLDER);
      client.command("SELECT " + LargeMailbox.name(messages));
      once(
          client,
          at + "copy",
          "COPY",
          () -> {
            for (int made = 0; made < count; made += messages.count()) {
              int some = Math.min(count - made, messages.count());
              client.command("COPY 1:" + some + " " + FOLDER);
            }
          });
      String select = "SELECT " + FOLDER;
      once(client, at + "select", select, () -> client.command(select));
      client.command("SELECT INBOX");
      once(client, at + "select-again", select, () -> client.command(select));
      command(client, at + "flags", "FETCH 1:* (FLAGS)");
      many(
          client,
          at + "screen",
          "FETCH of " + SCREEN + " (ENVELOPE)",
          i -> {
            int last = count - i * SCREEN;
            client.command("FETCH " + (last - SCREEN + 1) + ":" + last + " (FLAGS ENVELOPE)");
          });
      int spread = count / TIMES;
      many(
          client,
          at + "body",
          "FETCH (BODY.PEEK[])",
          i -> client.command("FETCH " + (i * spread + 1) + " (BODY.PEEK[])"));
      many(
          client,
          at + "store",
          "STORE +FLAGS",
          i -> client.command("STORE " + (i * spread + 1) + " +FLAGS ($Grown)"));
      byte[] message = messages.octets(1, target.recipientOf(target.large()));
      many(client, at + "append", "APPEND, selected", i -> client.append(FOLDER, message));
      many(
          other,
          at + "append-other",
          "APPEND, and NOOP where it is selected",
          i -> {
            other.append(FOLDER, message);
            client.command("NOOP");
          });
      many(
          other,
          at + "status",
          "STATUS",
          i -> other.command("STATUS " + FOLDER + " (MESSAGES UNSEEN UIDNEXT)"));
      for (String name : List.of("envelope", "envelope-again")) {
        command(client, at + name, "FETCH 1:* (ENVELOPE)");
      }
      command(client, at + "search-unseen", "UID SEARCH UNSEEN");
      command(
          client,
          at + "search-subject",
          "UID SEARCH SUBJECT \"" + LargeMessages.SHARED_SUBJECT + '"');
      command(client, at + "search-body", "UID SEARCH BODY " + LargeMessages.RARE);
      command(client, at + "sort-date", "UID SORT (DATE) UTF-8 ALL");
      command(client, at + "sort-subject", "UID SORT (SUBJECT) UTF-8 ALL");
      command(client, at + "thread", "UID THREAD REFERENCES UTF-8 ALL");
      command(client, at + "store-all", "STORE 1:* +FLAGS.SILENT (\\Deleted)");
      command(client, at + "expunge-all", "EXPUNGE");
      client.command("SELECT INBOX");
      client.command("DELETE " + FOLDER);
    }
  }

  private void command(ImapClient client, String step, String command) throws IOException {
    once(client, step, command, () -> client.command(command));
  }

  private void once(ImapClient client, String step, String what, Steps.Exchange exchange)
      throws IOException {
    steps.time(step, what, client::octetsRead, exchange);
  }

  private interface Each {
    void run(int time) throws IOException;
  }

  private void many(ImapClient client, String step, String what, Each each) throws IOException {
    steps.time(
        step,
        what,
        TIMES,
        client::octetsRead,
        () -> {
          for (int i = 0; i < TIMES; i++) {
            each.run(i);
          }
        });
  }
}
