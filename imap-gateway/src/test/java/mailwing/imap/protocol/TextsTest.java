package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Languages (RFC 5255 §3).
class TextsTest {
  private static final Path SOURCES = Path.of("src/main/java/mailwing/imap");
  private static final Pattern STRING = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  /// Begins as a sentence does, or goes on where one began.
  private static final Pattern TEXT =
      Pattern.compile("(?=.*[a-z]{2})(?: .*|[A-Z$\\d\\\\].* .*|[A-Z][a-z]+)");

  /// What is said by other ways than whole sentences.
  private static final Pattern PHRASE =
      Pattern.compile("(?:need\\([^;\"]*|continueWith\\()\"([a-z ]+)\"");

  private static final String NAME = "Mailwing";

  /// What its metrics are for.

  private static final String METRICS = "SessionMetrics.java";

  @Test
  void germanHasAllThatPeopleMayRead() throws IOException {
    Texts german = Objects.requireNonNull(Texts.matching("de"));
    List<String> missing = new ArrayList<>();
    Set<String> said = said();
    for (String text : said) {
      String translated = german.of(text);
      // "Expected ..." and "Unknown ..." name something, which has a German name as well.
      String named = text.replaceFirst("^(?:Expected|Unknown) ", "");
      boolean half = !named.equals(named.toUpperCase(Locale.ROOT)) && translated.contains(named);
      if (translated.equals(text) || half) {
        missing.add(text);
      }
    }
    assertThat(said).hasSizeGreaterThan(150).contains("Logged in", "idling", "search key");
    assertThat(missing).isEmpty();
  }

  /// With something before and behind where a part of a sentence stands.
  private static Set<String> said() throws IOException {
    Set<String> said = new TreeSet<>();
    for (String folder : List.of("protocol", "server", "session")) {
      try (Stream<Path> files = Files.list(SOURCES.resolve(folder))) {
        for (Path file : files.filter(f -> !f.endsWith(METRICS)).toList()) {
          String source =
              Files.readString(file)
                  .lines()
                  .filter(line -> !line.strip().startsWith("//"))
                  .map(line -> line.replace("'\"'", "' '"))
                  .collect(Collectors.joining("\n"));
          Matcher string = STRING.matcher(source);
          while (string.find()) {
            String text = string.group(1).translateEscapes();
            if (TEXT.matcher(text).matches() && !text.equals(NAME)) {
              said.add(
                  (text.startsWith(" ") ? "FETCH" : "") + text + (text.endsWith(" ") ? "X" : ""));
            }
          }
          Matcher phrase = PHRASE.matcher(source);
          while (phrase.find()) {
            said.add(phrase.group(1));
          }
        }
      }
    }
    return said;
  }

  @Test
  void rangesAreLookedUp() {
    assertThat(tag("de-CH-1996")).isEqualTo("de");
    assertThat(tag("DE")).isEqualTo("de");
    assertThat(tag("*")).isEqualTo("i-default");
    assertThat(tag("i-default")).isEqualTo("i-default");
    assertThat(Texts.matching("d")).isNull();
    assertThat(Texts.matching("dea")).isNull();
    assertThat(Texts.matching("-de")).isNull();
    assertThat(Texts.matching("")).isNull();
  }

  private static String tag(String range) {
    return Objects.requireNonNull(Texts.matching(range)).tag();
  }

  @Test
  void whatVariesStays() {
    Texts german = Objects.requireNonNull(Texts.matching("de"));
    assertThat(german.of("UID FETCH completed")).isEqualTo("UID FETCH ausgeführt");
    assertThat(german.of("Expected a space")).isEqualTo("Leerzeichen erwartet");
    assertThat(german.of("nothing of the kind")).isEqualTo("nothing of the kind");
  }
}
