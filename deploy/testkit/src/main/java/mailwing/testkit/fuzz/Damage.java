package mailwing.testkit.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Damages what a client sends to a protocol of lines, from a seed; each character is an octet.
public final class Damage {
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final List<String> NUMBERS =
      List.of("0", "-1", "2147483648", "4294967296", "999999999999999999", "18446744073709551616");
  private static final List<String> PIECES =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\0",
          "\r\n.\r\n",
          "\n.\n",
          "\r\n.\n",
          ".",
          " ",
          "\t",
          "<",
          ">",
          "@",
          ":",
          "\"",
          "\\",
          "=",
          "*",
          "[",
          "]",
          "\u007f",
          "\u00ff\u00fe",
          "\u00c3\u00a9");

  private final Random random;

  public Damage(Random random) {
    this.random = random;
  }

  /// One to three kinds of damage.
  public String of(String octets) {
    String damaged = octets;
    for (int i = random.nextInt(3); i >= 0; i--) {
      damaged = once(damaged);
    }
    return damaged;
  }

  private String once(String octets) {
    int size = octets.length();
    int at = random.nextInt(size + 1);
    return switch (random.nextInt(10)) {
      case 0 -> flipped(octets);
      case 1 -> octets.substring(0, at);
      case 2 -> octets.substring(0, at) + octets.substring(Math.min(size, at + random.nextInt(9)));
      case 3 -> octets + octets.substring(at);
      case 4 -> numbered(octets);
      case 5 -> spliced(octets, at, "x".repeat(1 << random.nextInt(18)));
      case 6 -> spliced(octets, at, noise());
      case 7 -> spliced(octets, at, PIECES.get(random.nextInt(PIECES.size())).repeat(300));
      default -> spliced(octets, at, PIECES.get(random.nextInt(PIECES.size())));
    };
  }

  private String flipped(String octets) {
    StringBuilder flipped = new StringBuilder(octets);
    for (int i = 0; i < 1 + octets.length() / 60 && !octets.isEmpty(); i++) {
      int at = random.nextInt(octets.length());
      flipped.setCharAt(at, (char) (octets.charAt(at) ^ 1 << random.nextInt(8)));
    }
    return flipped.toString();
  }

  private String numbered(String octets) {
    Matcher matcher = NUMBER.matcher(octets);
    int skip = random.nextInt(4);
    while (matcher.find()) {
      if (skip-- == 0) {
        return octets.substring(0, matcher.start())
            + NUMBERS.get(random.nextInt(NUMBERS.size()))
            + octets.substring(matcher.end());
      }
    }
    return octets;
  }

  private static String spliced(String octets, int at, String piece) {
    return octets.substring(0, at) + piece + octets.substring(at);
  }

  private String noise() {
    byte[] noise = new byte[random.nextInt(200)];
    random.nextBytes(noise);
    return new String(noise, StandardCharsets.ISO_8859_1);
  }
}
