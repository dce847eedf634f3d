package mailwing.imap.fuzz;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import mailwing.imap.ImapFixture;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.imap.ImapResponse;
import org.jspecify.annotations.Nullable;

/// One seed's clients, on two gateways and one account, and what they do. The last of them is
/// another user's, who shares mailboxes with the first.
final class HostileRound {
  /// Whose quota a round's user may set, in every third round.
  static final String OTHER = "quota@example.test";

  private static final int CLIENTS = 4;
  private static final int STEPS = 250;
  private static final int ALL_RIGHTS = 2047;
  private static final List<String> GATEWAYS = List.of("imap", "imap-b");
  private static final List<String> HABITS =
      List.of("CONDSTORE", "QRESYNC", "UIDONLY", "UTF8=ACCEPT", "IMAP4rev2");

  /// What changes the stream, or waits: not sent in one go with others.
  private static final Set<String> ALONE =
      Set.of(
          "STARTTLS",
          "COMPRESS",
          "AUTHENTICATE",
          "LOGOUT",
          "LOGIN",
          "UNAUTHENTICATE",
          "ENABLE",
          "IDLE");

  private final ImapFixture fixture;
  private final long seed;
  private final Random random;
  private final String user;
  private final String guest;
  private final List<String> shared;
  private final CommandGenerator generator;
  private final Mutator mutator;
  private final @Nullable HostileClient[] clients = new HostileClient[CLIENTS];
  private final Answers answers;

  /// Counts in `answers` how often each command was answered how.
  HostileRound(ImapFixture fixture, long seed, Answers answers) {
    this.fixture = fixture;
    this.seed = seed;
    this.random = new Random(seed);
    this.user = "fuzz" + seed + "@example.test";
    this.guest = "guest" + seed + "@example.test";
    this.shared = List.of(within(user, "INBOX"), within(user, "INBOX"), within(user, "box/one"));
    this.generator = new CommandGenerator(random);
    this.mutator = new Mutator(random);
    this.answers = answers;
  }

  private static String within(String owner, String mailbox) {
    return "\"Other Users/" + owner + "/" + mailbox + "\"";
  }

  void run() throws IOException {
    add("fuzz" + seed);
    add("guest" + seed);
    for (String mailbox : List.of("INBOX", "box")) {
      fixture
          .store()
          .sharing()
          .setShare(
              SetShareRequest.newBuilder()
                  .setAddress(user)
                  .setMailbox(mailbox)
                  .setIdentifier(guest)
                  .setRights(ALL_RIGHTS)
                  .setCreate(true)
                  .build());
    }
    HostileMessages messages = new HostileMessages(random);
    for (int i = 0; i < 10; i++) {
      fixture.store().deliver(user, messages.next(500, false));
    }
    try {
      for (int step = 0; step < STEPS; step++) {
        step(step, random.nextInt(CLIENTS));
      }
      Map<String, Long> counts = messages(user);
      counts.putAll(messages(guest));
      for (HostileClient client : clients) {
        if (client != null && !client.ended()) {
          settle(client, counts);
        }
      }
    } finally {
      for (HostileClient client : clients) {
        if (client != null) {
          client.close();
        }
      }
    }
    // What they share would be listed for each user of the rounds to come.
    for (String address : List.of(user, guest)) {
      fixture
          .store()
          .directory()
          .removeUser(RemoveUserRequest.newBuilder().setAddress(address).build());
    }
  }

  private void add(String name) {
    fixture.store().addUser(name);
    fixture
        .store()
        .directory()
        .updateUser(
            UpdateUserRequest.newBuilder()
                .setAddress(name + "@example.test")
                .setAdministrator(seed % 3 == 0)
                .setQuota(
                    QuotaLimits.newBuilder().setOctets(20 << 20).setMessages(400).setMailboxes(60))
                .build());
  }

  private void step(int step, int slot) throws IOException {
    HostileClient client = clients[slot];
    try {
      if (client == null || client.ended()) {
        if (client != null) {
          client.close();
        }
        int port = fixture.port(GATEWAYS.get(random.nextInt(2)));
        client =
            slot == CLIENTS - 1
                ? new HostileClient(port, guest, user, shared)
                : new HostileClient(port, user, guest, List.of());
        clients[slot] = client;
        begin(client);
      }
      switch (random.nextInt(10)) {
        case 0 -> damaged(client);
        case 1 -> together(client);
        default -> {
          if (!client.ended()) {
            Sent sent = generator.next(client.nextTag(), client);
            count(sent, client.run(sent));
          }
        }
      }
    } catch (RuntimeException | AssertionError | IOException e) {
      throw new AssertionError(
          "seed " + seed + ", step " + step + "\n" + (client == null ? "" : client.told()), e);
    }
  }

