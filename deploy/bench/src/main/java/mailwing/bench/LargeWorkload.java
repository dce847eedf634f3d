package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/// What a session does with a large mailbox, each command once and alone: the time from sending it
/// to the last octet of its answer. Commands of extensions that a server does not announce are left
/// out.
final class LargeWorkload {
  static final String NAME = "large";

  private static final int NO_ANSWER = -1;

  private final Target target;
  private final LargeMessages messages;
  private final Steps steps;

  private LargeWorkload(Target target, LargeMessages messages, Steps steps) {
    this.target = target;
    this.messages = messages;
    this.steps = steps;
  }

  /// @param processes whose memory is watched
  /// @param pop3 also as a maildrop
  static void run(
      Target target,
      Options options,
      int count,
      ServerProcesses processes,
      boolean pop3,
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
          new LargeWorkload(
              target, messages, new Steps(NAME, memory, options.clock(), report, out));
      workload.measure();
      if (pop3) {
        workload.measureMaildrop();
      }
      out.println();
      out.print(memory.table());
    }
  }

  private void measure() throws IOException {
    try (ImapClient client = LargeMailbox.open(target)) {
      List<String> can = LargeMailbox.capabilities(client);
      for (String folder : LargeMailbox.FOLDERS) {
        Mailboxes.unlessRefused(client, "DELETE " + folder);
        client.command("CREATE " + folder);
      }
      int all = messages.count();
      copy(client, LargeMailbox.OVERVIEW);
      time(client, "select", "SELECT " + LargeMailbox.OVERVIEW, NO_ANSWER);
      client.command("SELECT INBOX");
      time(client, "select-again", "SELECT " + LargeMailbox.OVERVIEW, NO_ANSWER);
      time(client, "flags", "UID FETCH 1:* (FLAGS)", all);
      time(client, "envelope", "UID FETCH 1:* (ENVELOPE)", all);
      time(client, "envelope-again", "UID FETCH 1:* (ENVELOPE)", all);
      copy(client, LargeMailbox.SEARCHED);
      client.command("SELECT " + LargeMailbox.SEARCHED);
      String subject = "UID SEARCH SUBJECT \"" + LargeMessages.SHARED_SUBJECT + '"';
      time(client, "search-subject", subject, NO_ANSWER);
      time(client, "search-subject-again", subject, NO_ANSWER);
      time(client, "search-flag", "UID SEARCH FLAGGED", NO_ANSWER);
      time(
          client,
          "search-id",
          "UID SEARCH HEADER Message-ID \"" + LargeMessages.messageId(1) + '"',
          1);
      time(client, "search-from-none", "UID SEARCH FROM " + LargeMessages.ABSENT, 0);
      if (can.contains("SORT")) {
        copy(client, LargeMailbox.SORTED);
        client.command("SELECT " + LargeMailbox.SORTED);
        time(client, "sort-date", "UID SORT (DATE) UTF-8 ALL", all);
        time(client, "sort-date-again", "UID SORT (DATE) UTF-8 ALL", all);
        time(client, "sort-subject", "UID SORT (SUBJECT) UTF-8 ALL", all);
      }
      copy(client, LargeMailbox.THREADED);
      client.command("SELECT " + LargeMailbox.THREADED);
      for (String algorithm : List.of("REFERENCES", "REFS", "ORDEREDSUBJECT")) {
        if (can.contains("THREAD=" + algorithm)) {
          String step = "thread-" + algorithm.toLowerCase(Locale.ROOT);
          String command = "UID THREAD " + algorithm + " UTF-8 ALL";
          time(client, step, command, NO_ANSWER);
          time(client, step + "-again", command, NO_ANSWER);
        }
      }
      if (can.contains("MOVE")) {
        time(client, "move", "UID MOVE 1:* " + LargeMailbox.MOVED, NO_ANSWER);
        client.command("SELECT " + LargeMailbox.MOVED);
      }
      time(
          client,
          "store-half",
          "STORE 1:" + Math.max(1, all / 2) + " +FLAGS.SILENT (\\Deleted)",
          NO_ANSWER);
      time(client, "expunge-half", "EXPUNGE", NO_ANSWER);
      client.command("SELECT " + LargeMailbox.name(messages));
      time(client, "body-rare", "UID SEARCH BODY " + LargeMessages.RARE, 1);
      time(client, "body-rare-again", "UID SEARCH BODY " + LargeMessages.RARE, 1);
      time(client, "body-absent", "UID SEARCH BODY " + LargeMessages.ABSENT, 0);
      time(client, "body-common", "UID SEARCH BODY " + LargeMessages.COMMON, all);
      client.command("SELECT INBOX");
      for (String folder : LargeMailbox.FOLDERS) {
        Mailboxes.unlessRefused(client, "DELETE " + folder);
      }
      client.command("LOGOUT");
    }
  }

  /// Copies all messages to a mailbox, which has none of them.
  private void copy(ImapClient client, String mailbox) throws IOException {
    client.command("SELECT " + LargeMailbox.name(messages));
    time(
        client,
        mailbox.equals(LargeMailbox.OVERVIEW) ? "copy" : "copy-again",
        "UID COPY 1:* " + mailbox,
        NO_ANSWER);
    int there = Mailboxes.count(client, mailbox);
    if (there != messages.count()) {
      throw new IOException(there + " of " + messages.count() + " messages were copied");
    }
  }

  /// POP3 on an INBOX with as many messages more, which are copied there and removed again.
  private void measureMaildrop() throws IOException {
    try (ImapClient imap = LargeMailbox.open(target)) {
      long next = Mailboxes.uidNext(imap, "INBOX");
      imap.command("SELECT " + LargeMailbox.name(messages));
      imap.command("UID COPY 1:* INBOX");
      try (Pop3Client pop3 =
          new Pop3Client(new LineSocket(target.host(), target.pop3Port()), target.loginOf(1))) {
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
    steps.time(
        "pop3-" + step,
        step.equals("login") ? "PASS" : command,
        client::octetsRead,
        () -> client.command(command, lines));
  }

  /// @param answers how many messages the answer must tell, or `NO_ANSWER`
  private void time(ImapClient client, String step, String command, int answers)
      throws IOException {
    int[] told = new int[1];
    steps.time(
        step,
        command,
        client::octetsRead,
        () -> client.command(command, line -> told[0] += messagesIn(line.toString())));
    if (answers != NO_ANSWER && told[0] != answers) {
      throw new IOException(
          command + " told of " + told[0] + " messages, of which there are " + answers);
    }
  }

  /// How many messages an untagged answer tells of.
  private static int messagesIn(String line) {
    if (line.startsWith("* SEARCH") || line.startsWith("* SORT")) {
      int count = 0;
      for (int at = line.indexOf(' ', 2); at >= 0; at = line.indexOf(' ', at + 1)) {
        if (at + 1 < line.length() && Character.isDigit(line.charAt(at + 1))) {
          count++;
        }
      }
      return count;
    }
    int space = line.indexOf(' ', 2);
    return space > 0 && line.startsWith("FETCH (", space + 1) ? 1 : 0;
  }
}
