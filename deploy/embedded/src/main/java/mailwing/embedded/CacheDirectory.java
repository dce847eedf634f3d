package mailwing.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;

/// Where what is unpacked once is kept: `MAILWING_CACHE`, else the user's own cache.
///
/// Root's lies outside its home directory, since the server that runs from it runs as another user.
final class CacheDirectory {
  private CacheDirectory() {}

  static Path find() throws IOException {
    var candidates = new ArrayList<Path>();
    var named = System.getenv("MAILWING_CACHE");
    if (named != null && !named.isBlank()) {
      candidates.add(Path.of(named).toAbsolutePath());
    } else if (Account.isRoot()) {
      candidates.add(Path.of("/var/cache/mailwing"));
      candidates.add(Path.of("/tmp/mailwing-cache-0"));
    } else {
      var xdg = System.getenv("XDG_CACHE_HOME");
      candidates.add(
          xdg != null && xdg.startsWith("/")
              ? Path.of(xdg, "mailwing")
              : Path.of(System.getProperty("user.home", "/nonexistent"), ".cache", "mailwing"));
      candidates.add(Path.of("/tmp/mailwing-cache-" + Account.currentUid()));
    }
    IOException last = new IOException("no cache directory");
    for (var candidate : candidates) {
      try {
        Files.createDirectories(
            candidate,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        // Not a directory that another user made in /tmp for us to run programs from.
        var owner = (Integer) Files.getAttribute(candidate, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (owner == Account.currentUid() && Files.isWritable(candidate)) {
          return candidate;
        }
        last = new IOException(candidate + " belongs to another user");
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }
}
