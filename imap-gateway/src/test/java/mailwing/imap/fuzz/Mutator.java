package mailwing.imap.fuzz;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Damages what a client sends, from a seed.
final class Mutator {
  private static final Pattern LITERAL = Pattern.compile("\\{(\\d+)(\\+?)}\r\n");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final List<String> SIZES =
      List.of("0", "1", "4096", "65537", "4294967295", "4294967296", "99999999999999999999");
  private static final List<String> NUMBERS =
      List.of("0", "1:4294967295", "4294967296", "*", "18446744073709551616", "007", "-1", "");
  private static final List<String> PIECES =
      List.of(
          "(", ")", "\"", "\\", "{", "}", "[", "]", "*", "%", "\r\n", "\n", "\r", "\0", " ", "  ");

  private final Random random;

  Mutator(Random random) {
    this.random = random;
  }

  /// One to four kinds of damage.
  ByteString mutate(ByteString octets) {
    ByteString damaged = octets;
    for (int i = random.nextInt(4); i >= 0; i--) {
      damaged = once(damaged);
    }
    return damaged;
  }

  private ByteString once(ByteString octets) {
    int size = octets.size();
    int at = random.nextInt(size + 1);
    return switch (random.nextInt(11)) {
      case 0 -> flip(octets);
      case 1 -> octets.substring(0, at);
      case 2 -> octets.substring(0, at).concat(octets.substring(random.nextInt(size + 1)));
      case 3 -> octets.concat(octets.substring(at));
      case 4 ->
          replaced(octets, LITERAL, "{" + any(SIZES) + (random.nextBoolean() ? "+" : "") + "}\r\n");
      case 5 -> replaced(octets, NUMBER, any(NUMBERS));
      case 6 -> spliced(octets, at, ascii("(".repeat(1 << random.nextInt(13))));
      case 7 -> spliced(octets, at, ascii("NOT ".repeat(1 << random.nextInt(12))));
      case 8 -> spliced(octets, at, ascii("x".repeat(1 << random.nextInt(18))));
      case 9 -> spliced(octets, at, noise());
      default -> spliced(octets, at, ascii(any(PIECES)));
    };
  }

  private ByteString flip(ByteString octets) {
    byte[] flipped = octets.toByteArray();
    for (int i = 0; i < 1 + flipped.length / 40 && flipped.length > 0; i++) {
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return ByteString.copyFrom(flipped);
  }

  private ByteString replaced(ByteString octets, Pattern pattern, String by) {
    String text = octets.toString(StandardCharsets.ISO_8859_1);
    Matcher matcher = pattern.matcher(text);
    int skip = random.nextInt(4);
    while (matcher.find()) {
      if (skip-- == 0) {
        text = text.substring(0, matcher.start()) + by + text.substring(matcher.end());
        break;
      }
    }
    return ByteString.copyFrom(text, StandardCharsets.ISO_8859_1);
  }

  private static ByteString spliced(ByteString octets, int at, ByteString piece) {
    return octets.substring(0, at).concat(piece).concat(octets.substring(at));
  }

  private ByteString noise() {
    byte[] octets = new byte[random.nextInt(200)];
    random.nextBytes(octets);
    if (random.nextBoolean()) {
      Arrays.fill(octets, (byte) random.nextInt(256));
    }
    return ByteString.copyFrom(octets);
  }

  private String any(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static ByteString ascii(String text) {
    return ByteString.copyFrom(text, StandardCharsets.ISO_8859_1);
  }
}
