package mailwing.smtp.dkim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Another implementation of DKIM and ARC: python3 with dkimpy, authres and PyNaCl, where they are
/// installed.
public final class Dkimpy {
  private final Path folder;

  /// @param folder where programs run; it has the records of [TestKeys] as files
  public Dkimpy(Path folder) throws IOException {
    this.folder = folder;
    Files.writeString(folder.resolve("rsa"), TestKeys.RSA_RECORD);
    Files.writeString(folder.resolve("ed25519"), TestKeys.ED25519_RECORD);
  }

  public boolean isInstalled() throws Exception {
    return run("import authres, dkim, nacl").isEmpty();
  }

  /// What a program prints; `dns` answers questions to it.
  public List<String> verify(String program) throws Exception {
    return run(
        """
        import dkim, glob
        records = {b'test': open('rsa', 'rb').read(), b'brisbane': open('ed25519', 'rb').read()}
        def dns(name, timeout=5):
            return records[name.split(b'.')[0]]
        """
            + program);
  }

  private List<String> run(String program) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder("python3", "-c", program)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return List.of("no python3");
    }
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      throw new IOException("python3 does not end");
    }
    return lines;
  }
}
