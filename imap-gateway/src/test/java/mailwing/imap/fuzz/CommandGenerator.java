package mailwing.imap.fuzz;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import mailwing.testkit.fuzz.Abnf;

/// Any command that the formal syntax of IMAP and its extensions allows (imap.abnf), from a seed,
/// with names and numbers that mean something to the session that sends it.
final class CommandGenerator {
  private static final Abnf GRAMMAR = load();
  private static final int DEPTH = 14;
  private static final int LARGE = 8000;

  private static final List<String> MAILBOXES =
      List.of(
          "INBOX",
          "INBOX",
          "INBOX",
          "inbox",
          "Archive",
          "Sent",
          "Trash",
          "\"a b\"",
          "box",
          "box/one",
          "box/two",
          "box/two/three",
          "&Jjo-",
          "{3+}\r\nbox");

  private static final List<String> GIANT =
      List.of("1:4294967295", "4294967295:1", "4294967295", "1:*", "*:1", "*", "*:4294967295");

  /// What a session is and knows.
  interface Situation {
    /// `command-nonauth`, `command-auth` or `command-select`.
    String state();

    /// In upper case.
    Set<String> capabilities();

    /// Its messages' UIDs by number, 0 where it has not been told.
    List<Long> uids();

    long uidValidity();

    String user();

    /// Whose limits of quota anyone may lose.
    String other();

    /// Who else works on the same mailboxes.
    String partner();

    /// Names of mailboxes of the partner's.
    List<String> shared();

    /// Tags of the searches that it has asked to be kept up to date.
    List<String> contexts();
  }

  private final Random random;
  private final HostileMessages messages;
  private final List<ByteString> chunks = new ArrayList<>();
  private ByteString.Output out = ByteString.newOutput();
  private boolean pipelined;

  CommandGenerator(Random random) {
    this.random = random;
    this.messages = new HostileMessages(random);
  }

