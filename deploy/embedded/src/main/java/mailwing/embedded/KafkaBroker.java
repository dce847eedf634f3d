package mailwing.embedded;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/// The program of the child process: one KRaft broker, its own controller.
///
/// It is given a properties file; it writes its number and then `ready` into the pid file, and ends
/// when its input does, which is when whoever started it is gone, or at SIGTERM.
final class KafkaBroker {
  private KafkaBroker() {}

  /// Runs until told to end.
  public static void main(String[] arguments) throws Exception {
    var properties = new Properties();
    try (var in = Files.newBufferedReader(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
      properties.load(in);
    }
    var pidFile = Path.of(arguments[0]).resolveSibling("broker.pid");
    Files.writeString(pidFile, ProcessHandle.current().pid() + "\n");
    format(properties);
    var server = new KafkaRaftServer(new kafka.server.KafkaConfig(properties), Time.SYSTEM);
    server.startup();
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "broker-end"));
    Files.writeString(pidFile, ProcessHandle.current().pid() + "\nready\n");
    awaitEndOfInput();
    System.exit(0);
  }

  private static void format(Properties properties) throws Exception {
    var directory = properties.getProperty("log.dirs");
    if (Files.exists(Path.of(directory, "meta.properties"))) {
      return;
    }
    new Formatter()
        .setPrintStream(
            new PrintStream(java.io.OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setNodeId(Integer.parseInt(properties.getProperty("node.id")))
        .setClusterId(Uuid.randomUuid().toString())
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setControllerListenerName("CONTROLLER")
        .setMetadataLogDirectory(directory)
        .addDirectory(directory)
        .run();
  }

  private static void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
    } catch (IOException e) {
      // As good as the end.
    }
  }
}
