package mailwing.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import mailwing.service.ConfigLoader;
import mailwing.service.Key;
import mailwing.service.Settings;
import org.jspecify.annotations.Nullable;

/// What the files of `--config` say of each service, but for what `mailwing up` decides by itself.
final class ServiceFiles {
  static final String STORE = "store-service";
  static final String SMTP = "smtp-gateway";
  static final String POP3 = "pop3-gateway";
  static final String IMAP = "imap-gateway";
  private static final List<String> SERVICES = List.of(STORE, SMTP, POP3, IMAP);
  private static final String SUFFIX = ".yaml";

  private final @Nullable Path directory;

  private ServiceFiles(@Nullable Path directory) {
    this.directory = directory;
  }

  /// Those of a directory; null: none. A file for no service is an error: it would be without
  /// effect.
  static ServiceFiles in(@Nullable Path directory) {
    if (directory == null) {
      return new ServiceFiles(null);
    }
    var known = new TreeSet<>(SERVICES.stream().map(service -> service + SUFFIX).toList());
    try (var files = Files.newDirectoryStream(directory, "*.{yaml,yml}")) {
      for (var file : files) {
        if (!known.contains(file.getFileName().toString())) {
          throw new StartException(
              "--config: " + file + " is of no service; allowed: " + String.join(", ", known));
        }
      }
    } catch (IOException e) {
      throw new StartException("--config " + directory + " is no directory that can be read");
    }
    return new ServiceFiles(directory);
  }

  /// A service's settings.
  ///
  /// @param defaults what holds here where the file says nothing
  /// @param decided what is not for the file to say
  Settings read(
      String service,
      Collection<? extends Key<?>> keys,
      Map<String, String> defaults,
      Map<String, String> decided) {
    var file = directory == null ? null : directory.resolve(service + SUFFIX);
    return ConfigLoader.load(
        keys, defaults, decided, file != null && Files.exists(file) ? file : null);
  }
}