  /// Most clients log in and select a mailbox.
  private void begin(HostileClient client) throws IOException {
    if (random.nextInt(4) == 0) {
      return;
    }
    client.command("LOGIN " + client.user() + " wing");
    if (random.nextInt(2) == 0 && !client.ended()) {
      client.command("ENABLE " + HABITS.get(random.nextInt(HABITS.size())));
    }
    if (!client.ended()) {
      client.command(
          "SELECT " + (client.shared().isEmpty() ? "INBOX" : client.shared().getFirst()));
    }
    know(client);
  }

  private static void know(HostileClient client) throws IOException {
    Numbering numbering = client.numbering();
    if (!client.ended() && numbering.selected() && !numbering.uidOnly()) {
      client.command("FETCH 1:* (UID)");
    }
  }

  /// After NOOP a client has been told of everything: it knows as many messages as the store, and
  /// none of its numbers is without one. One that has used NOTIFY wants to know of everything again
  /// first: as NOOP, that tells what has come together (RFC 5465 §3.1).
  private void settle(HostileClient client, Map<String, Long> messages) {
    try {
      client.command(
          client.numbering().notified()
              ? "NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))"
              : "NOOP");
      Numbering numbering = client.numbering();
      if (client.ended() || !numbering.selected()) {
        return;
      }
      long there = messages.getOrDefault(numbering.mailboxId(), -1L);
      if (there != numbering.uids().size()) {
        throw new AssertionError("there are " + there + ", told were " + numbering.uids());
      }
      know(client);
      if (!numbering.uidOnly() && numbering.uids().contains(0L)) {
        throw new AssertionError("not all are told: " + numbering.uids());
      }
    } catch (RuntimeException | AssertionError | IOException e) {
      throw new AssertionError("seed " + seed + ", at the end\n" + client.told(), e);
    }
  }

  /// How many messages each mailbox has, by its MAILBOXID.
  private Map<String, Long> messages(String user) throws IOException {
    Map<String, Long> messages = new TreeMap<>();
    try (HostileClient client = new HostileClient(fixture.port("imap"), user)) {
      client.command("LOGIN " + user + " wing");
      client.command("LIST \"\" * RETURN (STATUS (MAILBOXID MESSAGES))");
      for (ImapResponse response : client.responses()) {
        List<Object> data = response.data();
        if (response.name().equals("STATUS")
            && data.get(data.indexOf("MESSAGES") + 1) instanceof Long count) {
          messages.put(data.get(data.indexOf("MAILBOXID") + 1).toString(), count);
        }
      }
    }
    return messages;
  }

  private void count(Sent sent, @Nullable ImapResponse response) {
    answers.count(sent.name(), response == null ? "BYE" : response.name());
  }

  private void together(HostileClient client) throws IOException {
    List<Sent> commands = new ArrayList<>();
    for (int i = 1 + random.nextInt(6); i >= 0; i--) {
      Sent sent = generator.nextPipelined(client.nextTag(), client);
      if (!ALONE.contains(sent.name())) {
        commands.add(sent);
      }
    }
    if (!commands.isEmpty() && !client.ended()) {
      client.pipeline(commands);
    }
  }

  /// On a connection of its own.
  private void damaged(HostileClient client) throws IOException {
    ByteString octets =
        ByteString.copyFromUtf8(
            random.nextInt(5) == 0 ? "" : "a LOGIN " + user + " wing\r\nb SELECT INBOX\r\n");
    ByteString commands = ByteString.EMPTY;
    for (int i = random.nextInt(8); i >= 0; i--) {
      Sent sent =
          random.nextInt(4) == 0
              ? generator.next("c" + i, client)
              : generator.nextPipelined("c" + i, client);
      commands = commands.concat(sent.octets());
    }
    octets =
        random.nextInt(5) == 0
            ? mutator.mutate(octets.concat(commands))
            : octets.concat(mutator.mutate(commands));
    try {
      HostileClient.converse(fixture.port(GATEWAYS.get(random.nextInt(2))), octets);
    } catch (RuntimeException | AssertionError | IOException e) {
      throw new AssertionError("sent " + HostileClient.shown(octets), e);
    }
  }
}
