package mailwing.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import mailwing.imap.fuzz.HostileClient;
import mailwing.imap.fuzz.Numbering;
import mailwing.testkit.TestStore;
import mailwing.testkit.imap.ImapResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sessions on two gateways change one mailbox at random, beside a model of it: each reply is
/// checked by [Numbering] as it comes (RFC 9051 §7.5.1), and what a session believes once it has
/// been told everything is what the model holds.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManySessionsModelTest {
  private static final int CLIENTS = 5;
  private static final int STEPS = 250;
  private static final List<String> FLAGS =
      List.of("\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "$Work");
  private static final List<String> SIGNS = List.of("+", "-", "");
  private static final List<String> MODES = List.of("PLAIN", "CONDSTORE", "QRESYNC", "UIDONLY");
  private static final byte[] MESSAGE =
      "Subject: a\r\n\r\nx\r\n".getBytes(StandardCharsets.US_ASCII);

  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.start();
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, 1", "CONDSTORE, 2", "QRESYNC, 3", "UIDONLY, 4", "MIXED, 5", "MIXED, 6"})
  void everyNumberIsRightAndAllConverge(String mode, long seed) throws IOException {
    String user = "many" + seed;
    fixture.store().addUser(user);
    try (Scene scene = new Scene(user, mode, new Random(seed))) {
      for (int step = 0; step < STEPS; step++) {
        scene.step();
      }
      scene.converge();
    }
  }

  /// The clients, and the mailbox as it must be.
  private final class Scene implements AutoCloseable {
    final String user;
    final String mode;
    final Random random;
    final SortedMap<Long, Set<String>> model = new TreeMap<>();
    final List<HostileClient> clients = new ArrayList<>();
    long next = 1;

    Scene(String user, String mode, Random random) throws IOException {
      this.user = user;
      this.mode = mode;
      this.random = random;
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(connect(i));
      }
    }

    private HostileClient connect(int index) throws IOException {
      String address = user + "@" + TestStore.DOMAIN;
      HostileClient client =
          new HostileClient(fixture.port(index % 2 == 0 ? "imap" : "imap-b"), address);
      ok(client, "LOGIN " + address + " wing");
      String enabled = mode.equals("MIXED") ? MODES.get(index % MODES.size()) : mode;
      if (!enabled.equals("PLAIN")) {
        ok(client, "ENABLE " + enabled);
      }
      ok(client, "SELECT INBOX");
      return client;
    }

    void step() throws IOException {
      int index = random.nextInt(CLIENTS);
      HostileClient client = clients.get(index);
      try {
        switch (random.nextInt(14)) {
          case 0 -> {
            fixture.deliver(user, "s");
            model.put(next++, new TreeSet<>());
          }
          case 1, 2 -> {
            assertThat(client.append(MESSAGE)).isEqualTo("OK");
            model.put(next++, new TreeSet<>());
          }
          case 3, 4, 5 -> store(client);
          case 6 -> {
            ok(client, "EXPUNGE");
            model.values().removeIf(flags -> flags.contains("\\Deleted"));
          }
          case 7 -> copy(client, "COPY", "INBOX");
          case 8 -> copy(client, "MOVE", random.nextBoolean() ? "INBOX" : "Trash");
          case 9 -> Objects.requireNonNull(client.idle());
          case 10 -> know(client);
          case 11 -> ok(client, "SELECT INBOX");
          case 12 -> {
            client.close();
            clients.set(index, connect(index));
          }
          default -> agrees(client);
        }
      } catch (RuntimeException | AssertionError | IOException e) {
        throw new AssertionError(client.told(), e);
      }
    }

    void converge() throws IOException {
      for (HostileClient client : clients) {
        try {
          agrees(client);
        } catch (AssertionError e) {
          throw new AssertionError(client.told(), e);
        }
      }
    }

    /// After NOOP the client has been told everything; it need only ask for what is new to it.
    private void agrees(HostileClient client) throws IOException {
      ok(client, "NOOP");
      Numbering numbering = client.numbering();
      assertThat(numbering.uids()).hasSize(model.size());
      numbering
          .flags()
          .forEach((uid, flags) -> assertThat(flags).as("UID " + uid).isEqualTo(model.get(uid)));
      know(client);
      assertThat(numbering.flags()).isEqualTo(model);
      if (!numbering.uidOnly()) {
        assertThat(numbering.uids()).containsExactlyElementsOf(model.keySet());
      }
    }

    private void know(HostileClient client) throws IOException {
      if (!client.uids().isEmpty()) {
        // Who has not yet been told of an EXPUNGE may be answered NO [EXPUNGEISSUED].
        client.command(
            client.numbering().uidOnly() ? "UID FETCH 1:* (FLAGS)" : "FETCH 1:* (UID FLAGS)");
      }
    }

    /// UIDs of some messages that the client knows, and how it names them; null if it knows none.
    private @Nullable Chosen choose(HostileClient client) throws IOException {
      if (client.numbering().flags().size() < client.uids().size()) {
        know(client);
      }
      List<Long> known = List.copyOf(client.numbering().flags().keySet());
      if (known.isEmpty()) {
        return null;
      }
      int from = random.nextInt(known.size());
      List<Long> uids = known.subList(from, Math.min(known.size(), from + 1 + random.nextInt(4)));
      if (client.numbering().uidOnly() || random.nextInt(3) == 0) {
        return new Chosen("UID ", uids.getFirst() + ":" + uids.getLast(), uids);
      }
      int first = client.uids().indexOf(uids.getFirst()) + 1;
      int last = client.uids().indexOf(uids.getLast()) + 1;
      return new Chosen("", first + ":" + last, uids);
    }

    private void store(HostileClient client) throws IOException {
      Chosen chosen = choose(client);
      if (chosen == null) {
        return;
      }
      String flag = FLAGS.get(random.nextInt(FLAGS.size()));
      String sign = SIGNS.get(random.nextInt(SIGNS.size()));
      ImapResponse answer =
          client.command(
              chosen.prefix() + "STORE " + chosen.set() + " " + sign + "FLAGS (" + flag + ")");
      assertThat(answer).matches(r -> r != null && (r.name().equals("OK") || issued(r)));
      for (Long uid : chosen.uids()) {
        Set<String> flags = model.get(uid);
        if (flags != null) {
          if (sign.isEmpty()) {
            flags.clear();
          }
          if (sign.equals("-")) {
            flags.remove(flag);
          } else {
            flags.add(flag);
          }
        }
      }
    }

    private void copy(HostileClient client, String name, String mailbox) throws IOException {
      Chosen chosen = choose(client);
      if (chosen == null || (model.size() > 60 && mailbox.equals("INBOX"))) {
        return;
      }
      ImapResponse answer =
          client.command(chosen.prefix() + name + " " + chosen.set() + " " + mailbox);
      assertThat(answer).matches(r -> r != null && (r.name().equals("OK") || issued(r)));
      List<Set<String>> copies = new ArrayList<>();
      for (Long uid : chosen.uids()) {
        Set<String> flags = model.get(uid);
        if (flags != null) {
          copies.add(new TreeSet<>(flags));
          if (name.equals("MOVE")) {
            model.remove(uid);
          }
        }
      }
      if (mailbox.equals("INBOX")) {
        copies.forEach(flags -> model.put(next++, flags));
      }
    }

    private static boolean issued(ImapResponse response) {
      return "EXPUNGEISSUED".equals(response.code());
    }

    private static void ok(HostileClient client, String command) throws IOException {
      assertThat(client.command(command))
          .as(command)
          .matches(r -> r != null && r.name().equals("OK"));
    }

    @Override
    public void close() throws IOException {
      for (HostileClient client : clients) {
        client.close();
      }
    }
  }

  /// @param prefix `UID ` or nothing
  private record Chosen(String prefix, String set, List<Long> uids) {}
}
