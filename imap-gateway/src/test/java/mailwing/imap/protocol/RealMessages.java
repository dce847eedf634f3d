package mailwing.imap.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a folder of messages is at hand: system property `mailwing.corpus`, else `shared/corpus`
/// beside the repository.
public final class RealMessages {
  private RealMessages() {}

  /// Null if there is none.
  public static @Nullable Path folder() {
    String property = System.getProperty("mailwing.corpus");
    if (property != null) {
      return Path.of(property);
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("shared/corpus");
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    return null;
  }

  /// All its messages, in order; none without a folder.
  public static List<Path> files() throws IOException {
    Path folder = folder();
    if (folder == null) {
      return List.of();
    }
    try (var found = Files.walk(folder)) {
      return found.filter(file -> file.toString().endsWith(".eml")).sorted().toList();
    }
  }
}
