package mailwing.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/// A user of this machine, by number: who we are, and whom a server that refuses root runs as.
///
/// @param uid the user's number
/// @param gid the number of its group
/// @param name its name in /etc/passwd
record Account(int uid, int gid, String name) {
  /// Fit for a server of ours, in order of preference; nobody is everywhere.
  private static final List<String> UNPRIVILEGED = List.of("mailwing", "postgres", "nobody");

  /// The number of the user this JVM runs as.
  static int currentUid() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "cannot read /proc/self: the embedded servers need Linux", e);
    }
  }

  static boolean isRoot() {
    return currentUid() == 0;
  }

  /// Whom the server of this directory runs as: its owner once it has one that is not root.
  static Account unprivileged(Path directory) throws IOException {
    var known =
        Files.readAllLines(Path.of("/etc/passwd")).stream()
            .map(line -> line.split(":", -1))
            .filter(fields -> fields.length >= 4)
            .map(f -> new Account(Integer.parseInt(f[2]), Integer.parseInt(f[3]), f[0]))
            .toList();
    if (Files.exists(directory)) {
      var owner = (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      for (var account : known) {
        if (owner != 0 && account.uid == owner) {
          return account;
        }
      }
    }
    for (var name : UNPRIVILEGED) {
      for (var account : known) {
        if (account.name.equals(name) && account.uid != 0) {
          return account;
        }
      }
    }
    throw new EmbeddedServerException(
        "PostgreSQL refuses to run as root and there is no user nobody: add one, or start as an"
            + " ordinary user");
  }
}
