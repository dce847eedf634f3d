package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

/// Sessions on two gateways change one mailbox at random, each believing only what it is told:
/// every number that a reply names must be the message the client thinks it is (RFC 9051 §7.5.1),
/// and in the end all agree.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManySessionsModelTest {
  private static final Pattern COUNT = Pattern.compile("\\* (\\d+) (EXISTS|EXPUNGE|RECENT)");
  private static final Pattern FETCH =
      Pattern.compile("\\* (\\d+) FETCH \\((?:UID (\\d+) )?FLAGS \\(([^)]*)\\)\\)");
  private static final List<String> FLAGS =
      List.of("\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "$Work");
  private static final List<String> SIGNS = List.of("+", "-", "");

  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.start();
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  /// A client and what it believes.
  private static final class Client implements AutoCloseable {
    final TranscriptClient wire;
    final List<Integer> uids = new ArrayList<>();
    final TreeMap<Integer, List<String>> flags = new TreeMap<>();
    int tag;
    boolean mayRenumber;

    Client(int port, String user) throws IOException {
      wire = TranscriptClient.connect(port);
      assertThat(wire.line()).startsWith("* OK");
      command("LOGIN " + user + " wing", true);
      select();
    }

    void select() throws IOException {
      uids.clear();
      flags.clear();
      command("SELECT INBOX", true);
      fetchAll();
    }

    void fetchAll() throws IOException {
      if (!uids.isEmpty()) {
        command("FETCH 1:* (UID FLAGS)", false);
      }
    }

    String command(String text, boolean renumbers) throws IOException {
      mayRenumber = renumbers;
      String name = "t" + ++tag;
      wire.send(name + " " + text + "\r\n");
      String line = wire.line();
      while (!line.startsWith(name + " ")) {
        take(line);
        line = wire.line();
      }
      return line.substring(name.length() + 1);
    }

    void idle() throws IOException {
      mayRenumber = true;
      String name = "t" + ++tag;
      wire.send(name + " IDLE\r\n");
      String line = wire.line();
      while (!line.startsWith("+")) {
        take(line);
        line = wire.line();
      }
      wire.send("DONE\r\n");
      line = wire.line();
      while (!line.startsWith(name + " OK")) {
        take(line);
        line = wire.line();
      }
    }

    private void take(String line) {
      Matcher count = COUNT.matcher(line);
      Matcher fetch = FETCH.matcher(line);
      if (count.matches()) {
        int number = Integer.parseInt(count.group(1));
        switch (count.group(2)) {
          case "EXISTS" -> {
            assertThat(number).isGreaterThanOrEqualTo(uids.size());
            while (uids.size() < number) {
              uids.add(0);
            }
          }
          case "EXPUNGE" -> {
            assertThat(mayRenumber).as(line).isTrue();
            assertThat(number).isBetween(1, uids.size());
            flags.remove(uids.get(number - 1));
            uids.subList(number - 1, number).clear();
          }
          default -> assertThat(number).isLessThanOrEqualTo(uids.size());
        }
      } else if (fetch.matches()) {
        int number = Integer.parseInt(fetch.group(1));
        assertThat(number).as(line).isBetween(1, uids.size());
        if (fetch.group(2) != null) {
          int uid = Integer.parseInt(fetch.group(2));
          int believed = uids.get(number - 1);
          assertThat(believed).as(line).isIn(0, uid);
          uids.set(number - 1, uid);
        }
        List<String> told = new ArrayList<>(List.of(fetch.group(3).split(" ", -1)));
        told.remove("\\Recent");
        told.remove("");
        told.sort(null);
        if (uids.get(number - 1) != 0) {
          flags.put(uids.get(number - 1), told);
        }
      } else {
        assertThat(line).startsWith("* ").doesNotContain("BYE");
      }
    }

    @Override
    public void close() throws IOException {
      wire.close();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void everyNumberIsRightAndAllConverge(long seed) throws IOException {
    Random random = new Random(seed);
    String user = "many" + seed;
    fixture.store().addUser(user);
    String address = user + "@" + TestStore.DOMAIN;
    List<Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        clients.add(new Client(fixture.port(i % 2 == 0 ? "imap" : "imap-b"), address));
      }
      for (int step = 0; step < 400; step++) {
        step(clients.get(random.nextInt(clients.size())), random, user);
      }
      for (Client client : clients) {
        client.command("NOOP", true);
        client.fetchAll();
      }
      Client first = clients.getFirst();
      for (Client client : clients) {
        assertThat(client.uids).isEqualTo(first.uids).doesNotContain(0);
        assertThat(client.flags).isEqualTo(first.flags);
      }
      assertThat(first.flags.keySet()).containsExactlyElementsOf(first.uids);
    } finally {
      for (Client client : clients) {
        client.close();
      }
    }
  }

  private void step(Client client, Random random, String user) throws IOException {
    int size = client.uids.size();
    switch (random.nextInt(12)) {
      case 0 -> fixture.deliver(user, "s" + random.nextInt(1000));
      case 1, 2 -> {
        String text = "Subject: a\r\n\r\nx\r\n";
        String reply = client.command("APPEND INBOX {" + text.length() + "+}\r\n" + text, true);
        assertThat(reply).startsWith("OK [APPENDUID ");
      }
      case 3, 4, 5 -> {
        if (size > 0) {
          String flag = FLAGS.get(random.nextInt(FLAGS.size()));
          String sign = SIGNS.get(random.nextInt(SIGNS.size()));
          String reply =
              client.command(
                  "STORE " + range(random, size) + " " + sign + "FLAGS (" + flag + ")", false);
          assertThat(reply).matches("OK.*|NO \\[EXPUNGEISSUED].*");
        }
      }
      case 6 -> assertThat(client.command("EXPUNGE", true)).startsWith("OK");
      case 7 -> {
        if (size > 0) {
          String reply = client.command("COPY " + range(random, size) + " INBOX", true);
          assertThat(reply).matches("OK.*|NO \\[EXPUNGEISSUED].*");
        }
      }
      case 8 -> {
        if (size > 12) {
          String reply = client.command("MOVE " + range(random, size) + " Trash", true);
          assertThat(reply).matches("OK.*|NO \\[EXPUNGEISSUED].*");
        }
      }
      case 9 -> client.idle();
      case 10 -> client.fetchAll();
      default -> {
        if (random.nextInt(8) == 0) {
          client.select();
        } else {
          assertThat(client.command("NOOP", true)).startsWith("OK");
        }
      }
    }
  }

  private static String range(Random random, int size) {
    int first = 1 + random.nextInt(size);
    return first + ":" + Math.min(size, first + random.nextInt(4));
  }
}
