package mailwing.pop3.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.SaslExchange;
import org.jspecify.annotations.Nullable;

/// What a session must answer, written apart from the gateway: numbers, sizes, unique-ids and
/// octets of its maildrop as it was at login, what is marked as deleted, and what QUIT does.
final class Pop3Model {
  private static final int LINE = 4096;
  private static final int RESPONSE = 12_288;
  private static final Set<String> BARE =
      Set.of("STLS", "CAPA", "UTF8", "QUIT", "STAT", "NOOP", "RSET", "LAST");

  private static final Set<String> WITH_ARGUMENT =
      Set.of("USER", "PASS", "APOP", "AUTH", "LIST", "UIDL", "RETR", "TOP", "DELE", "LANG");

  /// What comes after `+OK`.
  enum Form {
    ONE_LINE,
    LINES,
    MESSAGE
  }

  private enum At {
    GREETING,
    COMMAND,
    SASL,
    HANDSHAKE,
    CLOSED
  }

  private final Maildrops world;
  private final String user;
  private final boolean trusted;
  private final BooleanSupplier inUse;
  private final Answers answers;
  private final StringBuilder stream = new StringBuilder();
  private final SaslExchange sasl = new SaslExchange();
  private final Set<Maildrops.Message> deleted = new HashSet<>();
  private final Set<Maildrops.Message> read = new HashSet<>();
  private @Nullable List<Maildrops.Message> drop;
  private At at;
  private boolean tls;
  private boolean utf8;
  private String name = "";
  private int lastSeen;
  private int last;
  private int bad;
  private int logins;
  private boolean endless;

  /// @param inUse whether another session has the maildrop
  Pop3Model(
      Maildrops world,
      String user,
      boolean trusted,
      boolean implicitTls,
      BooleanSupplier inUse,
      Answers answers) {
    this.world = world;
    this.user = user;
    this.trusted = trusted;
    this.tls = implicitTls;
    this.inUse = inUse;
    this.answers = answers;
    this.at = At.GREETING;
  }

  void sent(String octets) {
    stream.append(octets);
  }

  boolean closed() {
    return at == At.CLOSED;
  }

  boolean inHandshake() {
    return at == At.HANDSHAKE;
  }

  boolean mayShakeHands() {
    return at == At.HANDSHAKE && stream.isEmpty();
  }

  void shookHands() {
    tls = true;
    name = "";
    at = At.COMMAND;
  }

  boolean loggedIn() {
    return drop != null;
  }

  /// Has another session the maildrop?
  boolean inUse() {
    return inUse.getAsBoolean();
  }

  boolean inSasl() {
    return at == At.SASL;
  }

  int count() {
    return drop == null ? 0 : drop.size();
  }

  /// Is there something that must be answered?
  boolean due() {
    return switch (at) {
      case GREETING -> true;
      case COMMAND, SASL -> stream.indexOf("\n") >= 0;
      case HANDSHAKE, CLOSED -> false;
    };
  }

  /// Has the server a reason to end the session without a word?
  boolean mayEnd() {
    return at == At.CLOSED
        || endless
        || bad >= Pop3Round.BAD_COMMANDS
        || (logins >= Pop3Round.LOGIN_FAILURES && !trusted);
  }

