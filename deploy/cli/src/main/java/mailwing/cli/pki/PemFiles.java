package mailwing.cli.pki;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;

/// PEM text (RFC 7468) and the files it is kept in: written beside and renamed, so that a reader
/// sees all or nothing.
public final class PemFiles {
  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private PemFiles() {}

  static String encode(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + LINES.encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  /// Writes a file that only its owner may read.
  public static void writePrivate(Path file, String text) throws IOException {
    write(file, text, "rw-------");
  }

  /// Writes a file that everyone may read.
  public static void writePublic(Path file, String text) throws IOException {
    write(file, text, "rw-r--r--");
  }

  private static void write(Path file, String text, String permissions) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException(file + " is not a file name");
    }
    Files.createDirectories(parent);
    if (Files.exists(file) && Files.readString(file).equals(text)) {
      // Whoever owns it by now goes on reading it.
      return;
    }
    Path beside =
        Files.createTempFile(
            parent,
            ".new",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(beside, text.getBytes(StandardCharsets.UTF_8));
      Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString(permissions));
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
