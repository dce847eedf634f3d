package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Languages (RFC 5255 §3).
class TextsTest {
  private static final Pattern SAID =
      Pattern.compile("(?:Reply\\.(?:ok|no|bad)|out\\.bye)\\(\\s*(?:[^\";]*?,\\s*)?\"([^\"]+)\"");

  /// What people see of logins and of what the store refuses.
  private static final List<String> SOURCES =
      List.of("session/StoreErrors.java", "session/AuthExecutor.java", "server/ImapProtocol.java");

  @Test
  void germanHasWhatPeopleSeeMost() throws IOException {
    Texts german = Objects.requireNonNull(Texts.matching("de"));
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String source : SOURCES) {
      Matcher said = SAID.matcher(Files.readString(Path.of("src/main/java/mailwing/imap", source)));
      while (said.find()) {
        found++;
        if (german.of(said.group(1)).equals(said.group(1))) {
          missing.add(said.group(1));
        }
      }
    }
    assertThat(found).isGreaterThan(25);
    assertThat(missing).isEmpty();
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
    assertThat(german.of("nothing of the kind")).isEqualTo("nothing of the kind");
  }
}
