package mailwing.smtp.fuzz;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a mail transaction must be answered, and what was taken by it for whom.
final class MailModel {
  private static final String DOMAIN = "[a-z0-9]{1,20}(?:\\.[a-z0-9]{1,20}){0,4}";
  private static final Pattern PLAIN_MAIL =
      Pattern.compile(
          "(?i)FROM: *<([a-z0-9]{1,20}@"
              + DOMAIN
              + ")?>( SIZE=\\d{1,5})?( BODY=(?:7BIT|8BITMIME|BINARYMIME))?( SMTPUTF8)?");
  private static final Pattern PLAIN_RCPT =
      Pattern.compile("(?i)TO: *<([a-z0-9]{1,20}@" + DOMAIN + ")>");
  private static final Integer[] MAY_BE_SAID = {250, 501, 550, 552, 553, 555, 451, 452};

  /// What was begun by MAIL.
  private static final class Begun {
    final boolean binary;
    final boolean held;
    final List<String> accepted = new ArrayList<>();
    int tried;
    @Nullable StringBuilder chunks;
    boolean failed;

    Begun(String parameters) {
      this.binary = parameters.contains("BODY=BINARYMIME");
      this.held = parameters.contains(" HOLD");
    }
  }

  /// What the session knows that MAIL depends on.
  ///
  /// @param free the sender may be anybody
  /// @param sure the server cannot know more of the client than the test
  record Client(boolean greeted, boolean extended, boolean loggedIn, boolean free, boolean sure) {}

  private final House house;
  private final List<Taken> taken = new ArrayList<>();
  private final List<Integer> answers = new ArrayList<>();
  private @Nullable Begun mail;
  private String message = "";
  private boolean binary;
  // It is taken, and delivered long after the test (RFC 4865).
  private boolean held;
  private List<String> recipients = List.of();

  MailModel(House house) {
    this.house = house;
  }

  boolean isOpen() {
    return mail != null;
  }

  void reset() {
    mail = null;
  }

  /// What was acknowledged.
  List<Taken> taken() {
    return taken;
  }

  void mail(CommandLine line, Client client, SmtpReply reply) {
    Matcher plain = PLAIN_MAIL.matcher(line.rest());
    boolean simple = plain.matches();
    String what = "MAIL " + line.rest();
    if (!client.greeted() || mail != null) {
      reply.mustBe(what + " out of place", 503, simple ? 503 : 501);
      return;
    }
    if (house.kind() == House.Kind.SUBMISSION && !client.loggedIn()) {
      reply.mustBe(what + " without a login", 530, simple ? 530 : 501);
      return;
    }
    boolean mine =
        house.kind() != House.Kind.SUBMISSION
            || client.free()
            || (simple && house.login().equalsIgnoreCase(plain.group(1)));
    boolean extended = simple && !line.rest().endsWith(">");
    if (simple && mine && client.sure() && (client.extended() || !extended)) {
      reply.mustBe(what, 250);
    } else {
      reply.mustBe(what, MAY_BE_SAID);
    }
    if (reply.code() == 250) {
      mail = new Begun(line.rest().toUpperCase(Locale.ROOT));
    }
  }

  void rcpt(CommandLine line, SmtpReply reply) {
    Matcher plain = PLAIN_RCPT.matcher(line.rest());
    boolean simple = plain.matches();
    String what = "RCPT " + line.rest();
    Begun now = mail;
    if (now == null || now.failed || now.chunks != null) {
      reply.mustBe(what + " out of place", 503, simple ? 503 : 501);
      return;
    }
    Optional<String> account = simple ? house.account(plain.group(1)) : Optional.empty();
    if (simple && now.tried < House.RECIPIENTS / 2) {
      boolean known = account.filter(House.USERS::contains).isPresent();
      reply.mustBe(what, 250, known ? 250 : 550);
    } else {
      reply.mustBe(what, MAY_BE_SAID);
    }
    now.tried++;
    if (reply.code() == 250) {
      if (house.account(line.path()).isEmpty()) {
        throw new AssertionError("taken for nobody: " + line.rest());
      }
      now.accepted.add(line.path());
    }
  }

