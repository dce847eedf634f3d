package mailwing.smtp.fuzz;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.SaslExchange;

/// What a session must answer, written apart from the gateway: from the octets that were sent it
/// finds commands, messages and chunks, and holds each reply against them in their order.
final class SmtpModel {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,255}");

  private static final Set<String> VERBS =
      Set.of(
          "EHLO",
          "HELO",
          "LHLO",
          "MAIL",
          "RCPT",
          "DATA",
          "BDAT",
          "RSET",
          "NOOP",
          "HELP",
          "VRFY",
          "EXPN",
          "QUIT",
          "STARTTLS",
          "AUTH",
          "XCLIENT");

  private enum At {
    GREETING,
    COMMAND,
    MESSAGE,
    ANSWERS,
    SASL,
    HANDSHAKE,
    CLOSED
  }

  private final House house;
  private final Answers answers;
  private final StringBuilder stream = new StringBuilder();
  private final SaslExchange sasl = new SaslExchange();
  private final MailModel mail;
  private At at = At.GREETING;
  private boolean tls;
  private boolean greeted;
  private boolean extended;
  private boolean loggedIn;
  // XCLIENT was allowed: who is trusted is another one's matter.
  private boolean standsFor;
  private int bad;
  private int logins;

  SmtpModel(House house, Answers answers) {
    this.house = house;
    this.answers = answers;
    this.mail = new MailModel(house);
    this.tls = house.implicitTls();
  }

  void sent(String octets) {
    stream.append(octets);
  }

  boolean closed() {
    return at == At.CLOSED;
  }

  /// STARTTLS was accepted, and nothing else was sent after it.
  boolean mayShakeHands() {
    return at == At.HANDSHAKE && stream.isEmpty();
  }

  boolean inHandshake() {
    return at == At.HANDSHAKE;
  }

  void shookHands() {
    tls = true;
    greeted = false;
    loggedIn = false;
    at = At.COMMAND;
  }

  /// Does it wait for more of what the client began?
  boolean withinMessage() {
    return at == At.MESSAGE || at == At.SASL;
  }

  boolean greeted() {
    return greeted;
  }

  boolean loggedIn() {
    return loggedIn;
  }

  private boolean mayLogIn() {
    return tls || (house.trusted() && !standsFor);
  }

  /// What was acknowledged.
  List<Taken> taken() {
    return mail.taken();
  }

  /// Is there something that must be answered?
  boolean due() {
    return switch (at) {
      case GREETING, ANSWERS -> true;
      case COMMAND -> commandDue();
      case SASL -> stream.indexOf("\r\n") >= 0;
      case MESSAGE -> messageEnd() >= 0;
      case HANDSHAKE, CLOSED -> false;
    };
  }

  private boolean commandDue() {
    int end = stream.indexOf("\r\n");
    if (end < 0) {
      return false;
    }
    long chunk = CommandLine.of(stream.substring(0, end)).chunk();
    return chunk < 0 || chunk > House.SWALLOWED || stream.length() - end - 2 >= chunk;
  }

  /// Where the final dot is; -1 where it has not come.
  private int messageEnd() {
    if (stream.indexOf(".\r\n") == 0) {
      return 0;
    }
    int end = stream.indexOf("\r\n.\r\n");
    return end < 0 ? -1 : end + 2;
  }

  private String takeLine() {
    int end = stream.indexOf("\r\n");
    String line = stream.substring(0, end);
    stream.delete(0, end + 2);
    return line;
  }

  /// Has the server a reason to end the session?
  boolean mayEnd() {
    return at == At.CLOSED
        || bad >= House.BAD_COMMANDS - 1
        || logins >= House.LOGIN_FAILURES - 1
        || stream.length() > House.AUTH_LINE + 40_000;
  }

  /// May it have ended while it had more than was heard of?
  boolean mayHaveEnded() {
    long lines = stream.chars().filter(c -> c == '\n').count();
    return mayEnd() || bad + lines >= House.BAD_COMMANDS - 1;
  }

  /// A reply has come; an AssertionError where it is not what the session owes.
  void replied(SmtpReply reply) {
    if (reply.code() == 421) {
      farewell(reply);
      return;
    }
    if (!due()) {
      throw new AssertionError("a reply to nothing: " + reply);
    }
    if (reply.code() >= 500) {
      bad++;
    }
    switch (at) {
      case GREETING -> {
        reply.mustBe("the greeting", 220);
        at = At.COMMAND;
      }
      case COMMAND -> command(CommandLine.of(takeLine()), reply);
      case SASL -> {
        sasl.respond(takeLine());
        authenticated(reply);
      }
      case MESSAGE -> {
        int end = messageEnd();
        mail.message(stream.substring(0, end));
        stream.delete(0, end + 3);
        answered(reply);
      }
      case ANSWERS -> answered(reply);
      case HANDSHAKE, CLOSED -> throw new AssertionError("a reply after the end: " + reply);
    }
  }

  private void farewell(SmtpReply reply) {
    reply.mustHaveStatus();
    if (!mayEnd() && !(reply.text().contains("Message without end") && due())) {
      throw new AssertionError("no reason for " + reply);
    }
    count("(farewell)", reply);
    at = At.CLOSED;
  }

  private void answered(SmtpReply reply) {
    count("(message)", reply);
    at = mail.answered(reply) ? At.ANSWERS : At.COMMAND;
  }

  private void count(String verb, SmtpReply reply) {
    answers.count(house.kind() + " " + verb, Integer.toString(reply.code()));
  }

  private void command(CommandLine line, SmtpReply reply) {
    String name = line.name();
    boolean alone = line.rest().isEmpty();
    boolean greeting =
        name.matches("EHLO|HELO|LHLO") || (name.equals("XCLIENT") && reply.code() == 220);
    if (!greeting && reply.code() != 354 && reply.code() != 334) {
      reply.mustHaveStatus();
    }
    count(line.malformed() ? "(malformed)" : VERBS.contains(name) ? name : "(other)", reply);
    if (line.malformed()) {
      reply.mustBe("a line that is no command", 500);
      return;
    }
    switch (name) {
      case "EHLO", "HELO", "LHLO" -> greet(name, line.rest(), reply);
      case "MAIL" ->
          mail.mail(
              line,
              new MailModel.Client(
                  greeted, extended, loggedIn, house.trusted() && !standsFor, !standsFor),
              reply);
      case "RCPT" -> mail.rcpt(line, reply);
      case "DATA" -> {
        if (!alone) {
          reply.mustBe("DATA with an argument", 501);
        } else if (mail.data(reply)) {
          at = At.MESSAGE;
        }
      }
      case "BDAT" -> chunk(line, reply);
      case "RSET" -> {
        reply.mustBe(name, alone ? 250 : 501);
        if (alone) {
          mail.reset();
        }
      }
      case "NOOP" -> reply.mustBe(name, 250);
      case "HELP" -> reply.mustBe(name, 214);
      case "VRFY", "EXPN" -> reply.mustBe(name, alone ? 501 : 252);
      case "QUIT" -> {
        reply.mustBe(name, alone ? 221 : 501);
        at = alone ? At.CLOSED : at;
      }
      case "STARTTLS" -> startTls(alone, reply);
      case "AUTH" -> auth(line.rest(), reply);
      case "XCLIENT" -> xclient(reply);
      default -> reply.mustBe(name, 500);
    }
  }

  private void greet(String name, String rest, SmtpReply reply) {
    if (name.equals("LHLO") != (house.kind() == House.Kind.LMTP)) {
      reply.mustBe(name, 500, 501);
      return;
    }
    if (NAME.matcher(rest).matches()) {
      reply.mustBe(name, 250);
    } else {
      reply.mustBe(name, 501, rest.startsWith("[") ? 250 : 501);
    }
    if (reply.code() == 250) {
      mail.reset();
      greeted = true;
      extended = !name.equals("HELO");
      if (extended) {
        announced(reply.lines());
      }
    }
  }

  private void announced(List<String> lines) {
    Set<String> words = new LinkedHashSet<>();
    for (String line : lines.subList(1, lines.size())) {
      if (!words.add(line.split(" ", -1)[0])) {
        throw new AssertionError("announced twice: " + line);
      }
    }
    boolean right =
        words.containsAll(List.of("PIPELINING", "8BITMIME", "SIZE", "CHUNKING", "BINARYMIME"))
            && !(tls && words.contains("STARTTLS"))
            && words.contains("AUTH") == (house.kind() == House.Kind.SUBMISSION && mayLogIn());
    if (!right && !standsFor) {
      throw new AssertionError("announced: " + lines);
    }
  }

  private void chunk(CommandLine line, SmtpReply reply) {
    if (line.chunk() < 0) {
      reply.mustBe("BDAT " + line.rest(), 501);
      return;
    }
    String octets = stream.substring(0, (int) line.chunk());
    stream.delete(0, (int) line.chunk());
    if (mail.chunk(line, octets, reply)) {
      at = At.ANSWERS;
    }
  }

  private void startTls(boolean alone, SmtpReply reply) {
    if (!alone) {
      reply.mustBe("STARTTLS with an argument", 501);
    } else if (tls || mail.isOpen() || !greeted) {
      reply.mustBe("STARTTLS out of place", 503, 502);
    } else {
      reply.mustBe("STARTTLS", 220, 502);
    }
    if (reply.code() == 220) {
      at = At.HANDSHAKE;
    }
  }

  private void auth(String rest, SmtpReply reply) {
    sasl.begin(rest);
    if (house.kind() != House.Kind.SUBMISSION) {
      reply.mustBe("AUTH where nobody logs in", 502, 501);
    } else if (!greeted || loggedIn || mail.isOpen()) {
      reply.mustBe("AUTH out of place", 503, 501);
    } else {
      authenticated(reply);
    }
  }

  private void authenticated(SmtpReply reply) {
    count("(sasl)", reply);
    reply.mustBe("AUTH", 235, 334, 454, 500, 501, 504, 535, 538);
    boolean right = sasl.isRight(house.login(), "wing");
    at = reply.code() == 334 ? At.SASL : At.COMMAND;
    if (reply.code() != 334) {
      reply.mustHaveStatus();
    }
    if (reply.code() == 235) {
      if (!right || !(mayLogIn() || standsFor)) {
        throw new AssertionError("logged in by " + sasl);
      }
      loggedIn = true;
    } else if (right && mayLogIn()) {
      reply.mustBe("the right credentials", 454);
    } else if (reply.code() == 535) {
      logins++;
    }
  }

  private void xclient(SmtpReply reply) {
    if (!house.trusted()) {
      reply.mustBe("XCLIENT of a stranger", 550, 501);
    } else if (mail.isOpen()) {
      reply.mustBe("XCLIENT out of place", 503, 501);
    } else {
      reply.mustBe("XCLIENT", 220, 501);
    }
    if (reply.code() == 220) {
      standsFor = true;
      greeted = false;
      loggedIn = false;
    }
  }
}
