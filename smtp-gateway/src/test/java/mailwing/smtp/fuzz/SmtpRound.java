package mailwing.smtp.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mailwing.gateway.StoreClient;
import mailwing.smtp.GatewayFixture;
import mailwing.testkit.Inbox;
import mailwing.testkit.fuzz.Answers;

/// One seed's clients, on two gateways; afterwards what has come to the accounts is held against
/// what was said of it.
final class SmtpRound {
  private static final int CLIENTS = 6;
  private static final int SESSIONS = 4;
  private static final List<House.Kind> KINDS = List.of(House.Kind.values());

  /// What the gateway may put before a message.
  private static final Pattern TRACE =
      Pattern.compile(
          "(?:(?:Return-Path|Delivered-To|Received|Authentication-Results|DKIM-Signature|Date|Message-ID):"
              + "(?:[^\r\n]|\r\n[ \t])*+\r\n)*+");

  private final StoreClient reader;
  private final GatewayFixture trusting;
  private final GatewayFixture strange;
  private final long seed;
  private final Answers answers;
  private final Map<String, Integer> lastUids;

  /// What stands in a message of a session that did not hear of each of its messages.
  private final Set<String> unsettled = ConcurrentHashMap.newKeySet();

  private final Map<String, String> dialogues = new ConcurrentHashMap<>();

  SmtpRound(
      StoreClient reader,
      GatewayFixture trusting,
      GatewayFixture strange,
      long seed,
      Map<String, Integer> lastUids,
      Answers answers) {
    this.reader = reader;
    this.trusting = trusting;
    this.strange = strange;
    this.seed = seed;
    this.answers = answers;
    this.lastUids = lastUids;
  }

  void run() throws Exception {
    List<Future<List<Taken>>> clients = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        clients.add(executor.submit(() -> sessions(client)));
      }
    }
    List<Taken> taken = new ArrayList<>();
    for (Future<List<Taken>> client : clients) {
      try {
        taken.addAll(client.get());
      } catch (ExecutionException e) {
        throw new AssertionError("seed " + seed, e.getCause());
      }
    }
    for (String user : House.USERS) {
      compare(user, taken);
    }
  }

  private List<Taken> sessions(int client) throws IOException {
    Random random = new Random(seed * 1000 + client);
    List<Taken> taken = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      boolean trusted = random.nextInt(3) > 0;
      boolean implicit = random.nextInt(8) == 0;
      House.Kind kind = implicit ? House.Kind.SUBMISSION : KINDS.get(random.nextInt(KINDS.size()));
      GatewayFixture gateway = trusted ? trusting : strange;
      int port =
          gateway.port(
              switch (kind) {
                case MX -> "smtp";
                case SUBMISSION -> implicit ? "submissions" : "submission";
                case LMTP -> "lmtp";
              });
      String name = "m" + seed + "-" + client + "-" + i;
      try (SmtpDialogue dialogue =
          new SmtpDialogue(new House(kind, trusted, implicit), port, name, random, answers)) {
        taken.addAll(dialogue.run());
        if (dialogue.unsettled()) {
          unsettled.add(name + "-");
          unsettled.add(name + "#");
        }
        dialogues.put(name, dialogue.told());
      }
    }
    return taken;
  }

  /// Each message that was taken is there, as often as it may be and octet by octet; and none else.
  private void compare(String user, List<Taken> taken) {
    List<String> stored = new ArrayList<>(fresh(user));
    Map<String, List<Taken>> wanted =
        taken.stream()
            .filter(message -> message.copies().containsKey(user))
            .collect(Collectors.groupingBy(Taken::octets));
    // The longest first: one message may be the end of another one.
    List<String> longest =
        wanted.keySet().stream()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
    for (String octets : longest) {
      List<Taken> alike = wanted.getOrDefault(octets, List.of());
      int most = alike.stream().mapToInt(message -> message.copies().getOrDefault(user, 0)).sum();
      int copies = 0;
      while (copies < most && remove(stored, octets)) {
        copies++;
      }
      if (copies < alike.size()) {
        throw new AssertionError(
            "seed %d, of %d %d are lost for %s: %s"
                    .formatted(seed, alike.size(), alike.size() - copies, user, shown(octets))
                + told(octets));
      }
    }
    stored.removeIf(SmtpRound::isReport);
    stored.removeIf(this::mayBeOfUnsettled);
    if (!stored.isEmpty()) {
      throw new AssertionError(
          "seed %d, %s has what nobody was told of: %s"
                  .formatted(seed, user, shown(stored.getFirst()))
              + told(stored.getFirst()));
    }
  }

  /// One of a session that did not hear of it, or that is damaged beyond being known.
  private boolean mayBeOfUnsettled(String message) {
    return unsettled.stream().anyMatch(message::contains)
        || (!unsettled.isEmpty() && !message.contains("m" + seed + "-"));
  }

  /// What the store itself says of a message, where NOTIFY asked for it.
  private static boolean isReport(String message) {
    return message.substring(0, Math.min(4000, message.length())).contains("multipart/report");
  }

  /// What the session said that this is of.
  private String told(String message) {
    return dialogues.entrySet().stream()
        .filter(one -> message.contains(one.getKey() + "-") || message.contains(one.getKey() + "#"))
        .map(one -> "\n" + one.getKey() + " said\n" + one.getValue())
        .collect(Collectors.joining());
  }

  private static String shown(String octets) {
    return octets.substring(0, Math.min(500, octets.length()));
  }

  private static boolean remove(List<String> stored, String octets) {
    for (int i = 0; i < stored.size(); i++) {
      String one = stored.get(i);
      if (one.endsWith(octets)
          && TRACE.matcher(one.substring(0, one.length() - octets.length())).matches()) {
        stored.remove(i);
        return true;
      }
    }
    return false;
  }

  /// What has come since the round before.
  private List<String> fresh(String user) {
    List<String> stored = new ArrayList<>();
    try (Inbox inbox = new Inbox(reader, user + "@" + House.DOMAIN)) {
      for (int uid : inbox.uids(lastUids.getOrDefault(user, 0) + 1)) {
        stored.add(new String(inbox.read(uid), StandardCharsets.ISO_8859_1));
        lastUids.put(user, uid);
      }
    }
    return stored;
  }
}
