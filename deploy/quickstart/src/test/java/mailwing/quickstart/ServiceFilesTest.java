package mailwing.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mailwing.service.Key;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceFilesTest {
  private static final Key<String> NAME = Key.text("host-name", "a", "");
  private static final Key<Integer> LIMIT = Key.integer("limits.hops", 0, 99, 1, "");
  private static final List<Key<?>> KEYS = List.of(NAME, LIMIT);

  @TempDir Path directory;

  private int limit(ServiceFiles files, String service) {
    return files.read(service, KEYS, Map.of("limits.hops", "2"), Map.of()).get(LIMIT);
  }

  @Test
  void eachServiceReadsItsOwnFile() throws IOException {
    Files.writeString(directory.resolve("smtp-gateway.yaml"), "limits: {hops: 3}\n");
    var files = ServiceFiles.in(directory);
    assertThat(limit(files, ServiceFiles.SMTP)).isEqualTo(3);
    assertThat(limit(files, ServiceFiles.POP3)).isEqualTo(2);
    assertThat(limit(ServiceFiles.in(null), ServiceFiles.SMTP)).isEqualTo(2);
  }

  @Test
  void aFileWithoutEffectAndADirectoryThatIsMissingAreSaid() throws IOException {
    var missing = directory.resolve("missing");
    assertThatThrownBy(() -> ServiceFiles.in(missing))
        .isInstanceOf(StartException.class)
        .hasMessage("--config " + missing + " is no directory that can be read");
    var wrong = Files.writeString(directory.resolve("smtp.yaml"), "");
    assertThatThrownBy(() -> ServiceFiles.in(directory))
        .isInstanceOf(StartException.class)
        .hasMessage(
            "--config: "
                + wrong
                + " is of no service; allowed: imap-gateway.yaml, pop3-gateway.yaml,"
                + " smtp-gateway.yaml, store-service.yaml");
  }
}
