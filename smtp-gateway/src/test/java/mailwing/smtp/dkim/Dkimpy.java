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

  /// @param folder where programs run; it gets the records as files, those of [TestKeys] at once
  public Dkimpy(Path folder) throws IOException {
    this.folder = folder;
    publish("test", TestKeys.RSA_RECORD);
    publish("brisbane", TestKeys.ED25519_RECORD);
  }

  /// Answers a selector, of whatever domain, by this record.
  public void publish(String selector, String record) throws IOException {
    Files.writeString(folder.resolve(selector + ".key"), record);
  }

  public boolean isInstalled() throws Exception {
    return run("import authres, dkim, nacl").isEmpty();
  }

  /// What a program prints; `dns` answers questions to it.
  public List<String> verify(String program) throws Exception {
    return run(
        """
        import dkim, glob
        def dns(name, timeout=5):
            return open(name.split(b'.')[0].decode() + '.key', 'rb').read()
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
