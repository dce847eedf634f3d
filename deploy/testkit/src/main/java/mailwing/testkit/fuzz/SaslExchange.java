package mailwing.testkit.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// What a client has said in a SASL exchange, and whether that may log it in.
public final class SaslExchange {
  private final List<String> responses = new ArrayList<>();
  private String mechanism = "";

  /// AUTH was said, with this argument: the mechanism, and maybe an initial response.
  public void begin(String argument) {
    String[] words = argument.split(" +", 2);
    mechanism = words[0].toUpperCase(Locale.ROOT);
    responses.clear();
    if (words.length > 1) {
      responses.add(words[1]);
    }
  }

  public void respond(String line) {
    responses.add(line);
  }

  /// Are these the credentials of the user? By mechanisms other than PLAIN and LOGIN none are.
  public boolean isRight(String user, String password) {
    return switch (mechanism) {
      case "PLAIN" ->
          responses.size() == 1
              && decoded(responses.getFirst())
                  .matches(
                      "(?is)(%1$s)?\0%1$s\0(?-i:%2$s)"
                          .formatted(Pattern.quote(user), Pattern.quote(password)));
      case "LOGIN" ->
          responses.size() == 2
              && decoded(responses.getFirst()).equalsIgnoreCase(user)
              && decoded(responses.getLast()).equals(password);
      default -> false;
    };
  }

  private static String decoded(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.ISO_8859_1);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  @Override
  public String toString() {
    return mechanism + " " + responses;
  }
}
