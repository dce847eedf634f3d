package mailwing.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import mailwing.embedded.DirectoryLock;

/// A data directory, held by this process alone until closed.
///
/// It keeps `format` (the version of its layout), `postgres/`, `kafka/`, `tls/`, `secrets/`, `log/`
/// and, while the system runs, `run.json`.
final class DataDirectory implements AutoCloseable {
  private static final int FORMAT = 1;

  private final Path path;
  private final DirectoryLock lock;

  private DataDirectory(Path path, DirectoryLock lock) {
    this.path = path;
    this.lock = lock;
  }

  static DataDirectory open(Path path) throws IOException {
    try {
      Files.createDirectories(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new StartException(
          "cannot make the data directory " + path + ": name another with --data DIR");
    }
    if (!Files.isWritable(path)) {
      throw new StartException(
          path + " is not yours to write: run this as its owner, or name another with --data DIR");
    }
    var lock = DirectoryLock.take(path);
    try {
      requireKnownFormat(path);
      return new DataDirectory(path, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  Path path() {
    return path;
  }

  private static void requireKnownFormat(Path path) throws IOException {
    var file = path.resolve("format");
    if (!Files.exists(file)) {
      Files.writeString(file, FORMAT + "\n");
      return;
    }
    var found = Files.readString(file).strip();
    if (!found.equals(Integer.toString(FORMAT))) {
      throw new StartException(
          path
              + " was written by a newer Mailwing (format "
              + found
              + ", this one knows "
              + FORMAT
              + "): start that one, or name a new directory with --data DIR");
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