  private static Abnf load() {
    try (InputStream in =
        Objects.requireNonNull(CommandGenerator.class.getResourceAsStream("/imap.abnf"))) {
      return new Abnf(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A command for this state, or now and then for another one.
  Sent next(String tag, Situation situation) {
    return next(tag, situation, false);
  }

  /// One that is sent without waiting for `+`.
  Sent nextPipelined(String tag, Situation situation) {
    return next(tag, situation, true);
  }

  private Sent next(String tag, Situation situation, boolean withoutWaiting) {
    pipelined = withoutWaiting;
    chunks.clear();
    out = ByteString.newOutput();
    put(tag + " ");
    derive(new Abnf.Node.Rule(family(situation.state())), situation, DEPTH);
    put("\r\n");
    chunks.add(out.toByteString());
    return Sent.of(tag, chunks);
  }

  private String family(String state) {
    if (random.nextInt(12) == 0) {
      return List.of("command-any", "command-nonauth", "command-auth", "command-select")
          .get(random.nextInt(4));
    }
    if (random.nextInt(25) == 0) {
      return "command-any";
    }
    return state.equals("command-select") && random.nextInt(3) == 0 ? "command-auth" : state;
  }

  private void derive(Abnf.Node node, Situation situation, int depth) {
    switch (node) {
      case Abnf.Node.Text(String text) -> put(anyCase(text));
      case Abnf.Node.Range(int first, int last) ->
          out.write(first + random.nextInt(last - first + 1));
      case Abnf.Node.Sequence(List<Abnf.Node> nodes) ->
          nodes.forEach(part -> derive(part, situation, depth));
      case Abnf.Node.Repeat(int min, int max, Abnf.Node repeated) -> {
        int times = min;
        while (times < max && depth > 0 && random.nextInt(5) < 2) {
          times++;
        }
        for (int i = 0; i < times; i++) {
          derive(repeated, situation, depth);
        }
      }
      case Abnf.Node.Rule(String name) -> {
        if (!known(name, situation)) {
          derive(GRAMMAR.rule(name), situation, depth - 1);
        }
      }
      case Abnf.Node.Choice(List<Abnf.Branch> branches) ->
          derive(choose(branches, situation, depth), situation, depth);
    }
  }

  /// An announced one; near the end of the depth, the shortest.
  private Abnf.Node choose(List<Abnf.Branch> branches, Situation situation, int depth) {
    boolean anything = random.nextInt(40) == 0;
    List<Abnf.Node> open = new ArrayList<>();
    int least = Integer.MAX_VALUE;
    for (Abnf.Branch branch : branches) {
      if (anything || announced(branch.when(), situation)) {
        open.add(branch.node());
        least = Math.min(least, GRAMMAR.depth(branch.node()));
      }
    }
    if (open.isEmpty()) {
      return branches.get(random.nextInt(branches.size())).node();
    }
    int shortest = least;
    if (depth <= 0) {
      open.removeIf(node -> GRAMMAR.depth(node) > shortest);
    }
    return open.get(random.nextInt(open.size()));
  }

  private static boolean announced(String capability, Situation situation) {
    return capability.isEmpty()
        || situation.capabilities().contains(capability)
        || situation.capabilities().stream().anyMatch(c -> c.startsWith(capability + "="));
  }

  /// The rules that need to know the session.
  private boolean known(String rule, Situation situation) {
    switch (rule) {
      case "crlf" -> {
        put("\r\n");
        split();
      }
      case "literal" -> literal(ByteString.copyFromUtf8(word()), "");
      case "message" -> message();
      case "mailbox", "metadata-mailbox" -> {
        if (rule.startsWith("metadata") && random.nextBoolean()) {
          put("\"\"");
        } else if (!situation.shared().isEmpty() && random.nextInt(3) == 0) {
          put(any(situation.shared()));
        } else if (random.nextInt(15) == 0) {
          derive(new Abnf.Node.Rule("astring"), situation, 2);
        } else {
          put(any(MAILBOXES));
        }
      }
      case "sequence-set" -> put(numbers(situation, false));
      case "uid-set" -> put(numbers(situation, true));
      case "sequence-number" -> put(Long.toString(number(situation, false)));
      case "uid-number" -> put(Long.toString(number(situation, true)));
      case "uidvalidity" ->
          put(Long.toString(random.nextInt(4) == 0 ? 1 : Math.max(1, situation.uidValidity())));
      case "context-tag" -> {
        List<String> tags = situation.contexts();
        put("\"" + (tags.isEmpty() ? "t" + random.nextInt(9) : any(tags)) + "\"");
      }
      case "quota-root" -> put(random.nextInt(8) == 0 ? "\"\"" : situation.user());
      case "other-root" -> put(random.nextInt(8) == 0 ? "\"\"" : situation.other());
      case "partner" -> put(situation.partner());
      case "userid" -> put(random.nextInt(8) == 0 ? word() : situation.user());
      case "password" -> put(random.nextInt(8) == 0 ? "\"" + word() + "\"" : "wing");
      case "credentials" -> put(base64("\0" + situation.user() + "\0wing"));
      case "message-url" -> put("\"/INBOX/;UID=" + number(situation, true) + "\"");
      case "rump-url" ->
          put(
              "\"imap://%s@localhost/INBOX/;UID=%d;URLAUTH=anonymous\""
                  .formatted(situation.user().replace("@", "%40"), number(situation, true)));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private String numbers(Situation situation, boolean uid) {
    StringBuilder set = new StringBuilder();
    int kind = random.nextInt(24);
    if (kind == 0 && announced("SEARCHRES", situation)) {
      return "$";
    }
    if (kind < 3) {
      return any(GIANT);
    }
    int ranges = kind == 3 ? 300 : 1 + random.nextInt(3);
    for (int i = 0; i < ranges; i++) {
      set.append(set.isEmpty() ? "" : ",").append(number(situation, uid));
      if (random.nextInt(3) == 0) {
        set.append(':').append(random.nextInt(8) == 0 ? "*" : number(situation, uid));
      }
    }
    return set.toString();
  }

  /// Most often one that there is.
  private long number(Situation situation, boolean uid) {
    List<Long> uids = situation.uids();
    if (uids.isEmpty() || random.nextInt(20) == 0) {
      return 1L + random.nextInt(uids.size() + 20);
    }
    int index = random.nextInt(uids.size());
    return uid && uids.get(index) != 0 ? uids.get(index) : index + 1L;
  }

  private void message() {
    boolean eight = random.nextInt(6) == 0;
    byte[] octets = messages.next(random.nextInt(5) == 0 ? LARGE : 400, eight);
    literal(ByteString.copyFrom(octets), eight ? "~" : "");
  }

  private void literal(ByteString octets, String prefix) {
    boolean wait = !pipelined && (random.nextBoolean() || octets.size() > 4096);
    put(prefix + "{" + octets.size() + (wait ? "}\r\n" : "+}\r\n"));
    if (wait) {
      split();
    }
    try {
      octets.writeTo(out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String word() {
    return any(List.of("", "a", "message", "wörter", "x".repeat(300), "%s\"\\"));
  }

  private String any(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }

  private String anyCase(String text) {
    return switch (random.nextInt(10)) {
      case 0 -> text.toLowerCase(Locale.ROOT);
      case 1 -> text.toUpperCase(Locale.ROOT);
      default -> text;
    };
  }

  private void split() {
    if (!pipelined) {
      chunks.add(out.toByteString());
      out = ByteString.newOutput();
    }
  }

  private void put(String text) {
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      out.write(octet);
    }
  }
}
