package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that keep a mailbox's copy by QRESYNC alone (RFC 7162 §3.2, §6), cut off at any moment
/// and coming back on either gateway: what they are told is all they know, and in the end each copy
/// is the mailbox.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResyncModelTest {
  private static final Pattern EXISTS = Pattern.compile("\\* (\\d+) EXISTS");
  private static final Pattern FETCH = Pattern.compile("\\* (\\d+) FETCH \\((.*)\\)");
  private static final Pattern VANISHED =
      Pattern.compile("\\* VANISHED( \\(EARLIER\\))? ([\\d:,]+)");
  private static final Pattern HIGHEST = Pattern.compile(".* OK \\[HIGHESTMODSEQ (\\d+)].*");
  private static final Pattern VALIDITY = Pattern.compile("\\* OK \\[UIDVALIDITY (\\d+)].*");
  private static final Pattern UID = Pattern.compile("UID (\\d+)");
  private static final Pattern MODSEQ = Pattern.compile("MODSEQ \\((\\d+)\\)");
  private static final Pattern FLAGS = Pattern.compile("FLAGS \\(([^)]*)\\)");
  private static final List<String> NAMES =
      List.of("\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "$Work");

  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.start();
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  /// A client: its copy of the mailbox outlives its connections.
  private final class Client {
    final String user;
    final NavigableMap<Long, List<String>> copy = new TreeMap<>();
    TranscriptClient wire;
    long validity;
    long highest;
    int exists;
    int tag;
    private long toldHighest;
    private long toldModSeq;
    private String silent = "";

    Client(String user, String gateway) throws IOException {
      this.user = user;
      wire = TranscriptClient.connect(fixture.port(gateway));
      open();
    }

    void reconnect(String gateway) throws IOException {
      wire.close();
      wire = TranscriptClient.connect(fixture.port(gateway));
      open();
    }

    private void open() throws IOException {
      assertThat(wire.line()).startsWith("* OK");
      assertThat(command("LOGIN " + user + " wing")).startsWith("OK");
      assertThat(command("ENABLE QRESYNC")).startsWith("OK");
      assertThat(
              command(
                  validity == 0
                      ? "SELECT INBOX (CONDSTORE)"
                      : "SELECT INBOX (QRESYNC (" + validity + " " + highest + "))"))
          .startsWith("OK");
      fetchNew();
      assertThat(copy).hasSize(exists);
    }

    /// What arrived while it looked, by UID: no modseq tells of it (RFC 9051 §2.3.1.1).
    void fetchNew() throws IOException {
      if (copy.size() < exists) {
        long after = copy.isEmpty() ? 1 : copy.lastKey() + 1;
        assertThat(command("UID FETCH " + after + ":* (FLAGS)")).startsWith("OK");
      }
    }

    String command(String text) throws IOException {
      silent = text.contains(".SILENT") ? text : "";
      String name = send(text);
      String line = wire.line();
      while (!line.startsWith(name + " ")) {
        take(line);
        line = wire.line();
      }
      Matcher code = HIGHEST.matcher(line);
      if (code.matches()) {
        toldHighest = Long.parseLong(code.group(1));
      }
      // RFC 7162 §6.
      if (toldHighest != 0) {
        highest = toldHighest;
      } else {
        highest = Math.max(highest, toldModSeq);
      }
      toldHighest = 0;
      toldModSeq = 0;
      return line.substring(name.length() + 1);
    }

    String send(String text) throws IOException {
      String name = "t" + ++tag;
      wire.send(name + " " + text + "\r\n");
      return name;
    }

    private void take(String line) {
      Matcher validityTold = VALIDITY.matcher(line);
      Matcher highestTold = HIGHEST.matcher(line);
      Matcher existsTold = EXISTS.matcher(line);
      Matcher vanished = VANISHED.matcher(line);
      Matcher fetch = FETCH.matcher(line);
      if (validityTold.matches()) {
        validity = Long.parseLong(validityTold.group(1));
      } else if (highestTold.matches()) {
        toldHighest = Long.parseLong(highestTold.group(1));
      } else if (existsTold.matches()) {
        exists = Integer.parseInt(existsTold.group(1));
      } else if (vanished.matches()) {
        for (String range : vanished.group(2).split(",", -1)) {
          String[] ends = range.split(":", -1);
          long last = Long.parseLong(ends[ends.length - 1]);
          for (long uid = Long.parseLong(ends[0]); uid <= last; uid++) {
            boolean known = copy.remove(uid) != null;
            if (vanished.group(1) == null) {
              // Either it was known, or it came later than all that are (§3.2.10.2).
              assertThat(known || copy.isEmpty() || uid > copy.lastKey()).as(line).isTrue();
              exists--;
            }
          }
        }
      } else if (fetch.matches()) {
        fetched(line, Integer.parseInt(fetch.group(1)), fetch.group(2));
      } else {
        assertThat(line).startsWith("* ").doesNotContain("BYE").doesNotContain("EXPUNGE");
      }
    }

    private void fetched(String line, int number, String items) {
      Matcher uid = UID.matcher(items);
      Matcher modSeq = MODSEQ.matcher(items);
      Matcher flags = FLAGS.matcher(items);
      assertThat(uid.find()).as(line).isTrue();
      long message = Long.parseLong(uid.group(1));
      if (modSeq.find()) {
        toldModSeq = Math.max(toldModSeq, Long.parseLong(modSeq.group(1)));
      }
      if (!silent.isEmpty() && !items.contains("FLAGS") && copy.containsKey(message)) {
        applySilent(copy.get(message));
      }
      if (flags.find()) {
        List<String> told = new ArrayList<>(List.of(flags.group(1).split(" ", -1)));
        told.remove("\\Recent");
        told.remove("");
        told.sort(null);
        // One that it does not know yet is taken in its turn, or fetched later.
        if (!copy.containsKey(message) && number != copy.size() + 1) {
          assertThat(number).as(line).isGreaterThan(copy.size());
          return;
        }
        copy.put(message, told);
        assertThat(copy.headMap(message, true).size()).as(line).isEqualTo(number);
      }
    }

    /// What .SILENT has done to a message the client works out itself (RFC 7162 §3.1.3).
    private void applySilent(List<String> flags) {
      String flag = silent.substring(silent.lastIndexOf('(') + 1, silent.length() - 1);
      flags.remove(flag);
      if (silent.contains(" +FLAGS")) {
        flags.add(flag);
        flags.sort(null);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void copiesAreRightAfterEachReturn(long seed) throws IOException {
    Random random = new Random(seed);
    String name = "resync" + seed;
    fixture.store().addUser(name);
    String user = name + "@" + TestStore.DOMAIN;
    List<Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        clients.add(new Client(user, gateway(random)));
      }
      for (int step = 0; step < 200; step++) {
        step(clients.get(random.nextInt(clients.size())), random, name);
      }
      for (Client client : clients) {
        client.reconnect(gateway(random));
      }
      Client fresh = new Client(user, "imap");
      clients.add(fresh);
      for (Client client : clients) {
        assertThat(client.copy).as("seed " + seed).isEqualTo(fresh.copy);
      }
    } finally {
      for (Client client : clients) {
        client.wire.close();
      }
    }
  }

  private static String gateway(Random random) {
    return random.nextBoolean() ? "imap" : "imap-b";
  }

  private void step(Client client, Random random, String name) throws IOException {
    client.fetchNew();
    String change = change(client, random);
    switch (random.nextInt(10)) {
      case 0 -> fixture.deliver(name, "s" + random.nextInt(1000));
      // Cut off with an answer on its way: what it did not read it does not know.
      case 1 -> {
        client.send(change);
        client.reconnect(gateway(random));
      }
      case 2 -> client.reconnect(gateway(random));
      case 3 ->
          assertThat(
                  client.command(
                      "UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + client.highest + " VANISHED)"))
              .startsWith("OK");
      case 4 -> {
        String text = "Subject: a\r\n\r\nx\r\n";
        assertThat(client.command("APPEND INBOX {" + text.length() + "+}\r\n" + text))
            .startsWith("OK");
      }
      default ->
          assertThat(client.command(change)).matches("OK.*|NO \\[(EXPUNGEISSUED|MODIFIED).*");
    }
  }

  private static String change(Client client, Random random) {
    if (client.copy.isEmpty()) {
      return "NOOP";
    }
    List<Long> uids = new ArrayList<>(client.copy.keySet());
    int first = random.nextInt(uids.size());
    int last = Math.min(uids.size() - 1, first + random.nextInt(3));
    String flags =
        (random.nextBoolean() ? "+" : "-")
            + "FLAGS"
            + (random.nextBoolean() ? ".SILENT" : "")
            + " ("
            + NAMES.get(random.nextInt(NAMES.size()))
            + ")";
    String range = uids.get(first) + ":" + uids.get(last);
    return switch (random.nextInt(8)) {
      case 0 -> "EXPUNGE";
      case 1 -> "UID EXPUNGE " + range;
      case 2 -> uids.size() > 8 ? "UID MOVE " + range + " Trash" : "NOOP";
      case 3 -> "UID COPY " + range + " INBOX";
      case 4 -> "UID STORE " + range + " (UNCHANGEDSINCE " + client.highest + ") " + flags;
      case 5 -> "STORE " + (first + 1) + ":" + (last + 1) + " " + flags;
      case 6 -> "NOOP";
      default -> "UID STORE " + range + " " + flags;
    };
  }
}
