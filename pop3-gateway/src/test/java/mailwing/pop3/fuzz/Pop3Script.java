package mailwing.pop3.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import mailwing.testkit.fuzz.Abnf;
import mailwing.testkit.fuzz.Derivation;

/// What a client says, from a seed: any command of the formal syntax (pop3.abnf), with numbers that
/// mean something; and the messages of a maildrop.
final class Pop3Script {
  private static final Abnf GRAMMAR = Derivation.grammar(Pop3Script.class, "/pop3.abnf");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "2147483647",
          "2147483648",
          "4294967297",
          "99999999999999999999",
          "007",
          "1 2");
  private static final List<String> PIECES =
      List.of(
          "\r\n",
          "\r\n",
          "\r\n\r\n",
          ".\r\n",
          "..\r\n",
          "\r\n.\r\n",
          "\r\n.",
          ".",
          "\n.\n",
          "\n.\r\n",
          "\r.\r",
          "\n",
          "\r",
          "\r\r\n",
          "\0",
          "+OK\r\n",
          "-ERR\r\n",
          "text",
          "Subject: x\r\n",
          "\u00e4\u00ff",
          " ",
          "x".repeat(998) + "\r\n");

  private final Random random;
  private final String user;
  private final Derivation derivation;
  private int count;

  Pop3Script(String user, Random random) {
    this.user = user;
    this.random = random;
    this.derivation = new Derivation(GRAMMAR, random, this::known);
  }

  /// @return null where the grammar itself says
  private @org.jspecify.annotations.Nullable String known(String rule) {
    return switch (rule) {
      case "number" ->
          random.nextInt(15) == 0
              ? NUMBERS.get(random.nextInt(NUMBERS.size()))
              : Integer.toString(random.nextInt(count + 2));
      case "lines" ->
          random.nextInt(6) == 0
              ? NUMBERS.get(random.nextInt(NUMBERS.size()))
              : Integer.toString(random.nextInt(30));
      case "name" -> random.nextInt(8) == 0 ? "nobody@example.test" : user;
      case "password" -> random.nextInt(12) == 0 ? "not wing" : "wing";
      case "credentials" ->
          Base64.getEncoder()
              .encodeToString(("\0" + user + "\0wing").getBytes(StandardCharsets.US_ASCII));
      default -> null;
    };
  }

  /// @param messages how many the session has; -1 before a login
  String command(int messages) {
    count = Math.max(0, messages);
    String family =
        random.nextInt(12) == 0 ? "command-any" : messages < 0 ? "command-nonauth" : "command-auth";
    return derivation.of(family) + (random.nextInt(20) == 0 ? "\n" : "\r\n");
  }

  String login() {
    return random.nextBoolean()
        ? "USER " + user + "\r\nPASS wing\r\n"
        : "AUTH PLAIN " + known("credentials") + "\r\n";
  }

  /// What a client answers to `+ `.
  String response() {
    return switch (random.nextInt(5)) {
          case 0 -> "*";
          case 1 -> derivation.of("base64");
          case 2 -> known("credentials");
          case 3 -> "d2luZw==";
          default -> Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.US_ASCII));
        }
        + "\r\n";
  }

  /// Any octets, with dots and line ends where they may do harm.
  String message() {
    StringBuilder message = new StringBuilder();
    if (random.nextInt(6) > 0) {
      message.append("Subject: ").append(random.nextInt()).append("\r\n\r\n");
    }
    for (int i = random.nextInt(30); i > 0; i--) {
      message.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    if (random.nextInt(25) == 0) {
      message.append(("." + "z".repeat(random.nextInt(200)) + "\r\n").repeat(random.nextInt(4000)));
    }
    return message.isEmpty() ? "\r\n" : message.toString();
  }
}
