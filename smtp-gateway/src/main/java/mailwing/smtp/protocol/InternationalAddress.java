package mailwing.smtp.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The value of ORCPT's type `utf-8` (RFC 6533 §3): characters as they are, or as `\x{10FFFF}`.
public final class InternationalAddress {
  private static final Pattern EMBEDDED = Pattern.compile("\\\\x\\{([0-9A-F]{2,6})\\}");
  private static final int SPARE = 16;

  private InternationalAddress() {}

  /// The address that was encoded; null where it is none.
  public static @Nullable String decode(String encoded) {
    StringBuilder out = new StringBuilder(encoded.length());
    int at = 0;
    Matcher embedded = EMBEDDED.matcher(encoded);
    while (embedded.find()) {
      int character = Integer.parseInt(embedded.group(1), 16);
      boolean surrogate =
          character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
      if (!isPlain(encoded, at, embedded.start())
          || !Character.isValidCodePoint(character)
          || surrogate) {
        return null;
      }
      out.append(encoded, at, embedded.start()).appendCodePoint(character);
      at = embedded.end();
    }
    return isPlain(encoded, at, encoded.length())
        ? out.append(encoded, at, encoded.length()).toString()
        : null;
  }

  private static boolean isPlain(String text, int from, int to) {
    return text.substring(from, to)
        .chars()
        .noneMatch(c -> c <= ' ' || "+=\\\u007f".indexOf(c) >= 0);
  }

  /// An address as the value of ORCPT.
  ///
  /// @param ascii only SMTPUTF8 carries characters as they are
  public static String encode(String address, boolean ascii) {
    StringBuilder out = new StringBuilder(address.length() + SPARE);
    address
        .codePoints()
        .forEach(
            c -> {
              boolean embed = c <= ' ' || c == '+' || c == '=' || c == '\\' || c == 0x7f;
              if (embed || (ascii && c > 0x7f)) {
                out.append("\\x{").append(String.format("%02X", c)).append('}');
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }
}
