package mailwing.testkit;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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

  /// So many of them, drawn by seed; all with `-Dmailwing.corpus.all=true`.
  public static List<Path> sample(int count, long seed) throws IOException {
    List<Path> files = files();
    if (Boolean.getBoolean("mailwing.corpus.all")) {
      return files;
    }
    List<Path> drawn = new ArrayList<>(files);
    Collections.shuffle(drawn, new Random(seed));
    return drawn.subList(0, Math.min(count, drawn.size()));
  }

  /// A file's octets, where lines that end in LF end in CRLF.
  public static byte[] crlf(Path file) throws IOException {
    byte[] octets = Files.readAllBytes(file);
    ByteArrayOutputStream lines = new ByteArrayOutputStream(octets.length + octets.length / 32);
    for (int i = 0; i < octets.length; i++) {
      if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r')) {
        lines.write('\r');
      }
      lines.write(octets[i]);
    }
    return lines.toByteArray();
  }

  /// What BODY[...] tells of octets that may hold NUL: x80 in its place.
  public static ByteString withoutNul(byte[] octets) {
    byte[] copy = octets.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = copy[i] == 0 ? (byte) 0x80 : copy[i];
    }
    return ByteString.copyFrom(copy);
  }
}
