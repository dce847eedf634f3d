package mailwing.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// PostgreSQL's programs, unpacked once from the jar that carries them.
final class PostgresBinaries {
  private final Path home;

  private PostgresBinaries(Path home) {
    this.home = home;
  }

  /// Finds the unpacked programs, or unpacks them: under a name made of the archive's checksum,
  /// beside it and then renamed, so that a half-made copy is never used.
  static PostgresBinaries unpacked() {
    var resource = "/postgres-linux-" + architecture() + ".txz";
    try {
      var cache = CacheDirectory.find();
      var home = cache.resolve("postgres-" + fingerprint(resource));
      if (!Files.isExecutable(home.resolve("bin/postgres"))) {
        try (var lock =
                FileChannel.open(
                    cache.resolve("postgres.lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            var held = lock.lock()) {
          if (held.isValid() && !Files.isExecutable(home.resolve("bin/postgres"))) {
            unpack(resource, cache, home);
          }
        }
      }
      return new PostgresBinaries(home);
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "cannot unpack PostgreSQL: " + e + "; set MAILWING_CACHE to a writable directory", e);
    }
  }

  Path postgres() {
    return home.resolve("bin/postgres");
  }

  Path initdb() {
    return home.resolve("bin/initdb");
  }

  /// The first number of the version, which a data directory must share.
  int majorVersion() throws IOException {
    var process = new ProcessBuilder(postgres().toString(), "--version").start();
    try (var out = process.getInputStream()) {
      var words = new String(out.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).trim();
      var version = words.substring(words.lastIndexOf(' ') + 1);
      var end = 0;
      while (end < version.length() && Character.isDigit(version.charAt(end))) {
        end++;
      }
      if (end == 0) {
        throw new EmbeddedServerException(
            postgres() + " does not run here: it needs a Linux with glibc");
      }
      return Integer.parseInt(version.substring(0, end));
    }
  }

  private static void unpack(String resource, Path cache, Path home) throws IOException {
    var work = Files.createTempDirectory(cache, "unpacking-");
    try {
      try (var in = open(resource);
          var tar = new TarArchiveInputStream(new XZInputStream(in))) {
        for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
          extract(tar, entry, work);
        }
      }
      Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
      if (Files.exists(home)) {
        Directories.delete(home);
      }
      Files.move(work, home, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Directories.delete(work);
    }
  }

  private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path into)
      throws IOException {
    var target = into.resolve(entry.getName()).normalize();
    if (!target.startsWith(into)) {
      throw new IOException("archive entry outside its directory: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    var parent = target.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
      return;
    }
    if (entry.isLink()) {
      Files.createLink(target, into.resolve(entry.getLinkName()));
      return;
    }
    Files.copy(tar, target);
    var runnable = (entry.getMode() & 0100) != 0;
    Files.setPosixFilePermissions(
        target, PosixFilePermissions.fromString(runnable ? "rwxr-xr-x" : "rw-r--r--"));
  }

  /// Tells one archive from another without reading its twenty megabytes at each start: size and
  /// checksum as the jar's index has them.
  private static String fingerprint(String resource) throws IOException {
    var url = PostgresBinaries.class.getResource(resource);
    if (url == null) {
      throw new IOException("no PostgreSQL for this machine on the class path: " + resource);
    }
    var connection = url.openConnection();
    connection.setUseCaches(false);
    if (!(connection instanceof JarURLConnection inJar)) {
      throw new IOException("PostgreSQL's archive is expected in a jar: " + url);
    }
    try (var jar = inJar.getJarFile()) {
      var entry = jar.getEntry(inJar.getEntryName());
      return Long.toHexString(entry.getSize()) + "-" + Long.toHexString(entry.getCrc());
    }
  }

  private static InputStream open(String resource) throws IOException {
    var in = PostgresBinaries.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException("no PostgreSQL for this machine on the class path: " + resource);
    }
    return new BufferedInputStream(in);
  }

  private static String architecture() {
    var name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return switch (name) {
      case "amd64", "x86_64" -> "x86_64";
      case "aarch64", "arm64" -> "arm_64";
      default -> name;
    };
  }
}
