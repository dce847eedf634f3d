package mailwing.smtp.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import mailwing.testkit.fuzz.Abnf;
import mailwing.testkit.fuzz.Derivation;
import org.jspecify.annotations.Nullable;

/// What a client says, from a seed: any command of the formal syntax (smtp.abnf), whole mail
/// transactions, and messages of every kind.
final class SmtpScript {
  private static final Abnf GRAMMAR = Derivation.grammar(SmtpScript.class, "/smtp.abnf");
  private static final List<String> LINES =
      List.of(
          "",
          ".",
          "..",
          "...",
          ". ",
          ".a",
          "a",
          "a.",
          "QUIT",
          "RSET",
          "DATA",
          "MAIL FROM:<>",
          "250 ok",
          "\u00e4\u00f6",
          "Subject: x",
          "\t folded",
          "BDAT 3 LAST");
  private static final List<String> BARE =
      List.of(
          "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\r\n.\r\r\n", "\n", "\r", "\0", "\r\n\0.\r\n");

  private final Random random;
  private final House house;
  private final String name;
  private final Derivation derivation;
  private int messages;

  /// @param name no other client's
  SmtpScript(House house, String name, Random random) {
    this.house = house;
    this.name = name;
    this.random = random;
    this.derivation = new Derivation(GRAMMAR, random, this::known);
  }

  private @Nullable String known(String rule) {
    return switch (rule) {
      case "known-mailbox" -> mailbox();
      case "credentials" -> credentials();
      default -> null;
    };
  }

  /// A local user in one of the ways that they may be named.
  private String mailbox() {
    String user = House.USERS.get(random.nextInt(House.USERS.size()));
    return switch (random.nextInt(9)) {
          case 0 -> user.toUpperCase(Locale.ROOT);
          case 1 -> user + "+detail";
          case 2 -> '"' + user + '"';
          case 3 -> "\"\\" + user + '"';
          case 4 -> "nobody";
          default -> user;
        }
        + (random.nextInt(12) == 0 ? "@Example.TEST" : "@" + House.DOMAIN);
  }

  private String credentials() {
    String text = "\0" + house.login() + "\0" + (random.nextInt(12) == 0 ? "wrong" : "wing");
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  String greeting() {
    return house.kind() == House.Kind.LMTP
        ? "LHLO c.test\r\n"
        : random.nextInt(8) == 0 ? "HELO c.test\r\n" : "EHLO c.test\r\n";
  }

  String login() {
    return "AUTH PLAIN " + credentials() + "\r\n";
  }

  /// Any command; a BDAT mostly with as many octets as it says.
  String command() {
    String command = derivation.of("command") + "\r\n";
    if (!command.startsWith("BDAT ") || random.nextInt(6) == 0) {
      return command;
    }
    String digits = command.replaceAll("[^0-9]", "");
    return command + "c".repeat(Integer.parseInt(digits));
  }

  /// What a client answers to 334.
  String response() {
    return switch (random.nextInt(6)) {
          case 0 -> "*";
          case 1 -> derivation.of("base64");
          case 2 -> credentials();
          case 3 -> "d2luZw==";
          default ->
              Base64.getEncoder().encodeToString(house.login().getBytes(StandardCharsets.US_ASCII));
        }
        + "\r\n";
  }

  /// A whole transaction in one go, by DATA or in chunks; now and then with something else within.
  List<String> transaction() {
    List<String> said = new ArrayList<>();
    boolean chunked = random.nextBoolean();
    boolean binary = chunked && random.nextInt(3) == 0;
    String from =
        house.kind() == House.Kind.SUBMISSION && random.nextInt(10) > 0
            ? house.login()
            : random.nextInt(5) == 0 ? "" : "sender@b.test";
    said.add(
        "MAIL FROM:<"
            + from
            + ">"
            + (binary ? " BODY=BINARYMIME" : random.nextInt(4) == 0 ? " BODY=8BITMIME" : "")
            + "\r\n");
    for (int i = random.nextInt(4); i >= 0; i--) {
      said.add("RCPT TO:<" + mailbox() + ">\r\n");
    }
    if (random.nextInt(12) == 0) {
      said.add(command());
    }
    String message = message(binary);
    if (chunked) {
      chunks(said, message);
    } else {
      said.add("DATA\r\n");
      said.add(
          ("\r\n" + message).replace("\r\n.", "\r\n..").substring(2)
              + (message.endsWith("\r\n") || message.isEmpty() ? "" : "\r\n")
              + ".\r\n");
    }
    return said;
  }

  private void chunks(List<String> said, String message) {
    int at = 0;
    int largest = 1 << random.nextInt(18);
    while (random.nextInt(10) > 0 && at < message.length()) {
      int size = random.nextInt(Math.min(largest, message.length() - at) + 1);
      said.add("BDAT " + size + "\r\n" + message.substring(at, at + size));
      at += size;
    }
    if (random.nextInt(15) == 0) {
      said.add(command());
    }
    String last = random.nextInt(30) == 0 ? "" : message.substring(at);
    said.add("BDAT " + last.length() + " LAST\r\n" + last);
  }

  private String message(boolean binary) {
    StringBuilder message = new StringBuilder();
    if (random.nextInt(10) > 0) {
      message.append("Subject: ").append(name).append('-').append(++messages).append("\r\n");
      if (random.nextBoolean()) {
        message.append("From: <").append(house.login()).append(">\r\n");
      }
      if (random.nextBoolean()) {
        message.append("Date: Sun, 22 Nov 2026 00:00:00 +0000\r\n");
        message.append("Message-ID: <").append(name).append(messages).append("@c.test>\r\n");
      }
      message.append("\r\n");
    }
    for (int i = random.nextInt(8); i > 0; i--) {
      message.append(LINES.get(random.nextInt(LINES.size()))).append("\r\n");
    }
    if (binary || random.nextInt(12) == 0) {
      message.append(BARE.get(random.nextInt(BARE.size())));
    }
    switch (random.nextInt(25)) {
      case 0 ->
          message.append(("y".repeat(random.nextInt(998)) + "\r\n").repeat(random.nextInt(350)));
      case 1 -> message.append("z".repeat(random.nextInt(House.MESSAGE)));
      case 2 -> message.append(".\r\n".repeat(random.nextInt(9000)).replace(".\r\n", "..\r\n"));
      case 3 -> message.append("\r\n".repeat(random.nextInt(9000)));
      case 4 -> message.insert(0, "Received: by x; y\r\n".repeat(random.nextInt(120)));
      default -> message.append("text");
    }
    return message.append(name).append('#').toString();
  }
}
