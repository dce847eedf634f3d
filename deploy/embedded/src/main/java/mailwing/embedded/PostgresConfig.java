package mailwing.embedded;

import java.nio.file.Path;
import java.util.Map;

/// How an embedded PostgreSQL runs.
///
/// @param directory what it keeps: the cluster, the superuser's password, the log
/// @param port the TCP port on 127.0.0.1, 0 for a free one
/// @param settings server settings that replace or join the defaults of [PostgresServer]
public record PostgresConfig(Path directory, int port, Map<String, String> settings) {
  public PostgresConfig {
    directory = directory.toAbsolutePath().normalize();
    settings = Map.copyOf(settings);
  }

  /// A server on a free port with the default settings.
  public static PostgresConfig in(Path directory) {
    return new PostgresConfig(directory, 0, Map.of());
  }
}