  /// True where a message follows.
  boolean data(SmtpReply reply) {
    Begun now = mail;
    if (now == null || now.failed || now.chunks != null || now.binary || now.accepted.isEmpty()) {
      reply.mustBe("DATA out of place", 503, 554);
      return false;
    }
    reply.mustBe("DATA", 354);
    recipients = now.accepted;
    binary = false;
    held = now.held;
    mail = null;
    return true;
  }

  /// The octets up to the final dot, as they were sent. True where answers follow.
  void message(String octets) {
    message = ("\r\n" + octets).replace("\r\n.", "\r\n").substring(2);
    answers.clear();
  }

  /// True where more answers are due.
  boolean chunk(CommandLine line, String octets, SmtpReply reply) {
    Begun now = mail;
    if (now == null) {
      reply.mustBe("BDAT out of place", 503);
      return false;
    }
    if (now.failed || now.accepted.isEmpty()) {
      reply.mustBe("BDAT out of place", 503, now.failed ? 503 : 554);
      now.failed = true;
      mail = line.last() ? null : mail;
      return false;
    }
    StringBuilder chunks = Objects.requireNonNullElseGet(now.chunks, StringBuilder::new);
    chunks.append(octets);
    now.chunks = chunks;
    if (line.last()) {
      message = chunks.toString();
      recipients = now.accepted;
      binary = now.binary;
      held = now.held;
      mail = null;
      answers.clear();
      return answered(reply);
    }
    reply.mustBe("BDAT", 250, 550, 552, 554, 451, 452);
    if (isPlain(chunks.toString(), now.binary)) {
      reply.mustBe("BDAT with nothing wrong in it", 250);
    }
    now.failed = reply.code() != 250;
    return false;
  }

  /// One reply for the message, or in LMTP one for each recipient that was accepted; true where
  /// there are more.
  boolean answered(SmtpReply reply) {
    reply.mustHaveStatus();
    reply.mustBe("a message", 250, 550, 552, 554, 451, 452);
    if (reply.code() == 250 && !mayBeTaken(message, binary)) {
      throw new AssertionError("a message with what is not allowed was taken");
    }
    if (isPlain(message, binary)) {
      reply.mustBe("a message with nothing wrong in it", 250);
    }
    answers.add(reply.code());
    if (house.kind() == House.Kind.LMTP && answers.size() < recipients.size()) {
      return true;
    }
    Set<String> stored = new LinkedHashSet<>();
    for (int i = 0; i < recipients.size(); i++) {
      if (answers.get(house.kind() == House.Kind.LMTP ? i : 0) == 250) {
        stored.add(recipients.get(i));
      }
    }
    if (!stored.isEmpty() && !held) {
      taken.add(new Taken(message, copies(stored)));
    }
    return false;
  }

  private Map<String, Integer> copies(Set<String> paths) {
    Map<String, Integer> copies = new HashMap<>();
    paths.forEach(path -> copies.merge(house.account(path).orElse(""), 1, Integer::sum));
    return copies;
  }

  private static boolean mayBeTaken(String octets, boolean binary) {
    String rest = octets.replace("\r\n", "");
    boolean lines = rest.chars().noneMatch(c -> c == '\r' || c == '\n' || c == 0);
    return octets.length() <= House.MESSAGE && (binary || lines);
  }

  /// Nothing that any rule could object to.
  private boolean isPlain(String octets, boolean binary) {
    String lower = octets.toLowerCase(Locale.ROOT);
    return mayBeTaken(octets, binary)
        && octets.length() < 200_000
        && !lower.contains("received")
        && !lower.contains("delivered-to")
        && !lower.contains("authentication-results")
        && (house.kind() != House.Kind.SUBMISSION || !lower.contains("from"));
  }
}
