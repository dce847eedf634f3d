package mailwing.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Directories that the tests' servers live in, under the temporary directory, named by the JVM
/// that made them so that what a killed JVM left is removed by the next.
final class TestDirectories {
  private static final Logger LOG = LoggerFactory.getLogger(TestDirectories.class);
  private static final String PREFIX = "mailwing-test-";

  private TestDirectories() {}

  static Path create(String what) throws IOException {
    var parent = Path.of(System.getProperty("java.io.tmpdir"));
    sweep(parent);
    return Files.createTempDirectory(
        parent, PREFIX + ProcessHandle.current().pid() + "-" + what + "-");
  }

  static void remove(Path directory) {
    try {
      Directories.delete(directory);
    } catch (IOException e) {
      LOG.warn("event=test-directory-not-removed path={} reason={}", directory, e.getMessage());
    }
  }

  private static void sweep(Path parent) throws IOException {
    try (var entries = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (var entry : entries) {
        var words = entry.getFileName().toString().substring(PREFIX.length()).split("-", 2);
        var maker = words[0].chars().allMatch(Character::isDigit) ? Long.parseLong(words[0]) : 0;
        if (maker > 0
            && ProcessHandle.of(maker).isEmpty()
            && Files.getAttribute(entry, "unix:uid").equals(Account.currentUid())) {
          remove(entry);
        }
      }
    }
  }
}
