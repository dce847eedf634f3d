package mailwing.embedded;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How an embedded Kafka broker runs.
///
/// @param directory what it keeps: the logs, its configuration, what it prints
/// @param port the TCP port on 127.0.0.1 for clients, 0 for a free one
/// @param aotCache a cache of loaded classes that makes it start faster, used if the file is there;
///   null for none
/// @param train whether the cache is made of this run when it ends, instead of used
/// @param settings broker settings that replace or join the defaults of [KafkaServer]
public record KafkaConfig(
    Path directory,
    int port,
    @Nullable Path aotCache,
    boolean train,
    Map<String, String> settings) {
  public KafkaConfig {
    directory = directory.toAbsolutePath().normalize();
    settings = Map.copyOf(settings);
  }

  /// A broker that makes no cache.
  public KafkaConfig(
      Path directory, int port, @Nullable Path aotCache, Map<String, String> settings) {
    this(directory, port, aotCache, false, settings);
  }

  /// A broker on a free port with the default settings.
  public static KafkaConfig in(Path directory) {
    return new KafkaConfig(directory, 0, null, Map.of());
  }
}
