package mailwing.smtp.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A line as a server has to understand it.
///
/// @param name in upper case; empty where there is none
/// @param rest what follows it, without blanks around it
/// @param malformed too long, with control characters or not UTF-8: no command whatever its name
/// @param chunk how many octets follow it, of BDAT; else -1
/// @param last it is BDAT's last
record CommandLine(String name, String rest, boolean malformed, long chunk, boolean last) {
  private static final Pattern LINE = Pattern.compile("([A-Za-z]*)(?:[ \t](.*))?");
  private static final Pattern CHUNK = Pattern.compile("(?i)(\\d{1,18})( +LAST)?");

  static CommandLine of(String line) {
    Matcher matcher = LINE.matcher(line);
    boolean matches = matcher.matches();
    String name = matches ? matcher.group(1).toUpperCase(Locale.ROOT) : "";
    String rest =
        matches && matcher.group(2) != null
            ? matcher.group(2).replaceAll("^[ \t]+|[ \t]+$", "")
            : "";
    boolean auth = line.regionMatches(true, 0, "AUTH ", 0, 5);
    boolean malformed =
        line.length() > (auth ? House.AUTH_LINE : House.COMMAND_LINE)
            || line.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 127)
            || !isUtf8(line);
    Matcher chunk = CHUNK.matcher(rest);
    return name.equals("BDAT") && !malformed && chunk.matches()
        ? new CommandLine(name, rest, false, Long.parseLong(chunk.group(1)), chunk.group(2) != null)
        : new CommandLine(name, rest, malformed, -1, false);
  }

  private static boolean isUtf8(String line) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /// The mailbox within the angle brackets, without a source route.
  String path() {
    String inner = rest.substring(rest.indexOf('<') + 1);
    if (inner.startsWith("@")) {
      inner = inner.substring(inner.indexOf(':') + 1);
    }
    boolean quoted = false;
    for (int i = 0; i < inner.length(); i++) {
      char c = inner.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == '>' && !quoted) {
        return inner.substring(0, i);
      }
    }
    throw new AssertionError("a path without end: " + rest);
  }
}
