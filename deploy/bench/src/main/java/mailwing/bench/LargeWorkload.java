package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.Locale;

/// What a session does with a large mailbox, each command alone: the time from sending it to the
/// last octet of its answer. Commands of extensions that a server does not announce are left out.
///
/// What is measured for the first time is that of its mailbox, a copy that nobody has opened.
/// Before it, for as long as others warm up and once at least, the same is done with other copies:
/// it is not the first time in the life of the server.
final class LargeWorkload {
  static final String NAME = "large";

  private static final int NO_ANSWER = -1;

  private final Target target;
  private final Options options;
  private final LargeMessages messages;
  private final double patienceSeconds;

  /// @param patienceSeconds how long to wait until the copies are made and nothing of it is left to
  ///   do
  LargeWorkload(Target target, Options options, int count, double patienceSeconds) {
    this.target = target;
    this.options = options;
    this.messages = new LargeMessages(count, options.messageOctets());
    this.patienceSeconds = patienceSeconds;
  }

  /// Only what the table of ratios shows; nobody looks at memory meanwhile.
  void ofTable(Report report) throws IOException, InterruptedException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    try (ProcessMemory none = new ProcessMemory(new ServerProcesses(List.of()))) {
      fill(nowhere);
      Steps steps = new Steps(NAME, none, options.clock(), report, nowhere);
      try (ImapClient client = LargeMailbox.open(target)) {
        warmUp(client);
        Session session = new Session(client, steps);
        session.copies();
        Machine.awaitRest(patienceSeconds);
        session.first();
        client.command("SELECT " + LargeMailbox.name(messages));
        session.bodies();
        session.end();
      }
    }
  }

  /// Every command, also of POP3, and what memory the processes take.
  void whole(ServerProcesses processes, Report report, PrintWriter out)
      throws IOException, InterruptedException {
    try (ProcessMemory memory = new ProcessMemory(processes)) {
      memory.enter("fill");
      fill(out);
      Steps steps = new Steps(NAME, memory, options.clock(), report, out);
      try (ImapClient client = LargeMailbox.open(target)) {
        memory.enter("warm-up");
        warmUp(client);
        Session session = new Session(client, steps);
        session.copies();
        Machine.awaitRest(patienceSeconds);
        session.first();
        session.more();
        session.changes();
        client.command("SELECT " + LargeMailbox.name(messages));
        session.bodies();
        session.otherBodies();
        session.end();
      }
      measureMaildrop(steps);
      out.println();
      out.print(memory.table());
    }
  }

  private void fill(PrintWriter out) throws IOException, InterruptedException {
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
  }

  private void warmUp(ImapClient client) throws IOException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    try (ProcessMemory none = new ProcessMemory(new ServerProcesses(List.of()))) {
      Steps unmeasured = new Steps(NAME, none, options.clock(), new Report(), nowhere);
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < options.warmUpSeconds() * 1e9) {
        Session session = new Session(client, unmeasured);
        session.copies();
        session.first();
      }
    }
  }

  /// What one session does in copies of its own.
  private final class Session {
    private final ImapClient client;
    private final Steps steps;
    private final List<String> can;
    private final int all = messages.count();

    Session(ImapClient client, Steps steps) throws IOException {
      this.client = client;
      this.steps = steps;
      can = LargeMailbox.capabilities(client);
    }

    void copies() throws IOException {
      // There are servers that end a session whose mailbox is deleted.
      client.command("SELECT INBOX");
      for (String folder : LargeMailbox.FOLDERS) {
        Mailboxes.unlessRefused(client, "DELETE " + folder);
        client.command("CREATE " + folder);
      }
      client.command("SELECT " + LargeMailbox.name(messages));
      copy("copy", LargeMailbox.OVERVIEW);
      copy("copy-again", LargeMailbox.SEARCHED);
      copy("copy-again", LargeMailbox.SORTED);
      copy("copy-again", LargeMailbox.THREADED);
    }

    /// Does with each copy what must look into all of its messages.
    void first() throws IOException {
      String select = "SELECT " + LargeMailbox.OVERVIEW;
      time("select", select, NO_ANSWER);
      again("select-again", select, () -> client.command("SELECT INBOX"), NO_ANSWER);
      again("flags", "UID FETCH 1:* (FLAGS)", all);
      twice("envelope", "UID FETCH 1:* (ENVELOPE)", all);
      client.command("SELECT " + LargeMailbox.SEARCHED);
      twice(
          "search-subject",
          "UID SEARCH SUBJECT \"" + LargeMessages.SHARED_SUBJECT + '"',
          NO_ANSWER);
      if (can.contains("SORT")) {
        client.command("SELECT " + LargeMailbox.SORTED);
        twice("sort-date", "UID SORT (DATE) UTF-8 ALL", all);
      }
      if (can.contains("THREAD=REFERENCES")) {
        client.command("SELECT " + LargeMailbox.THREADED);
        twice("thread-references", "UID THREAD REFERENCES UTF-8 ALL", NO_ANSWER);
      }
    }

    /// Other searches, orders and conversations.
    void more() throws IOException {
      client.command("SELECT " + LargeMailbox.SEARCHED);
      time("search-flag", "UID SEARCH FLAGGED", NO_ANSWER);
      time("search-id", "UID SEARCH HEADER Message-ID \"" + LargeMessages.messageId(1) + '"', 1);
      time("search-from-none", "UID SEARCH FROM " + LargeMessages.ABSENT, 0);
      if (can.contains("SORT")) {
        client.command("SELECT " + LargeMailbox.SORTED);
        time("sort-subject", "UID SORT (SUBJECT) UTF-8 ALL", all);
      }
      client.command("SELECT " + LargeMailbox.THREADED);
      for (String algorithm : List.of("REFS", "ORDEREDSUBJECT")) {
        if (can.contains("THREAD=" + algorithm)) {
          String step = "thread-" + algorithm.toLowerCase(Locale.ROOT);
          twice(step, "UID THREAD " + algorithm + " UTF-8 ALL", NO_ANSWER);
        }
      }
    }

    /// Moves the mailbox that is selected, and removes half of it.
    void changes() throws IOException {
      if (can.contains("MOVE")) {
        time("move", "UID MOVE 1:* " + LargeMailbox.MOVED, NO_ANSWER);
        client.command("SELECT " + LargeMailbox.MOVED);
      }
      time(
          "store-half",
          "STORE 1:" + Math.max(1, all / 2) + " +FLAGS.SILENT (\\Deleted)",
          NO_ANSWER);
      time("expunge-half", "EXPUNGE", NO_ANSWER);
    }

    void bodies() throws IOException {
      twice("body-rare", "UID SEARCH BODY " + LargeMessages.RARE, 1);
    }

    void otherBodies() throws IOException {
      time("body-absent", "UID SEARCH BODY " + LargeMessages.ABSENT, 0);
      time("body-common", "UID SEARCH BODY " + LargeMessages.COMMON, all);
    }

    void end() throws IOException {
      client.command("SELECT INBOX");
      for (String folder : LargeMailbox.FOLDERS) {
        Mailboxes.unlessRefused(client, "DELETE " + folder);
      }
      client.command("LOGOUT");
    }

    /// Copies all messages to a mailbox, which has none of them.
    private void copy(String step, String mailbox) throws IOException {
      time(step, "UID COPY 1:* " + mailbox, NO_ANSWER);
      int there = Mailboxes.count(client, mailbox);
      if (there != all) {
        throw new IOException(there + " of " + all + " messages were copied");
      }
    }

    private void twice(String step, String command, int answers) throws IOException {
      time(step, command, answers);
      again(step + "-again", command, answers);
    }

    /// @param answers how many messages the answer must tell, or `NO_ANSWER`
    private void time(String step, String command, int answers) throws IOException {
      steps.time(step, command, client::octetsRead, () -> ask(command, answers));
    }

    private void again(String step, String command, int answers) throws IOException {
      again(step, command, () -> {}, answers);
    }

    private void again(String step, String command, Steps.Exchange between, int answers)
        throws IOException {
      steps.again(step, command, client::octetsRead, between, () -> ask(command, answers));
    }

    private void ask(String command, int answers) throws IOException {
      int[] found = new int[1];
      client.command(command, line -> found[0] += found(line));
      int told = client.fetches() + found[0];
      if (answers != NO_ANSWER && told != answers) {
        throw new IOException(
            command + " told of " + told + " messages, of which there are " + answers);
      }
    }
  }

  /// How many messages an answer to SEARCH or SORT tells of.
  private static int found(Line line) {
    if (!line.startsWith("* SEARCH") && !line.startsWith("* SORT")) {
      return 0;
    }
    int count = 0;
    for (int at = line.indexOf(' ', 2); at >= 0; at = line.indexOf(' ', at + 1)) {
      if (at + 1 < line.length() && Character.isDigit(line.charAt(at + 1))) {
        count++;
      }
    }
    return count;
  }

  /// POP3 on an INBOX with as many messages more, which are copied there and removed again.
  private void measureMaildrop(Steps steps) throws IOException {
    try (ImapClient imap = LargeMailbox.open(target)) {
      long next = Mailboxes.uidNext(imap, "INBOX");
      imap.command("SELECT " + LargeMailbox.name(messages));
      imap.command("UID COPY 1:* INBOX");
      LineSocket socket = new LineSocket(target.host(), target.pop3Port());
      try (Pop3Client pop3 = new Pop3Client(socket, target.loginOf(target.large()))) {
        pop3.waitLong();
        time(steps, pop3, "login", "PASS " + target.password(), false);
        time(steps, pop3, "stat", "STAT", false);
        time(steps, pop3, "list", "LIST", true);
        time(steps, pop3, "uidl", "UIDL", true);
        int middle = Math.max(1, messages.count() / 2);
        time(steps, pop3, "top", "TOP " + middle + " 0", true);
        time(steps, pop3, "retr", "RETR " + middle, true);
        time(steps, pop3, "retr-far", "RETR " + Math.max(1, middle / 2), true);
        pop3.quit();
      }
      imap.command("SELECT INBOX");
      imap.command("UID STORE " + next + ":* +FLAGS.SILENT (\\Deleted)");
      imap.command("EXPUNGE");
      imap.command("LOGOUT");
    }
  }

  private static void time(
      Steps steps, Pop3Client client, String step, String command, boolean lines)
      throws IOException {
    steps.time(
        "pop3-" + step,
        step.equals("login") ? "PASS" : command,
        client::octetsRead,
        () -> client.command(command, lines));
  }
}
