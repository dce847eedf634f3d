package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/// What a session does with a large mailbox, each command once and alone: the time from sending it
/// to the last octet of its answer. Commands of extensions that a server does not announce are left
/// out.
final class LargeWorkload {
  static final String NAME = "large";

  private final Target target;
  private final LargeMessages messages;
  private final ProcessMemory memory;
  private final CpuClock clock;
  private final Report report;
  private final PrintWriter out;

  private LargeWorkload(
      Target target,
      LargeMessages messages,
      ProcessMemory memory,
      CpuClock clock,
      Report report,
      PrintWriter out) {
    this.target = target;
    this.messages = messages;
    this.memory = memory;
    this.clock = clock;
    this.report = report;
    this.out = out;
  }

  /// @param processes whose memory is watched
  static void run(
      Target target,
      Options options,
      int count,
      ServerProcesses processes,
      Report report,
      PrintWriter out)
      throws IOException, InterruptedException {
    LargeMessages messages = new LargeMessages(count, options.messageOctets());
    try (ProcessMemory memory = new ProcessMemory(processes)) {
      memory.enter("fill");
      long from = System.nanoTime();
      int made = LargeMailbox.fill(target, messages, options.connections());
      double seconds = (System.nanoTime() - from) / 1e9;
      if (made > 0) {
        out.printf(
            Locale.ROOT,
            "%s: %d messages appended in %.1f s, %.1f a second%n",
            NAME,
            made,
            seconds,
            made / seconds);
      }
      LargeWorkload workload =
          new LargeWorkload(target, messages, memory, options.clock(), report, out);
      workload.measure();
      workload.measureMaildrop();
      out.println();
      out.print(memory.table());
    }
  }

  private void measure() throws IOException {
    try (ImapClient client = LargeMailbox.open(target)) {
      List<String> can = LargeMailbox.capabilities(client);
      List<String> folders = List.of(LargeMailbox.COPY, LargeMailbox.MOVED);
      for (String folder : folders) {
        ifAllowed(client, "DELETE " + folder);
        client.command("CREATE " + folder);
      }
      time(client, "select", "SELECT " + LargeMailbox.name(messages));
      client.command("SELECT INBOX");
      time(client, "select-again", "SELECT " + LargeMailbox.name(messages));
      time(client, "flags", "UID FETCH 1:* (FLAGS)");
      time(client, "envelope", "UID FETCH 1:* (ENVELOPE)");
      time(client, "envelope-again", "UID FETCH 1:* (ENVELOPE)");
      if (can.contains("SORT")) {
        time(client, "sort-date", "UID SORT (DATE) UTF-8 ALL");
        time(client, "sort-subject", "UID SORT (SUBJECT) UTF-8 ALL");
      }
      for (String algorithm : List.of("REFERENCES", "REFS", "ORDEREDSUBJECT")) {
        if (can.contains("THREAD=" + algorithm)) {
          time(
              client,
              "thread-" + algorithm.toLowerCase(Locale.ROOT),
              "UID THREAD " + algorithm + " UTF-8 ALL");
        }
      }
      time(client, "search-flag", "UID SEARCH FLAGGED");
      time(client, "search-subject", "UID SEARCH SUBJECT \"" + LargeMessages.SHARED_SUBJECT + '"');
      time(
          client,
          "search-id",
          "UID SEARCH HEADER Message-ID \"" + LargeMessages.messageId(1) + '"');
      time(client, "search-from-none", "UID SEARCH FROM " + LargeMessages.ABSENT);
      time(client, "body-rare", "UID SEARCH BODY " + LargeMessages.RARE);
      time(client, "body-absent", "UID SEARCH BODY " + LargeMessages.ABSENT);
      time(client, "body-common", "UID SEARCH BODY " + LargeMessages.COMMON);
      time(client, "copy", "UID COPY 1:* " + LargeMailbox.COPY);
      client.command("SELECT " + LargeMailbox.COPY);
      if (can.contains("MOVE")) {
        time(client, "move", "UID MOVE 1:* " + LargeMailbox.MOVED);
        client.command("SELECT " + LargeMailbox.MOVED);
      }
      time(
          client,
          "store-half",
          "STORE 1:" + Math.max(1, messages.count() / 2) + " +FLAGS.SILENT (\\Deleted)");
      time(client, "expunge-half", "EXPUNGE");
      client.command("SELECT INBOX");
      for (String folder : folders) {
        ifAllowed(client, "DELETE " + folder);
      }
      client.command("LOGOUT");
    }
  }

  /// POP3 on an INBOX with as many messages more, which are copied there and removed again.
  private void measureMaildrop() throws IOException {
    try (ImapClient imap = LargeMailbox.open(target)) {
      long next = Mailboxes.uidNext(imap, "INBOX");
      imap.command("SELECT " + LargeMailbox.name(messages));
      imap.command("UID COPY 1:* INBOX");
      try (Pop3Client pop3 = new Pop3Client(target.host(), target.pop3Port(), target.loginOf(1))) {
        pop3.waitLong();
        time(pop3, "login", "PASS " + target.password(), false);
        time(pop3, "stat", "STAT", false);
        time(pop3, "list", "LIST", true);
        time(pop3, "uidl", "UIDL", true);
        int middle = Math.max(1, messages.count() / 2);
        time(pop3, "top", "TOP " + middle + " 0", true);
        time(pop3, "retr", "RETR " + middle, true);
        time(pop3, "retr-far", "RETR " + Math.max(1, middle / 2), true);
        pop3.quit();
      }
      imap.command("SELECT INBOX");
      imap.command("UID STORE " + next + ":* +FLAGS.SILENT (\\Deleted)");
      imap.command("EXPUNGE");
      imap.command("LOGOUT");
    }
  }

  private void time(Pop3Client client, String step, String command, boolean lines)
      throws IOException {
    time(
        "pop3-" + step,
        step.equals("login") ? "PASS" : command,
        client::octetsRead,
        () -> client.command(command, lines));
  }

  /// A command that may be refused.
  private static void ifAllowed(ImapClient client, String command) throws IOException {
    try {
      client.command(command);
    } catch (ImapClient.Refused refused) {
      // Not there.
    }
  }

  private void time(ImapClient client, String step, String command) throws IOException {
    time(step, command, client::octetsRead, () -> client.command(command));
  }

  private interface Exchange {
    void run() throws IOException;
  }

  private void time(String step, String command, LongSupplier read, Exchange exchange)
      throws IOException {
    String name = NAME + "-" + step;
    memory.enter(name);
    CpuTime before = clock.now();
    long octets = read.getAsLong();
    long from = System.nanoTime();
    exchange.run();
    long nanos = System.nanoTime() - from;
    octets = read.getAsLong() - octets;
    CpuTime cpu = clock.now().since(before);
    report.add(
        name,
        command,
        new Measurement(
            1, nanos / 1e9, octets, 0, cpu, new Measurement.Latencies(new long[] {nanos})));
    out.printf(
        Locale.ROOT,
        "%-28s %9.3f s %9.2f MB read, memory up to %.0f MB%n",
        name,
        nanos / 1e9,
        octets / 1e6,
        memory.peakOfStep() / 1e6);
  }
}