  private String nextLine() {
    int end = stream.indexOf("\n");
    String line = stream.substring(0, end);
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private boolean isTooLong(String line) {
    return line.length() > (at == At.SASL ? RESPONSE : LINE);
  }

  /// What will follow a positive answer to the next command.
  Form form() {
    if (at != At.COMMAND) {
      return Form.ONE_LINE;
    }
    String line = nextLine();
    String keyword = keyword(line);
    boolean alone = argument(line).isEmpty();
    return switch (keyword) {
      case "RETR", "TOP" -> Form.MESSAGE;
      case "CAPA" -> Form.LINES;
      case "LIST", "UIDL", "AUTH", "LANG" -> alone ? Form.LINES : Form.ONE_LINE;
      default -> Form.ONE_LINE;
    };
  }

  private static String keyword(String line) {
    int space = line.indexOf(' ');
    return (space < 0 ? line : line.substring(0, space)).toUpperCase(Locale.ROOT);
  }

  private static String argument(String line) {
    int space = line.indexOf(' ');
    return space < 0 ? "" : line.substring(space + 1).stripTrailing();
  }

  /// An answer has come; an AssertionError where it is not what the session owes.
  ///
  /// @param status its first line
  /// @param more what followed it, with its CRLFs and the final dot; empty for a single line
  void replied(String status, String more) {
    boolean ok = status.startsWith("+OK");
    if (!ok && !status.startsWith("-ERR") && !(status.startsWith("+ ") && more.isEmpty())) {
      throw new AssertionError("no status: " + status);
    }
    if (status.equals("-ERR Line too long")
        && stream.indexOf("\n") < 0
        && stream.length() > 50_000) {
      at = At.CLOSED;
      return;
    }
    if (!due()) {
      throw new AssertionError("an answer to nothing: " + status);
    }
    switch (at) {
      case GREETING -> {
        must(ok, status, "the greeting");
        at = At.COMMAND;
      }
      case COMMAND -> {
        String line = nextLine();
        if (isTooLong(line)) {
          take();
          must(status.equals("-ERR Line too long"), status, "a line of " + line.length());
          bad++;
          endless |= line.length() > 50_000;
          return;
        }
        take();
        command(line, ok, status, more);
      }
      case SASL -> {
        String line = nextLine();
        boolean tooLong = isTooLong(line);
        take();
        if (tooLong) {
          at = At.COMMAND;
          endless |= line.length() > 50_000;
          must(status.equals("-ERR Line too long"), status, "a long response");
          return;
        }
        sasl.respond(line);
        sasl(status, ok);
      }
      case HANDSHAKE, CLOSED -> throw new AssertionError("after the end: " + status);
    }
  }

  private void take() {
    stream.delete(0, stream.indexOf("\n") + 1);
  }

  private static void must(boolean right, String status, String what) {
    if (!right) {
      throw new AssertionError(what + " was answered " + status);
    }
  }

  private static void must(String status, String wanted, String what) {
    must(status.equals(wanted), status, what + ", not " + wanted + ",");
  }

  private void command(String line, boolean ok, String status, String more) {
    String keyword = keyword(line);
    String argument = argument(line);
    answers.count(
        BARE.contains(keyword) || WITH_ARGUMENT.contains(keyword) ? keyword : "(other)",
        ok ? "+OK" : "-ERR");
    boolean text = keyword.equals("PASS") ? isPassword(line) : isText(line);
    if (!text || (BARE.contains(keyword) && !argument.isEmpty())) {
      must(!ok, status, "what is no command");
      wrong(status);
      return;
    }
    List<Maildrops.Message> messages = drop;
    if (messages == null) {
      before(keyword, line, argument, ok, status, more);
    } else {
      new Pop3Answers(this, messages).check(keyword, argument, ok, status, more);
    }
  }

  /// A command that is none.
  void wrong(String status) {
    if (!status.startsWith("-ERR")) {
      throw new AssertionError("what is no command was answered " + status);
    }
    bad++;
  }

  private static boolean isText(String line) {
    int space = line.indexOf(' ');
    if (space < 0) {
      return true;
    }
    String argument = line.substring(space + 1);
    return isUtf8(argument)
        && new String(argument.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
            .chars()
            .noneMatch(Character::isISOControl);
  }

  private static boolean isPassword(String line) {
    return line.length() >= 5 && line.indexOf('\0') < 0 && isUtf8(line);
  }

  private static boolean isUtf8(String octets) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1)));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private boolean mayLogIn() {
    return tls || trusted;
  }

  private void before(
      String keyword, String line, String argument, boolean ok, String status, String more) {
    switch (keyword) {
      case "USER" -> {
        if (argument.isEmpty()) {
          wrong(status);
        } else {
          must(ok == mayLogIn(), status, line);
          name = ok ? argument : name;
        }
      }
      case "PASS" -> {
        boolean right = name.equalsIgnoreCase(user) && line.substring(5).equals("wing");
        boolean asked = mayLogIn() && !name.isEmpty();
        if (mayLogIn()) {
          name = "";
        }
        login(asked && right, asked, status, ok);
      }
      case "AUTH" -> {
        if (argument.isEmpty()) {
          must(ok && more.endsWith(".\r\n"), status, line);
        } else {
          sasl.begin(argument);
          if (argument.split(" ", -1).length > 2) {
            wrong(status);
          } else {
            sasl(status, ok);
          }
        }
      }
      case "STLS" -> {
        must(!ok || !(tls || utf8), status, line);
        if (ok) {
          at = At.HANDSHAKE;
        }
      }
      case "UTF8" -> {
        must(ok, status, line);
        utf8 = true;
      }
      case "CAPA" -> capabilities(ok, status, more, false);
      case "LANG" -> {
        if (!ok) {
          wrong(status);
        }
      }
      case "QUIT" -> {
        must(ok, status, line);
        at = At.CLOSED;
      }
      default -> {
        must(!ok, status, line);
        bad++;
      }
    }
  }

  void capabilities(boolean ok, String status, String more, boolean inside) {
    must(ok, status, "CAPA");
    List<String> lines = List.of(more.split("\r\n", -1));
    boolean right =
        lines.containsAll(List.of("TOP", "UIDL", "PIPELINING", "RESP-CODES"))
            && lines.contains("USER") == mayLogIn()
            && lines.contains("STLS") == (!tls && !inside);
    must(right, more, "CAPA");
  }

  private void sasl(String status, boolean ok) {
    boolean right = mayLogIn() && sasl.isRight(user, "wing");
    if (status.startsWith("+ ")) {
      at = At.SASL;
      return;
    }
    at = At.COMMAND;
    boolean checked = status.startsWith("-ERR [AUTH]");
    login(right, checked || right, status, ok);
  }

  private void login(boolean right, boolean asked, String status, boolean ok) {
    if (!right) {
      must(!ok, status, "wrong credentials");
      if (asked) {
        logins++;
      }
      return;
    }
    if (status.startsWith("-ERR [IN-USE]") && inUse.getAsBoolean()) {
      return;
    }
    if (status.startsWith("-ERR [SYS/TEMP] Too many") && !trusted) {
      logins++;
      return;
    }
    List<Maildrops.Message> now = world.now();
    must(status, "+OK " + now.size() + " messages", "a login");
    if (inUse.getAsBoolean()) {
      throw new AssertionError("a maildrop was given to two sessions");
    }
    drop = now;
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i).seen) {
        lastSeen = i + 1;
      }
    }
    last = lastSeen;
  }

  // What the answers of a session that is logged in need and change.

  Set<Maildrops.Message> deleted() {
    return deleted;
  }

  int last() {
    return last;
  }

  void accessed(int number) {
    last = Math.max(last, number);
  }

  void read(Maildrops.Message message) {
    read.add(message);
  }

  void reset() {
    deleted.clear();
    last = lastSeen;
  }

  /// QUIT was said and answered: now, and only now, what is marked is gone.
  void update() {
    at = At.CLOSED;
    read.stream()
        .filter(message -> !deleted.contains(message))
        .forEach(message -> message.seen = true);
    deleted.forEach(message -> message.gone = true);
  }
}
