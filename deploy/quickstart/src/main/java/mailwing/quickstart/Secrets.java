package mailwing.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import mailwing.cli.pki.PemFiles;
import mailwing.service.Secret;

/// The credentials of the system's parts, made once, each in a file of mode 0600.
record Secrets(Secret smtp, Secret pop3, Secret imap, Secret admin) {
  private static final int OCTETS = 32;

  static Secrets loadOrMake(Path directory) throws IOException {
    var random = new SecureRandom();
    return new Secrets(
        secret(directory.resolve("smtp-gateway"), "mws_", random),
        secret(directory.resolve("pop3-gateway"), "mws_", random),
        secret(directory.resolve("imap-gateway"), "mws_", random),
        secret(directory.resolve("admin"), "mwa_", random));
  }

  private static Secret secret(Path file, String prefix, SecureRandom random) throws IOException {
    if (Files.exists(file)) {
      return Secret.of(Files.readString(file).strip());
    }
    var octets = new byte[OCTETS];
    random.nextBytes(octets);
    var made = prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    PemFiles.writePrivate(file, made + "\n");
    return Secret.of(made);
  }
}
